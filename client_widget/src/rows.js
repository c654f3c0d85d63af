// @ts-check
/**
 * What the loader draws: a row at a section's end, a bubble beside its heading. Hosts: postil-row, postil-bubble;
 * parts: row faces count say new bubble. They take the page's type, and its colours by `color-scheme` or paint().
 */

import { hash } from "./fingerprint.js";

// Shared by every shadow root of ours. A page's `* { all: unset }` beats what :host says of itself, but for
// !important: an inner one beats an outer one, too. Custom properties are not touched by it.
const TOKENS = `:host{
--ink:var(--postil-ink,light-dark(#1f2328,#e4e2dd));--soft:var(--postil-soft,light-dark(#646a71,#979ca4));
--surface:var(--postil-surface,light-dark(#fff,#1c1f24));
--line:var(--postil-line,light-dark(#e6e2da,#2b2f36));--accent:var(--postil-accent,light-dark(#0f62a8,#7ab8ef));
--wash:var(--postil-wash,light-dark(#eaf2fa,#1d2c3b));--on-accent:var(--postil-on-accent,light-dark(#fff,#14161a));
--sans:var(--postil-font,system-ui,sans-serif);font:15px/1.5 var(--sans);color:var(--ink)}
button{all:unset;box-sizing:border-box;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[hidden]{display:none!important}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
svg.face{width:22px;border-radius:50%;flex:none;background:hsl(var(--hue) 40% 88%);fill:hsl(var(--hue) 45% 36%)}
@media print{:host{display:none!important}}`;
// A page's own words about its text (centred, spaced, in capitals) end at the button: only its typeface goes in.
// .count keeps the room that its longest form takes, so that what follows it never moves.
const ROWS = `button{all:initial;box-sizing:border-box;cursor:pointer;color-scheme:inherit;font-family:var(--postil-font,inherit)}
.row{display:flex;align-items:center;gap:12px;width:100%;min-height:48px;margin:var(--postil-row-margin,28px 0 44px);padding:8px 0;border:solid var(--line);border-width:1px 0;font-size:15px;line-height:1.5;color:var(--soft)}
.row>*{white-space:nowrap}.row:hover .say{text-decoration:underline}
.count{color:var(--accent);font-weight:600}.count:after{content:attr(data-room);display:block;height:0;overflow:hidden;white-space:pre}
.faces{display:flex}.faces svg{margin-inline-end:-5px;border:2px solid var(--surface)}
.new{margin-inline-start:auto;color:var(--accent);font-weight:600;font-size:13px}
@media (max-width:480px){.row{gap:8px}.faces{display:none}}
:host(postil-bubble){float:inline-end!important;width:0!important;height:0!important;position:relative!important;top:calc(.5lh - 15px)!important}
.bubble{position:absolute;inset-inline-start:var(--postil-bubble-offset,20px);min-width:38px;padding:0 9px;border:1px solid var(--line);border-radius:15px;border-end-start-radius:3px;background:var(--surface);color:var(--soft);font-weight:600;font-size:13px;line-height:28px;text-align:center}
.bubble:before{content:"";position:absolute;inset:0;inset-inline-start:-21px}
.plus{visibility:var(--postil-near,hidden)}@media (hover:none){.plus{display:none}}
.bubble:hover,.fresh{border-color:var(--accent);color:var(--accent)}.fresh{background:var(--wash)}
.fresh:after{content:"";position:absolute;inset-inline-end:-2px;top:-2px;border:4px solid;border-radius:50%}`;
// Of the page itself: which bubble is shown although nobody has spoken.
const NEAR = ":is(:hover,:focus-within)>postil-bubble{--postil-near:visible}";

const [colours, rows, near] = [TOKENS, ROWS, NEAR].map((css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
});
export const tokens = colours;
document.adoptedStyleSheets.push(near);

/** @param {string} name of class and part @param {(Node | string)[]} children */
const make = (name, children, tag = "span") => {
  const made = Object.assign(document.createElement(tag), { className: name });
  made.part.add(name);
  made.append(...children);
  return made;
};

/** @param {string} tag @param {Node} child */
const host = (tag, child) => {
  const made = document.createElement(tag);
  const root = made.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [tokens, rows];
  root.append(child);
  return made;
};

/** A face, drawn from the name alone. @param {string} name */
export const face = (name) => {
  const bits = hash(name);
  let d = "";
  for (let i = 0; i < 15; i++) {
    const [x, y] = [(i / 5) | 0, i % 5];
    if ((bits >> i) & 1) d += `M${x + 1.5} ${y + 1.5}h1v1h-1zM${5.5 - x} ${y + 1.5}h1v1h-1z`;
  }
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  for (const [key, value] of [["class", "face"], ["viewBox", "0 0 8 8"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  path.setAttribute("d", d);
  svg.append(path);
  svg.style.setProperty("--hue", `${(bits >>> 15) % 360}`);
  return svg;
};

/**
 * A row at a section's end, and a bubble beside its heading: empty until draw() knows words.
 * @param {Postil.Article} article @param {any} section @param {(place: Postil.Place) => void} open @param {() => void} near
 * @returns {Postil.Place}
 */
export const place = (article, section, open, near) => {
  const { heading, level, id, key, element, end } = section;
  const [row, bubble] = ["row", "bubble"].map((name) => make(name, [], "button"));
  bubble.tabIndex = -1;
  bubble.ariaHidden = "true";
  const line = host("postil-row", row);
  const mark = host("postil-bubble", bubble);
  if (end) end.after(line);
  else article.root.append(line);
  element?.prepend(mark);
  let stamp = "";
  /** @param {Postil.Seen} [seen] */
  const draw = (seen) => {
    const { words, known, places, lang, dir } = article;
    if (!words) return;
    /** @param {Record<string, string>} forms @param {number} n */
    const told = (forms, n) => (forms[new Intl.PluralRules(lang).select(n)] ?? forms.other).replace("{n}", n.toLocaleString(lang));
    const threads = [made.id, ...made.joined].map((id) => known[id ?? ""]).filter((thread) => !!thread);
    const n = threads.reduce((sum, { comments }) => sum + comments, 0);
    const fresh = threads.reduce((sum, { id, comments }) => sum + Math.max(0, comments - (seen?.[id]?.[0] ?? 0)), 0);
    const names = [...new Set(threads.flatMap(({ faces = [] }) => faces))].slice(0, 3);
    // Where the margin has room for it.
    const { left, right } = line.getBoundingClientRect();
    const margin = (dir === "rtl" ? left : innerWidth - right) - (parseFloat(document.documentElement.style.paddingInlineEnd) || 0);
    bubble.hidden = innerWidth < 1100 || margin < 64;
    if (stamp === (stamp = [n, fresh, lang, names].join())) return;
    made.heading = heading || (section.introduction ? words.introduction : article.ref.title ?? "");
    const count = make("count", [told(words.comments, n)]);
    count.dataset.room = Object.values(words.comments).map((form) => told({ other: form }, n)).join("\n");
    // New nodes each time: what takes another's place moves nothing.
    row.replaceChildren(
      ...(n ? [make("faces", names.map(face)), count] : []),
      make("say", [words[n ? (places[1] ? "onSection" : "onPage") : places[1] ? "discussSection" : "discussPage"]]),
      make("unseen", [made.heading]),
      ...(fresh ? [make("new", [told(words.new, fresh)])] : []),
    );
    bubble.textContent = n ? n.toLocaleString(lang) : "+";
    bubble.className = `bubble ${n ? "" : "plus"} ${fresh ? "fresh" : ""}`;
    line.dir = mark.dir = dir;
  };
  /** @type {Postil.Place} */
  const made = { heading, name: key || id || `${level} ${heading}`, id: null, joined: [], row: line, opener: row, mark, section, draw };
  for (const button of [row, bubble]) {
    button.onclick = () => open(made);
    button.onpointerenter = button.onfocus = near;
  }
  return made;
};
