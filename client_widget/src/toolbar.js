// @ts-check
/** The tools for what Markdown is used for, and their keys. One of them is reached by Tab, the others by arrows. */

import { h, icon } from "./element.js";
import { around, before, code, link } from "./marks.js";
import { say, t } from "./words.js";

export const MAC = /^Mac|^iP/.test(navigator.platform);

/** @type {{name: "bold" | "italic" | "link" | "quote" | "code" | "list", path: string, mark: import("./marks.js").Mark, key?: string}[]} */
export const TOOLS = [
  { name: "bold", key: "B", mark: around("**"), path: "M5.5 3.5h4a2.7 2.7 0 010 5.4h-4zM5.5 8.9h4.7a2.8 2.8 0 010 5.6H5.5z" },
  { name: "italic", key: "I", mark: around("_"), path: "M7.5 3.5h5M5.5 14.5h5M10.5 3.5l-3 11" },
  { name: "link", key: "K", mark: link, path: "M7.5 10.5l3-3M8 5.5l1.7-1.7a3.2 3.2 0 014.5 4.5L12.5 10M10 12.5l-1.7 1.7a3.2 3.2 0 01-4.5-4.5L5.5 8" },
  { name: "quote", mark: before("> ", /^\s{0,3}> ?/, true), path: "M4 4v10M7.5 5H15M7.5 9H15M7.5 13h4.5" },
  { name: "code", mark: code, path: "M6 5L2.5 9 6 13M12 5l3.5 4-3.5 4" },
  { name: "list", mark: before("- ", /^\s{0,3}[-*+] /), path: "M3.5 5h.01M3.5 9h.01M3.5 13h.01M7.5 5H15M7.5 9H15M7.5 13H15" },
];

/** What a button does, and the keys that do it. @param {string} what @param {string} key */
export const shortcut = (what, key) => say(t.writing.shortcut, { what, keys: MAC ? `⌘${key}` : `Ctrl+${key.replace("⇧", "⇧+")}` });

/** @param {(mark: import("./marks.js").Mark) => void} press */
export const toolbar = (press) => {
  const buttons = TOOLS.map(({ name, path, mark, key }, at) => {
    const word = t.writing[name];
    const keys = key && `${MAC ? "Meta" : "Control"}+${key}`;
    return h("button", { type: "button", className: "tool", tabIndex: at ? -1 : 0, title: key ? shortcut(word, key) : word, ariaLabel: word, "aria-keyshortcuts": keys, onclick: () => press(mark) }, icon(path));
  });
  const travel = (/** @type {KeyboardEvent} */ event) => {
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const to = { Home: 0, End: buttons.length - 1, ArrowLeft: at - 1, ArrowRight: at - 1, [forward]: at + 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  };
  const bar = h("div", { className: "bar-of-tools", part: "toolbar", role: "toolbar", ariaLabel: t.writing.tools, onkeydown: travel }, ...buttons);
  return bar;
};
