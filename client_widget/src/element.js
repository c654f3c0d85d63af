// @ts-check
/** Building elements: properties, listeners (`onclick: f`), attributes; text goes in as text, never as markup. */

/**
 * What is false, null or 0 is left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | number | false | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const h = (tag, props = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) set(node, key, value);
  for (const child of children) if (child) node.append(typeof child === "number" ? String(child) : child);
  return node;
};

/** @param {any} node @param {string} key @param {any} value */
const set = (node, key, value) => {
  if (value == null || value === false) return;
  if (typeof value === "function") node.addEventListener(key.slice(2), value);
  else if (key in node && key !== "part") node[key] = value;
  else node.setAttribute(key, value === true ? "" : value);
};

const PATHS = {
  up: "M4 11.5l5-5 5 5",
  down: "M4 6.5l5 5 5-5",
  back: "M11.5 4l-5 5 5 5",
  close: "M4.5 4.5l9 9M13.5 4.5l-9 9",
  more: "M3.5 9h.01M9 9h.01M14.5 9h.01",
};

/** @param {string} name of one that the panel has, or a path of its own */
export const icon = (name) => {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[/** @type {keyof typeof PATHS} */ (name)] ?? name);
  svg.append(path);
  return svg;
};
