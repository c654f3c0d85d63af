// @ts-check
/**
 * The true state of the viewer's own comments, which nobody else is told: waiting, hidden and why, an edit that waits,
 * and what became of it when he asked again. Loaded for those of whom there is something to tell.
 */

import { act, bodyOf } from "./comment.js";
import { h } from "./element.js";
import { say, t } from "./words.js";

/** What stands above the text, and the edit that waits. @param {import("./comment.js").Sight} sight @returns {(HTMLElement | false)[]} */
export const linesOf = ({ own, told, heldOpen }) => {
  const says = own ? sentences(own, told) : [];
  if (!own || !says.length) return [];
  const word = heldOpen ? t.own.hideHeld : t.own.showHeld;
  const toggle = !!own.held && h("button", { className: "text", "data-action": "held", ariaExpanded: String(heldOpen) }, word);
  const className = told ? "label own good" : "label own";
  return [
    h("p", { className, part: "state", dir: "auto" }, ...says.map((line) => h("span", { title: line }, line)), toggle),
    !!own.held && heldOpen && h("div", { className: "then" }, bodyOf(own.held?.html)),
  ];
};

/** What he may do about it. @param {Postil.Comment} own */
export const actionsOf = ({ can_appeal }) => [!!can_appeal && act("appeal", t.own.askAgain)];

/** @param {Postil.Comment} own @param {keyof typeof t.own.told} [told] @returns {string[]} */
const sentences = ({ state, reason, held, appeal }, told) => {
  if (state === "pending") return [t.own.pending];
  if (state === "hidden") return [reason ? say(t.tombs.hiddenFor, { reason }) : t.tombs.hidden, ...(appeal ? [t.own.appealed[/** @type {keyof typeof t.own.appealed} */ (appeal)]] : [])];
  if (held) return [t.own.held];
  return told ? [t.own.told[told]] : [];
};

/** What is said aloud of a decision. @param {Postil.Comment} own @param {keyof typeof t.own.told} [told] */
export const spoken = (own, told) => sentences(own, told).join(" ");
