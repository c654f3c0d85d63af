// @ts-check
/** What the panel's menu offers: the keyboard, and what moderators do. */

import { h } from "./element.js";
import { moderate } from "./moderate.js";
import { mutedNames } from "./mute.js";
import { help } from "./unread.js";
import { t } from "./words.js";

/** @param {import("./panel.js").Panel} panel @returns {Node[]} */
export const items = (panel) => {
  const { api, desk, frame } = panel;
  const item = (/** @type {string} */ action, /** @type {string} */ text, /** @type {() => void} */ act) =>
    h("button", { "data-action": action, onclick: () => (frame.openMenu(), act()) }, text);
  const keys = item("keys", t.keys.title, () => help(panel));
  // The pop-up opens within the click.
  const others = api.grant ? (desk?.menu() ?? []) : [item("moderate", t.moderate, () => moderate(panel))];
  return [keys, ...others, ...mutedNames(panel.thread, () => frame.openMenu())];
};
