// @ts-check
/**
 * The one door by which a comment's html enters the page, with two locks: what is on the list is built as nodes,
 * and where the browser has a sanitizer of its own, that goes over it again. It does not go first, because its
 * parser tells the page's CSP of every handler before it takes it away: a false alarm for each hostile comment.
 */

const LIST = ["p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"];
const VOID = ["br", "hr"];
/** Made once: the browser reads the list anew for each comment else, which takes it longer than the comment. */
const sanitizer = /** @type {any} */ (globalThis).Sanitizer && new Sanitizer({
  elements: LIST.map((name) => ({ name, attributes: name === "a" ? ["href", "rel"] : name === "ol" ? ["start"] : [] })),
  attributes: [],
  comments: false,
  dataAttributes: false,
});

/** Replace what `node` shows by a comment's html. @param {HTMLElement} node @param {string} html */
export const enter = (node, html) => {
  node.replaceChildren();
  build(node, html);
  node.setHTML?.(node.innerHTML, { sanitizer });
  for (const link of node.querySelectorAll("a")) vet(link);
};

/** A link leads to the web or to a mailbox, in a tab of its own, or nowhere. @param {HTMLAnchorElement} link */
const vet = (link) => {
  const typed = link.getAttribute("href") ?? "";
  if (!/^(https?:\/\/|mailto:)[^\s]+$/i.test(typed) || !/^(https?|mailto):$/.test(link.protocol)) {
    link.removeAttribute("href");
  }
  link.rel = "nofollow ugc noopener noreferrer";
  link.target = "_blank";
};

/**
 * Tags of the list become elements, everything else is text or nothing. No parser is called: DOMParser and
 * innerHTML throw where the page enforces Trusted Types.
 * @param {HTMLElement} node
 * @param {string} html
 */
const build = (node, html) => {
  /** @type {Element} */
  let open = node;
  for (const [, end, name, attributes, text] of html.matchAll(/<(\/?)([a-z]+\d?)((?:[^<>"]|"[^"]*")*)>|(<|[^<]+)/gi)) {
    const tag = name?.toLowerCase();
    if (text) open.append(decode(text));
    else if (!LIST.includes(tag)) continue;
    else if (!end) open = grow(open, tag, attributes);
    else open = (node.contains(open.closest(tag)) && open.closest(tag)?.parentElement) || open;
    if (!node.contains(open)) open = node;
  }
};

/** @param {Element} parent @param {string} tag @param {string} attributes @returns {Element} where to go on */
const grow = (parent, tag, attributes) => {
  const child = document.createElement(tag);
  const href = tag === "a" && /\shref="([^"]*)"/i.exec(attributes);
  const start = tag === "ol" && /\sstart="(\d{1,9})"/i.exec(attributes);
  if (href) child.setAttribute("href", decode(href[1]));
  if (start) child.setAttribute("start", start[1]);
  parent.append(child);
  return VOID.includes(tag) ? parent : child;
};

/** @type {Record<string, string>} */
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };

/** @param {string} text */
const decode = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => ENTITIES[name]);
