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
  bold: "M5.5 3.5h4a2.7 2.7 0 010 5.4h-4zM5.5 8.9h4.7a2.8 2.8 0 010 5.600H5.5z",
  link: "M7.5 10.5l3-3M8 5.5l1.7-1.7a3.2 3.2 0 014.5 4.5L12.5 10M10 12.5l-1.7 1.7a3.2 3.2 0 01-4.5-4.5L5.5 8",
  quote: "M4 4v10M7.5 5H15M7.5 9H15M7.5 13h4.5",
};

/** @param {keyof typeof PATHS} name */
export const icon = (name) => {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
};
