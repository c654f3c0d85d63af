// @ts-check
/**
 * Finds what can be discussed on a page. Only markup decides, never style or screen, so that every copy of a
 * page has the same outline. The server reads pages in the same way: server/postil/document.py is this in Python,
 * function by function, and a change here has its place there (tests/browser/test_documents.py).
 *
 * @typedef {{root?: string | Element, headings?: string}} Options
 * @typedef {{heading: string, level: number, id: string, key: string, text: string, element: Element | null,
 *   end: ChildNode | null, introduction?: boolean}} Section
 * Level 0: the introduction, or the page as a whole. The row goes after `end`; null: into the empty root.
 */

import { fingerprint } from "./fingerprint.js";

const HEADINGS = "h1,h2,h3,h4,h5,h6";
const ROOTS = `article,main,[role=main],[itemprop~=articleBody],d-article,#content,.markdown-body,.post-body,
.article-body,.entry-content,.post-content,.article-content,.e-content`;
const ASIDE = `nav,aside,footer,dialog,blockquote,script,style,template,noscript,textarea,select,button,svg,[hidden],
[aria-hidden=true],[data-postil-ignore],[role=dialog],[role=search],[style*="display:none"],[style*="display: none"],
.sr-only,.visually-hidden,.screen-reader-text,#respond,#disqus_thread,#TOC,div#toc,div#table-of-contents`;
// Words in the class or role of boxes that hang about articles. "has-toc" and "comments-open" only tell of one.
const BOX = new RegExp(
  "^(?!(has|no|with)[-_])(.*[-_])?(toc|comments?|comment-?list|respond|related-?(posts)?|recommend\\w*|" +
    "(read|up)-next|(more|recent|latest|popular)-(posts|from)|shar(e|ing)|social|subscri\\w*|signup|" +
    "newsletter|sidebar|author-(bio|box|card)|pager|pagination|breadcrumbs?|footnotes|modal|disqus|giscus|" +
    "navigation|complementary|contentinfo|banner)($|[-_](?!(open|closed)$))", "i");
const JUNK = `${ASIDE},sup,[class*=editsection],[class*=headerlink],[class*=permalink],[class*=anchor]`;
const META = `${HEADINGS},header,time,address,label,[class*=meta],[class*=byline],[class*=author],[class*=date],
[class*=tags]`;
// In a section's text: what changes by itself, or is no word of it.
const NOISE = "time,sup,[class*=editsection],[class*=headerlink]";
const MEDIA = "img,picture,video,audio,iframe,canvas,object";

/** @param {string | null} [text] */
const plain = (text) =>
  (text ?? "").replace(/\s+/g, " ").replace(/[\p{Cc}\p{Co}\u200b\ufeff]|[\s¶]+$/gu, "").trim();

/** @param {any} el */
function skipped(el) {
  if (el.matches(ASIDE) || (el.matches("header") && el.querySelector("nav"))) return true;
  if (el.matches(HEADINGS)) return !!el.nextElementSibling?.matches("#markdown-toc,.toc"); // a caption
  if (el.matches("#comments") && el.querySelector("form,iframe,script,article")) return true;
  const words = [...el.classList, el.getAttribute("role") ?? ""];
  return words.some((word) => BOX.test(word)) && !el.querySelector("h1,main");
}

/**
 * Texts and wanted elements below a root, in order. With nothing wanted: blank texts too.
 * @param {any} root @param {string} wanted @returns {any[]}
 */
function walk(root, wanted, skip = skipped) {
  const found = [];
  /** @param {any} node */
  const judge = (node) => (node.nodeType === 3 || !skip(node) ? 1 : 2);
  const walker = root.ownerDocument.createTreeWalker(root, 5, judge);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === 3 ? !wanted || node.data.trim() : wanted && node.matches(wanted)) found.push(node);
  }
  return found;
}

/** @param {any[]} nodes */
const length = (nodes) => nodes.reduce((sum, node) => sum + (node.data ?? "").trim().length, 0);

/** A heading's words, without the permalink that a generator puts in. @param {Element} heading */
function headingText(heading) {
  const mark = (/** @type {any} */ el) =>
    el.matches(JUNK) || (el.matches("a") && !/[\p{L}\p{N}]/u.test(el.textContent));
  const words = walk(heading, "", mark);
  return plain(words.map((node) => node.data).join("")) || plain(heading.textContent);
}

/**
 * The candidate with most text, or the innermost in it with over half of that.
 * @param {Document} document @param {any[]} nodes of its body
 */
function guessRoot(document, nodes) {
  const sums = new Map([...document.querySelectorAll(ROOTS)].map((el) => [el, 0]));
  for (const node of nodes) {
    for (let el = node.parentElement, n = length([node]); n && el; el = el.parentElement) {
      if (sums.has(el)) sums.set(el, sums.get(el) + n);
    }
  }
  const sorted = [...sums].sort((one, other) => other[1] - one[1]);
  const [best, most] = sorted[0] ?? [document.body];
  return sorted.filter(([el, sum]) => best.contains(el) && sum > most / 2).pop()?.[0] ?? best;
}

/** @param {Document} document */
const nameOf = (document) => plain(document.querySelector("title")?.textContent);

/** The page's title, in the root or above it. @param {Element} root @param {Element | undefined} first */
function titleOf(root, first) {
  const { ownerDocument: document } = root;
  const named = (/** @type {Element} */ el) =>
    /(^|[^\p{L}\p{N}\s]\s*)\0($|\s*[^\p{L}\p{N}\s])/u.test(nameOf(document).replace(headingText(el), "\0"));
  if (first && named(first)) return first;
  const home = root.closest("article,main");
  const outside = [...document.querySelectorAll("h1")].slice(0, 99).filter((el) => !root.contains(el));
  const above = outside.find((el) => home?.contains(el)) ?? outside.find(named);
  return above ?? (first?.matches("h1") ? first : undefined);
}

/** @param {any} heading */
const levelOf = ({ tagName, ariaLevel }) => +(/^H[1-6]\b|,[1-6]$/i.exec(`${tagName},${ariaLevel}`)?.[0][1] ?? 2);

/**
 * The title, and the headings that are discussed.
 * @param {Element} root @param {any[]} nodes @param {string} [wanted]
 */
function choose(root, nodes, wanted) {
  const home = root.closest("article");
  const all = nodes.filter((node) => node.tagName && (!home || node.closest("article") === home));
  const early = length(nodes.slice(0, nodes.indexOf(all[0]))) < 200;
  const title = titleOf(root, early ? all[0] : undefined);
  const rest = all.filter((el) => el !== title);
  const level = [1, 2, 3, 4, 5, 6].find((n) => rest.filter((el) => levelOf(el) === n).length > 1);
  const headings = wanted ? all : rest.filter((el) => levelOf(el) === level);
  return { title, headings: headings.length > 1 ? headings.slice(0, 499) : [] };
}

/**
 * The texts before the first heading, or on the whole page, that are prose: in a paragraph, or long.
 * @param {Element} root @param {any[]} nodes @param {any} title @param {any} first
 */
function introduction(root, nodes, title, first) {
  return nodes.slice(nodes.indexOf(title) + 1, first && nodes.indexOf(first)).filter((node) => {
    const box = node.data && node.parentElement.closest(META);
    const said = node.data && (!box || box === root || !root.contains(box) || box.contains(first ?? null));
    return said && (length([node]) > 60 || node.parentElement.closest("p,li,dd,td,pre"));
  });
}

/** Is there anything to see in it? @param {any} node */
const holds = (node) =>
  node.tagName
    ? !skipped(node) && (node.textContent.trim() || node.matches(MEDIA) || node.querySelector(MEDIA))
    : node.nodeType === 3 && node.data.trim();

/**
 * What stands before the next section, which begins at its heading or at the wrapper that this opens.
 * @param {any} from @param {any} next
 */
function endBefore(from, next) {
  const above = () => plain(next.previousElementSibling?.textContent).length;
  // A kicker may stand above the heading in its wrapper; more than that is the tail of this section.
  while (!next.parentNode.contains(from) && above() < 60) next = next.parentNode;
  let end = next.previousSibling ?? from;
  while (end.previousSibling && !end.contains(from) && !holds(end)) end = end.previousSibling;
  return within(end);
}

/** Lists and tables take no rows of ours. @param {any} end @returns {ChildNode} */
const within = (end) => (end.lastChild && end.matches("li,dd,tbody,tr,td,th") ? within(end.lastChild) : end);

/** The last child with something in it, inside lone wrappers too. @param {any} root @returns {ChildNode | null} */
function endOf(root, deep = false) {
  const full = [...root.childNodes].filter(holds);
  if (deep && full.length === 1 && full[0].matches?.("div,section")) return endOf(full[0], true);
  return full.length ? within(full.pop()) : null;
}

/**
 * Id and author's key, on the heading, in it, on a wrapper of it alone, or just before it; and the section's end.
 * @param {any} root @param {any[]} headings @param {number} at
 */
function evidence(root, headings, at) {
  const heading = headings[at];
  const before = heading.previousElementSibling;
  const inner = heading.querySelector("a[id],span[id],a[name]");
  let id = heading.id || inner?.id || inner?.name || "";
  const others = [headings[at - 1], headings[at + 1]];
  let [key, top] = ["", heading];
  for (let el = heading; el !== root && !others.some((other) => el.contains(other ?? null)); el = el.parentNode) {
    top = el;
    id ||= el.getAttribute("id") ?? ""; // a form's `id` may be a field of that name
    key ||= el.dataset.postilSection ?? "";
  }
  if (before?.matches("a,span") && !plain(before.textContent)) id ||= before.id || before.name || "";
  return { id, key, end: others[1] ? endBefore(heading, others[1]) : (endOf(top.parentNode) ?? top) };
}

/** What a section says, without its heading. @param {any[]} nodes @param {any} [heading] */
const textOf = (nodes, heading) =>
  nodes.filter((node) => node.data && !heading?.contains(node) && !node.parentElement.closest(NOISE))
    .map((node) => node.data).join(" ");

/**
 * The sections of a page in order: at least one, at most 500.
 * @param {Document} document @param {Options} [options] @param {Element | null} [given] the article, where that is known
 * @returns {{root: Element, title: string, sections: Section[]}}
 */
export function findSections(document, options = {}, given = document.querySelector(/** @type {string} */ (options.root || "[data-postil-root]"))) {
  const all = walk(given ?? document.body, options.headings || HEADINGS);
  const root = given ?? guessRoot(document, all);
  const nodes = all.filter((node) => node !== root && root.contains(node));
  const { title, headings } = choose(root, nodes, options.headings);
  const [first] = headings;
  const prose = introduction(root, nodes, title, first);
  const box = first ? prose[0]?.parentElement.closest("[data-postil-section]") : root;
  const key = (!box?.contains(first ?? null) && box?.dataset.postilSection) || "";
  const start = { heading: "", level: 0, id: "", key, text: textOf(prose), element: null };
  /** @type {Section[]} */
  const sections = headings.map((element, at) => ({
    heading: headingText(element), level: levelOf(element), element, ...evidence(root, headings, at),
    text: textOf(nodes.slice(nodes.indexOf(element) + 1, headings[at + 1] && nodes.indexOf(headings[at + 1])), element),
  }));
  if (!first) sections.push({ ...start, end: endOf(root, true) });
  else if (prose[0]) sections.unshift({ ...start, end: endBefore(prose[prose.length - 1], first), introduction: true });
  return { root, title: (title && headingText(title)) || nameOf(document), sections };
}

/** Without digits, but where only these tell two apart. @param {string[]} texts */
const lean = (texts) => {
  const bare = texts.map((text) => text.replace(/\p{Nd}/gu, ""));
  return bare.map((text, at) => (bare.indexOf(text) === bare.lastIndexOf(text) ? text : texts[at]));
};

/** `outline_hash` of server/postil/outline.py; "" where the browser cannot say: SHA-256 is for pages of https alone.
 * @param {Postil.Outline["sections"]} rows */
export async function hashOf(rows) {
  const ids = lean(rows.map(({ id = "" }) => id));
  const headings = lean(rows.map(({ heading }) => heading));
  const said = rows.map(({ level, key = "", print = "" }, at) => [level, key, ids[at], headings[at], print]);
  const bytes = new TextEncoder().encode(JSON.stringify(said));
  const hash = await crypto.subtle?.digest("SHA-256", bytes);
  return hash ? [...new Uint8Array(hash, 0, 16)].map((byte) => (byte + 256).toString(16).slice(1)).join("") : "";
}

/**
 * The outline as the service takes it.
 * @param {Pick<Section, "heading" | "level" | "id" | "key" | "text">[]} found
 * @returns {Promise<Postil.Outline>}
 */
export async function outlineOf(found) {
  const fit = (/** @type {string} */ text) => (text.length > 200 ? "" : text) || undefined;
  const sections = found.map(({ heading, level, id, key, text }) => (
    { heading: [...heading].slice(0, 300).join(""), level, id: fit(id), key: fit(key), ...fingerprint(text) }
  ));
  return { hash: await hashOf(sections), sections };
}
