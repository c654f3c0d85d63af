// @ts-check
/** Quiet lines about where a section's words were and are, with buttons there and back. Loaded where a section has them. */

import { h, icon } from "./element.js";
import { begun, pieces, t } from "./words.js";

/** @typedef {{count: () => number, words: import("./words.js").Sentence, heading: string, back?: boolean, go: () => void}} Line */

/**
 * Put them into the strip. `gone`: how the section began that is not here any more.
 * @param {import("./strip.js").Strip} strip @param {Line[]} lines @param {string} [gone]
 */
export const addLines = (strip, lines, gone) => {
  const lost = gone != null && h("p", { className: "lost" }, gone ? t.lostBegan : t.lost);
  const quote = gone && h("blockquote", { part: "earlier-quote", dir: "auto" }, begun(gone));
  strip.node.append(h("div", { className: "lines" }, ...lines.map((line) => draw(strip, line)), lost, quote));
  strip.count();
};

/** @param {import("./strip.js").Strip} strip @param {Line} line */
const draw = (strip, { count, words, heading, back, go }) => {
  const told = h("span", {});
  strip.tell.push(() => told.replaceChildren(...pieces(words, { n: count(), heading: h("bdi", {}, heading) })));
  return h("button", { className: "line", "data-action": back ? "back" : "part", onclick: go }, back && icon("back"), told);
};
