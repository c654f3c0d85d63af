// @ts-check
/**
 * What the loader draws: a row at a section's end, a bubble beside its heading. Hosts: postil-row, postil-bubble;
 * parts: row faces count say new bubble. They take the page's typeface, and its colours by `color-scheme`.
 */

import { hash } from "./fingerprint.js";

// Every shadow root of ours has these. The first rule is the theme's: paint() in postil.js writes into it.
const TOKENS = `:host{color-scheme:inherit!important}
:host{--ink:var(--postil-ink,light-dark(#1f2328,#e4e2dd));--soft:var(--postil-soft,light-dark(#646a71,#979ca4));--surface:var(--postil-surface,light-dark(#fff,#1c1f24));--line:var(--postil-line,light-dark(#e6e2da,#2b2f36));--accent:var(--postil-accent,light-dark(#0f62a8,#7ab8ef));--wash:var(--postil-wash,light-dark(#eaf2fa,#1d2c3b));--on-accent:var(--postil-on-accent,light-dark(#fff,#14161a));--sans:var(--postil-font,system-ui,sans-serif);font:15px/1.5 var(--sans);color:var(--ink)}
button{all:unset;box-sizing:border-box;cursor:pointer}
:focus-visible{outline:2px solid var(--postil-focus,var(--accent));outline-offset:2px}
[hidden]{display:none!important}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.face{width:22px;border-radius:50%;flex:none;background:hsl(var(--hue) 40% 88%);fill:hsl(var(--hue) 45% 36%)}
@media print{:host{display:none!important}}`;

// The hosts stand where the page puts them, in its columns and grids. !important in here beats even a page's
// `* { all: unset !important }`. What a page says of its text (centred, spaced, in capitals) ends at the buttons: of all
// that only the typeface goes in. .count keeps the room that its longest form takes, so that what follows never moves.
const ROWS = `:host{display:block!important;font:inherit!important}
:host(postil-bubble){float:inline-end!important;width:0!important;height:0!important;position:relative!important;top:calc(.5lh - 15px)!important}
.row,.bubble{all:initial;box-sizing:border-box;cursor:pointer;color-scheme:inherit;font-family:var(--postil-font,inherit);font-weight:600;font-size:13px;line-height:28px;color:var(--soft)}
.row{display:flex;align-items:center;gap:12px;width:100%;margin:var(--postil-row-margin,28px 0 44px);padding:12px 0;border:solid var(--line);border-width:1px 0;font-weight:400;font-size:15px;line-height:23px}
span{overflow-wrap:anywhere}
.row:hover .say{text-decoration:underline}
.count,.new{font-weight:600;color:var(--accent);white-space:nowrap}
.count:after{content:attr(data-room)/"";display:block;height:0;overflow:hidden;white-space:pre}
.faces{display:flex;margin-block:-2px}
.face{margin-inline-end:-5px;border:2px solid var(--surface)}
.new{margin-inline-start:auto;font-size:13px}
@media(max-width:480px){.row{gap:8px}.faces{display:none}}
.bubble{position:absolute;inset-inline-start:var(--postil-bubble-offset,20px);min-width:38px;padding:0 9px;border:1px solid var(--line);border-radius:15px;border-end-start-radius:3px;background:var(--surface);text-align:center}
.bubble:before{content:"";position:absolute;inset:0;inset-inline-start:-21px}
.plus{visibility:var(--postil-near,hidden)}
@media(hover:none){.plus{display:none}}
.bubble:hover,.fresh{border-color:var(--accent);color:var(--accent)}
.fresh{background:var(--wash)}
.fresh:after{content:"";position:absolute;inset-inline-end:-2px;top:-2px;border:4px solid;border-radius:50%}`;

// Of the page itself: whose bubble is shown although nobody has spoken there.
const NEAR = ":is(:hover,:focus-within)>postil-bubble{--postil-near:visible}";

const sheets = [NEAR, ROWS, TOKENS].map((css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
});
export const tokens = sheets[2];
document.adoptedStyleSheets.push(sheets[0]);

/** @param {string} name of class and part @param {(Node | string)[]} children */
const make = (name, ...children) => {
  const made = Object.assign(document.createElement(/row|bu/.test(name) ? "button" : "span"), { className: name, part: name });
  made.append(...children);
  return made;
};

/** @param {string} name @param {Node} child */
const host = (name, child) => {
  const made = document.createElement(`postil-${name}`);
  const root = made.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = sheets.slice(1);
  root.append(child);
  return made;
};

/** How far from where lines begin a box ends, in pixels. @param {Element} box @param {string} dir */
const sideOf = (box, dir) => {
  const { left, right } = box.getBoundingClientRect();
  return dir === "rtl" ? innerWidth - left : right;
};

/** A face, drawn from the name alone. @param {string} name */
export const face = (name) => {
  const bits = hash(name);
  let d = "";
  for (let i = 15; i--; ) if ((bits >> i) & 1) d += [(i / 5) | 0, 4 - ((i / 5) | 0)].map((x) => `M${x + 1.5} ${(i % 5) + 1.5}h1v1h-1z`).join("");
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  for (const [key, value] of [["class", "face"], ["viewBox", "0 0 8 8"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  path.setAttribute("d", d);
  svg.append(path);
  svg.style.setProperty("--hue", `${(bits >>> 15) % 360}`);
  return svg;
};

/**
 * A row at a section's end, and a bubble beside its heading: empty until there are words to draw.
 * @param {Postil.Article} article @param {any} section @param {Postil.Loader} loader @returns {Postil.Place}
 */
export const place = (article, section, { open, panel }) => {
  const { heading, level, id, key, element, end, introduction } = section;
  const opener = make("row");
  const bubble = make("bubble");
  const row = host("row", opener);
  const mark = host("bubble", bubble);
  if (end) end.after(row);
  else article.root.append(row);
  element?.prepend(mark);
  // The row says the same to those who do not see.
  bubble.tabIndex = -1;
  bubble.ariaHidden = "true";
  bubble.hidden = true; // until it is known whether there is room: empty it would widen a phone's page
  let drawn = "";
  /** @param {Postil.Seen} [seen] */
  const draw = (seen) => {
    const { words, known, places, lang, dir } = article;
    if (!words) return;
    const threads = [made.id, ...made.joined].flatMap((id) => known[id ?? ""] ?? []);
    const sum = (/** @type {(thread: Postil.Section) => number} */ of) => threads.reduce((sum, thread) => sum + of(thread), 0);
    const n = sum(({ comments }) => comments);
    const fresh = seen ? sum(({ id, comments }) => Math.max(0, comments - (seen[id]?.[0] ?? 0))) : 0;
    const names = [...new Set(threads.flatMap(({ faces = [] }) => faces))].slice(0, 3);
    // Is there room for it in the margin, beside the drawer and what the page itself has there?
    const edge = innerWidth - (parseFloat(document.documentElement.style.paddingInlineEnd) || 0);
    const end = sideOf(row, dir);
    bubble.hidden = innerWidth < 1100 || end + 64 > edge || [...document.querySelectorAll("nav,aside,[class*=toc]")].some((box) => {
      const gap = innerWidth - sideOf(box, dir === "rtl" ? "" : "rtl") - end;
      return gap > -9 && gap < 64;
    });
    if (drawn === (drawn = [n, fresh, lang, names].join())) return;
    const digits = n.toLocaleString(lang);
    /** @param {Record<string, string>} forms @param {number} n */
    const told = (forms, n) => (forms[new Intl.PluralRules(lang).select(n)] ?? forms.other).replace("{n}", n.toLocaleString(lang));
    made.heading = heading || (introduction ? words.introduction : article.ref.title || "");
    const count = make("count", told(words.comments, n));
    count.dataset.room = Object.values(words.comments).join("\n").replaceAll("{n}", digits);
    // New nodes each time: one that takes another's place moves nothing.
    opener.replaceChildren(
      ...(n ? [make("faces", ...names.map(face)), count] : []),
      make("say", places[1] ? (n ? words.onSection : words.discussSection) : n ? words.onPage : words.discussPage),
      make("unseen", made.heading),
      ...(fresh ? [make("new", told(words.new, fresh))] : []),
    );
    bubble.textContent = n ? digits : "+";
    bubble.className = `bubble ${n ? "" : "plus"} ${fresh ? "fresh" : ""}`;
    opener.dir = bubble.dir = mark.dir = dir;
  };
  /** @type {Postil.Place} */
  const made = { heading, name: key || id || `${level} ${heading}`, id: null, joined: [], row, opener, mark, section, draw };
  for (const button of [opener, bubble]) {
    button.onclick = () => open(article, made);
    button.onpointerenter = button.onfocus = panel;
  }
  return made;
};
