// @ts-check
/** Quiet lines about where a section's words were and are, with buttons there and back. Loaded where a section has them. */

import { h, icon } from "./element.js";
import { begun, pieces, t } from "./words.js";

/** @typedef {{count: () => number, words: import("./words.js").Sentence, heading: string, back?: boolean, go: () => void}} Line */

/**
 * Put them into the strip: the way back, where the words of the section came from, if that is another one, and how one
 * began that is not here any more.
 * @param {import("./panel.js").Panel} panel @param {Postil.Place | null} [from] @param {Postil.Earlier} [gone]
 */
export const addLines = (panel, from, gone) => {
  const { strip, place, article: { known, places, earlier } } = panel;
  /** @type {Line[]} */
  const lines = [];
  if (from) lines.push({ count: () => 0, words: t.back, heading: from.heading, back: true, go: () => panel.open(from) });
  const part = place?.part ?? "";
  if (known[part]?.comments) {
    const there = places.find(({ id }) => id === part) ?? earlier?.find(({ section }) => section === part);
    const heading = there?.heading || known[part].heading || "";
    lines.push({ count: () => known[part].comments, words: heading ? t.part : t.partUnnamed, heading, go: () => panel.open(null, undefined, part, place) });
  }
  const lost = gone && h("p", { className: "lost" }, gone.excerpt ? t.lostBegan : t.lost);
  const quote = gone?.excerpt && h("blockquote", { part: "earlier-quote", dir: "auto" }, begun(gone.excerpt));
  strip.node.append(h("div", { className: "lines" }, ...lines.map((line) => draw(strip, line)), lost, quote));
  strip.count();
};

/** @param {import("./strip.js").Strip} strip @param {Line} line */
const draw = (strip, { count, words, heading, back, go }) => {
  const told = h("span", {});
  strip.tell.push(() => told.replaceChildren(...pieces(words, { n: count(), heading: h("bdi", {}, heading) })));
  return h("button", { className: "line", "data-action": back ? "back" : "part", onclick: go }, back && icon("back"), told);
};
