// @ts-check
/**
 * Finds the parts of a page that can be discussed. Only the markup decides, never styles or the size of the
 * screen, so that every copy of a page has the same outline.
 *
 * @typedef {{root?: string, headings?: string, page?: string, lang?: string}} Options
 * @typedef {{heading: string, level: number, id: string, key: string, element: Element | null,
 *   end: ChildNode | null, introduction?: boolean}} Section
 *   level 0: the introduction, or the page as a whole. The row goes after `end`; null: into the empty root.
 * @typedef {{hash: string, sections: {heading: string, level: number, id?: string, key?: string}[]}} Outline
 */

const HEADINGS = "h1,h2,h3,h4,h5,h6";
const ROOTS =
  "article,main,[role=main],[itemprop~=articleBody],d-article,.entry-content,.post-content,.post-body,.article-body," +
  ".article-content,.e-content,.gh-content,.markdown-body,.mw-parser-output,.sl-markdown-content,.vp-doc,#content";
const ASIDE =
  "nav,aside,footer,dialog,blockquote,script,style,template,noscript,textarea,select,button,svg,[hidden]," +
  "[aria-hidden=true],[data-postil-ignore],[role=navigation],[role=complementary],[role=contentinfo],[role=search]," +
  "[role=dialog],[role=banner],.sr-only,.visually-hidden,.screen-reader-text,[style*='display:none']," +
  "[style*='display: none'],div#comments:not(.section),#respond,#disqus_thread,div#toc,#markdown-toc,#TableOfContents";
/** Boxes that hang about articles, by a word of a class; "has-toc" and "comments-open" only tell of one. */
const BOX =
  /^(?!(?:has|no|with|is|show)[-_])(?:.*[-_])?(?:toc|table-?of-?contents|comments?|comment-?list|respond|related(?:-?posts)?|recommend\w*|(?:read|up)-?next|(?:more|recent|latest|popular)-?(?:posts|from)|shar(?:e|ing)|social|subscribe|newsletter|sidebar|author-(?:bio|box|card)|pag(?:er|ination)|breadcrumbs?|footnotes|cookie|modal|popup|disqus|giscus|utterances)(?:$|[-_](?!(?:open|closed|on|off|enabled)$))/i;
const PERMALINK = "sup,[class*=editsection],[class*=headerlink],[class*=permalink],[class*=anchor]";
const META =
  HEADINGS + ",header,time,address,label,[class*=meta],[class*=byline],[class*=author],[class*=date],[class*=tags]";
const MOST = 500;
const MEDIA = "img,picture,video,audio,iframe,canvas,object,table";

/** What the script tag's data-* attributes say; each overrides a guess. @param {HTMLElement} tag @returns {Options} */
export function optionsOf({ dataset: { root, headings, page, lang } }) {
  return { root, headings, page, lang };
}

/** @param {Element} el */
function skipped(el) {
  if (el.matches(ASIDE) || (el.matches("header") && el.querySelector("nav"))) return true;
  if (el.matches("section#comments") && el.querySelector("form,iframe,script,article")) return true;
  return !el.matches(HEADINGS) && [...el.classList].some((name) => BOX.test(name)) && !el.querySelector("h1,main");
}

/** Is this heading the caption of a table of contents? @param {Element} el */
const isContents = (el) => el.nextElementSibling?.matches("#markdown-toc,#toc,[class*=toc]") && !el.nextElementSibling.matches(HEADINGS);

/** Texts and wanted elements below a root, in order. @param {Node} root @param {string} wanted @param {(el: Element) => boolean} skip */
function walk(root, wanted, skip) {
  const found = [];
  const walker = /** @type {Document} */ (root.ownerDocument).createTreeWalker(root, 5, (node) =>
    node.nodeType === 1 && skip(/** @type {Element} */ (node)) ? 2 : 1,
  );
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === 3 ? /\S/.test(node.nodeValue ?? "") : /** @type {Element} */ (node).matches(wanted)) {
      found.push(/** @type {Element | Text} */ (node));
    }
  }
  return found;
}

/** @param {string | null | undefined} text */
const plain = (text) => (text ?? "").replace(/\s+/g, " ").replace(/[\p{Cc}\p{Co}\u200b\ufeff]|[\s¶]+$/gu, "").trim();

/** A heading's words, without the permalink that a generator puts in. @param {Element} heading */
export function headingText(heading) {
  const words = walk(heading, ":not(*)", (el) => {
    return el.matches(`${ASIDE},${PERMALINK}`) || (el.matches("a") && !/[\p{L}\p{N}]/u.test(el.textContent ?? ""));
  });
  return plain(words.map((node) => node.nodeValue).join("")) || plain(heading.textContent);
}

/** The candidate with most text, or the innermost in it that still holds over half. @param {Document} document */
function guessRoot(document) {
  const candidates = new Set(document.querySelectorAll(ROOTS));
  /** @type {Map<Element, number>} */
  const sums = new Map();
  for (const text of walk(document.body, ":not(*)", skipped)) {
    for (let el = text.parentElement; el; el = el.parentElement) {
      if (candidates.has(el)) sums.set(el, (sums.get(el) ?? 0) + plain(text.nodeValue).length);
    }
  }
  const all = [...sums];
  const most = all.reduce((best, one) => (one[1] > best[1] ? one : best), [document.body, 0]);
  const inner = all.filter(([el, sum]) => most[0].contains(el) && sum > most[1] / 2);
  return inner.reduce((best, one) => (one[1] < best[1] ? one : best), most)[0];
}

/** Does the name begin or end with these words? @param {string} name @param {string} text */
function names(name, text) {
  const at = name.startsWith(text) ? 0 : name.endsWith(text) ? name.length - text.length : -1;
  const [before, after] = [name.slice(0, Math.max(at, 0)), name.slice(at + text.length)];
  return text !== "" && at >= 0 && !/[\p{L}\p{N}]\s*$/u.test(before) && !/^\s*[\p{L}\p{N}]/u.test(after);
}

/** Is the root's first heading the page's title? @param {Element} first @param {Element} root @param {boolean} early */
function isTitle(first, root, early) {
  const document = first.ownerDocument;
  const named = (/** @type {Element} */ el) => names(plain(document.title), headingText(el));
  const home = root.closest("article,main");
  const elsewhere = [...document.querySelectorAll("h1")].some(
    (el) => !root.contains(el) && (home?.contains(el) || named(el)),
  );
  return named(first) || (early && first.matches("h1") && !elsewhere);
}

/** @param {Element} heading */
const levelOf = (heading) => Number(heading.tagName[1]) || Number(heading.ariaLevel) || 2;

/** @param {Node} node */
function holds(node) {
  if (node.nodeType !== 1) return node.nodeType === 3 && /\S/.test(node.nodeValue ?? "");
  const el = /** @type {Element} */ (node);
  return !skipped(el) && (/\S/.test(el.textContent ?? "") || el.matches(MEDIA) || !!el.querySelector(MEDIA));
}

/** The node before which the next section begins: its heading, or the wrapper that the heading opens. @param {Node} from @param {Element} next */
function endBefore(from, next) {
  /** @type {Element} */
  let top = next;
  for (let up = top.parentElement; up && !up.contains(from); up = up.parentElement) {
    const before = top.previousElementSibling;
    // A kicker may stand before the heading; more than that is the tail of the section above.
    if (before && plain(before.textContent).length > 60) break;
    top = up;
  }
  let end = top.previousSibling;
  while (end?.previousSibling && !end.contains(from) && !holds(end)) end = end.previousSibling;
  return end;
}

/** The last node with something in it, from this one on. @param {ChildNode | null} node */
function lastOf(node) {
  let last = node;
  for (; node; node = node.nextSibling) if (holds(node)) last = node;
  return last;
}

/** @param {Element} root @param {Element} heading @param {Element | undefined} previous */
function endLast(root, heading, previous) {
  let top = heading;
  for (let up = top.parentElement; up && up !== root && previous && !up.contains(previous); up = up.parentElement) top = up;
  return lastOf(top);
}

/** @param {Element} root @returns {ChildNode | null} */
function endWhole(root) {
  const inside = [...root.childNodes].filter(holds);
  const only = inside.length === 1 && /** @type {Element} */ (inside[0]);
  return only && only.nodeType === 1 && only.matches("div,section") ? endWhole(only) : (inside.pop() ?? null);
}

/** Id and author's key: on the heading, in it, just before it, or on a wrapper of it alone. @param {Element} root @param {Element[]} headings @param {number} at */
function evidence(root, headings, at) {
  const heading = headings[at];
  const inner = heading.querySelector("a[id],span[id],a[name]");
  const before = heading.previousElementSibling;
  const anchor = inner ?? (before?.matches("a,span") && !plain(before.textContent) ? before : null);
  let id = heading.id || anchor?.id || anchor?.getAttribute("name") || "";
  let key = "";
  for (let el = heading; el && el !== root; el = /** @type {Element} */ (el.parentElement)) {
    if ([headings[at - 1], headings[at + 1]].some((other) => other && el.contains(other))) break;
    id ||= el.id;
    key ||= el.getAttribute("data-postil-section") ?? "";
  }
  return { id, key };
}

/** The headings that are discussed, and the title. @param {Element} root @param {(Element | Text)[]} nodes @param {string} [wanted] */
function choose(root, nodes, wanted) {
  const home = root.closest("article");
  const all = /** @type {Element[]} */ (nodes.filter((node) => node.nodeType === 1)).filter(
    (el) => !home || el.closest("article") === home,
  );
  const before = nodes.slice(0, nodes.indexOf(all[0])).reduce((sum, node) => sum + plain(node.nodeValue).length, 0);
  const title = all.length && !wanted && isTitle(all[0], root, before < 200) ? all[0] : null;
  const rest = all.filter((el) => el !== title && !isContents(el));
  const level = [1, 2, 3, 4, 5, 6].find((n) => rest.filter((el) => levelOf(el) === n).length > 1);
  const headings = rest.filter((el) => wanted || levelOf(el) === level).slice(0, MOST - 1);
  return { title, headings: headings.length > 1 ? headings : [] };
}

/** The texts of the introduction: those before the first heading that are prose. @param {Element} root @param {(Element | Text)[]} nodes @param {Element | null} title @param {Element} first */
function introduction(root, nodes, title, first) {
  const zone = nodes.slice(title ? nodes.indexOf(title) : 0, nodes.indexOf(first));
  const prose = /** @type {Text[]} */ (zone.filter((node) => {
    const box = node.nodeType === 3 && node.parentElement?.closest(META);
    return node.nodeType === 3 && !(box && box !== root && root.contains(box) && !box.contains(first));
  }));
  const length = prose.reduce((sum, text) => sum + plain(text.data).length, 0);
  return length > 80 || prose.some((text) => text.parentElement?.closest("p,li,dd,td,pre")) ? prose : [];
}

/**
 * The sections of a page in order: at least one, at most 500.
 * @param {Document} document @param {Options} [options]
 * @returns {{root: Element, title: string, sections: Section[]}}
 */
export function findSections(document, options = {}) {
  const root = document.querySelector(options.root || "[data-postil-root]") ?? guessRoot(document);
  const nodes = walk(root, options.headings || HEADINGS, skipped);
  const { title, headings } = choose(root, nodes, options.headings);
  const name = (title && headingText(title)) || plain(document.querySelector("h1")?.textContent) || plain(document.title);
  const prose = headings.length ? introduction(root, nodes, title, headings[0]) : [];
  /** @type {Section[]} */
  const sections = headings.map((element, at) => ({
    heading: headingText(element),
    level: levelOf(element),
    ...evidence(root, headings, at),
    element,
    end: headings[at + 1] ? endBefore(element, headings[at + 1]) : endLast(root, element, headings[at - 1]),
  }));
  const whole = { heading: "", level: 0, id: "", key: "", element: null };
  const last = prose[prose.length - 1];
  if (last) {
    const box = prose[0].parentElement?.closest("[data-postil-section]");
    const key = (!box?.contains(headings[0]) && box?.getAttribute("data-postil-section")) || "";
    sections.unshift({ ...whole, key, end: endBefore(last, headings[0]), introduction: true });
  }
  if (!headings.length) {
    sections.push({ ...whole, key: root.getAttribute("data-postil-section") ?? "", end: endWhole(root) });
  }
  return { root, title: name, sections };
}

/** SHA-256 in hex: crypto.subtle is asynchronous, and absent on http:// pages. @param {string} text */
function sha256(text) {
  const bytes = [...new TextEncoder().encode(text), 128];
  const bits = (bytes.length - 1) * 8;
  while (bytes.length % 64 !== 60) bytes.push(0);
  for (let shift = 24; shift >= 0; shift -= 8) bytes.push((bits >>> shift) & 255);
  // The constants are the fractions of the square and cube roots of the first primes.
  const squares = [];
  const cubes = [];
  for (let n = 2; cubes.length < 64; n++) {
    let divisor = 2;
    while (n % divisor) divisor++;
    if (divisor === n) {
      squares.push(((n ** 0.5 % 1) * 2 ** 32) | 0);
      cubes.push(((n ** (1 / 3) % 1) * 2 ** 32) | 0);
    }
  }
  const turn = (/** @type {number} */ x, /** @type {number[]} */ ...by) =>
    by.reduce((sum, n) => sum ^ ((x >>> n) | (x << (32 - n))), 0);
  let state = squares.slice(0, 8);
  for (let at = 0; at < bytes.length; at += 64) {
    const w = [];
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const from = at + 4 * i;
      w[i] =
        i < 16
          ? (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]
          : ((turn(w[i - 2], 17, 19) ^ (w[i - 2] >>> 10)) + w[i - 7] + (turn(w[i - 15], 7, 18) ^ (w[i - 15] >>> 3)) + w[i - 16]) | 0;
      const one = h + turn(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + cubes[i] + w[i];
      const two = turn(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    state = [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]) | 0);
  }
  return state.map((x) => (x >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * The outline as the service takes it. The hash is `outline_hash` of server/postil/outline.py.
 * @param {Pick<Section, "heading" | "level" | "id" | "key">[]} sections
 * @returns {Outline}
 */
export function outlineOf(sections) {
  const fitting = (/** @type {string} */ text) => (text.length > 200 ? "" : text);
  const rows = sections.map(({ heading, level, id, key }) => ({
    heading: [...heading].slice(0, 300).join(""),
    level,
    ...(fitting(id) && { id }),
    ...(fitting(key) && { key }),
  }));
  const said = rows.map(({ level, key = "", id = "", heading }) => [level, key, id, heading]);
  return { hash: sha256(JSON.stringify(said)).slice(0, 32), sections: rows };
}
