// @ts-check
/**
 * The true state of the viewer's own comments, which nobody else is told: waiting, hidden and why, an edit that waits,
 * and what became of it when he asked again. Loaded for those of whom there is something to tell.
 */

import { act, bodyOf } from "./comment.js";
import { h } from "./element.js";
import { isSpecial } from "./own.js";
import { say, t } from "./words.js";

/** @typedef {import("./thread.js").Thread} Thread */

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

/** Whether a moderator may change what its author sees without readers being told of anything. @param {Postil.Comment} own */
const isWaiting = ({ state, held, appeal }) => state === "pending" || !!held || appeal === "open";

/**
 * What was decided between two looks at a comment, where nothing else would say so.
 * @param {Postil.Comment} before @param {Postil.Comment} after
 * @returns {keyof typeof t.own.told | undefined}
 */
export const decided = ({ state, held, source, refused }, after) =>
  isSpecial(after) ? undefined : state ? (state === "hidden" ? "shownAgain" : "approved") :
  (held ? source : refused) === after.source ? "editApproved" : held && "editRefused";

/** Tell what a moderator has decided since the last look. @param {Thread} thread @param {Postil.Comment[]} mine as they are now */
export const tell = ({ store, told, panel }, mine) => {
  for (const one of mine) {
    const before = store.own.get(one.id);
    const said = before && decided(before, one);
    if (said) told.set(one.id, said);
    const hidden = before && one.state === "hidden" && (before.state !== one.state || before.appeal !== one.appeal);
    if (said || hidden) panel.frame.say(sentences(one, said).join(" "));
    if (isSpecial(one)) told.delete(one.id);
    // A refusal that is undone is no news to readers; the edit, once it is approved all the same, is.
    one.refused = said ? said === "editRefused" && before.source : before?.refused;
  }
};

/** See whether what waits was decided. @param {Thread} thread */
export const look = async (thread) => {
  if (!thread.early && [...thread.store.own.values()].some(isWaiting) && (await thread.ask())) await thread.redraw();
};
