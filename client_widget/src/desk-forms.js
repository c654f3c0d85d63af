// @ts-check
/** The forms in which a moderator says why, and whom he bans. Each stands under the comment that it is about. */

import { answerForm } from "./question.js";
import { say, t } from "./words.js";
import { h } from "./element.js";

/**
 * @param {object} options
 * @param {string} options.ask
 * @param {string} options.submit the button's word
 * @param {string[]} options.reasons the site's own
 * @param {(reason: string | undefined, note: string | undefined) => Promise<void>} options.answer
 * @param {() => void} options.cancel
 */
export const whyForm = ({ ask, submit, reasons, answer, cancel }) => {
  const note = h("input", { ariaLabel: t.desk.note, placeholder: t.desk.note, maxLength: 500 });
  const picked = pills(ask, reasons.map((reason) => [reason, reason]), reasons[0]);
  return form(ask, { submit, cancel, answer: () => answer(picked.value() || undefined, note.value.trim() || undefined) },
    picked.node, note);
};

/** @typedef {{by_network: boolean, days: number | null, reason?: string, hide: boolean}} BanWish */

/**
 * @param {object} options
 * @param {string} options.name the author's
 * @param {string[]} options.reasons
 * @param {(wish: BanWish) => Promise<void>} options.answer
 * @param {() => void} options.cancel
 */
export const banForm = ({ name, reasons, answer, cancel }) => {
  const whom = pills(t.desk.whom, [["", t.desk.author], ["network", t.desk.network]], "");
  const days = pills(t.desk.howLong, Object.entries(t.desk.days).map(([days, text]) => [days, text]), "7");
  const why = pills(t.desk.why, reasons.map((reason) => [reason, reason]));
  const hide = h("input", { type: "checkbox" });
  const hint = h("p", { className: "hint", hidden: true }, t.desk.networkHint);
  whom.node.addEventListener("change", () => (hint.hidden = !whom.value()));
  const wish = () => ({
    by_network: !!whom.value(), days: Number(days.value()) || null, reason: why.value() || undefined, hide: hide.checked,
  });
  const title = say(t.desk.banWho, { name });
  return form(title, { submit: t.desk.ban, bad: true, cancel, answer: () => answer(wish()) },
    part(t.desk.whom, whom.node), hint, part(t.desk.howLong, days.node), part(t.desk.why, why.node),
    h("label", { className: "check" }, hide, h("span", { dir: "auto" }, say(t.desk.hideAll, { name }))),
    h("p", { className: "hint" }, t.desk.told));
};

/** @param {string} title @param {Node} content */
const part = (title, content) => h("fieldset", {}, h("legend", {}, title), content);

let groups = 0;

/**
 * One of several, as pills: arrows travel, Enter sends the form.
 * @param {string} label @param {[string, string][]} choices value and text @param {string} [chosen]
 */
const pills = (label, choices, chosen) => {
  const name = `pick-${++groups}`;
  const inputs = choices.map(([value]) => h("input", { type: "radio", name, value, checked: value === chosen }));
  const labels = choices.map(([, text], at) => h("label", { className: "pick" }, inputs[at], h("span", { dir: "auto" }, text)));
  const node = h("div", { className: "picks", role: "radiogroup", ariaLabel: label }, ...labels);
  return { node, value: () => inputs.find(({ checked }) => checked)?.value ?? "" };
};

/**
 * @param {string} title
 * @param {{submit: string, bad?: boolean, answer: () => Promise<void>, cancel: () => void}} options
 * @param {...Node} content
 */
const form = (title, options, ...content) =>
  answerForm({ ...options, title }, h("b", { dir: "auto" }, title), ...content, h("span", { className: "space" }));
