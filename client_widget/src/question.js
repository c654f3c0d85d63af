// @ts-check
/** A small question under a comment: are you sure, or why. */

import { Refusal } from "./api.js";
import { h } from "./element.js";
import { t } from "./strings.js";

/**
 * @param {object} options
 * @param {string} options.ask
 * @param {string} options.submit the button's word
 * @param {boolean} [options.why] whether a reason is asked for
 * @param {(reason: string, note: string) => Promise<void>} options.answer
 * @param {() => void} options.cancel
 */
export const question = ({ ask, submit, why, answer, cancel }) => {
  const reasons = Object.entries(t.reasons).map(([value, text]) => h("option", { value }, text));
  const reason = h("select", { ariaLabel: ask }, ...reasons);
  const note = h("input", { ariaLabel: t.note, placeholder: t.note, maxLength: 200 });
  const error = h("p", { className: "error", role: "alert", hidden: true });
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    await answer(reason.value, note.value.trim()).catch((problem) => {
      if (!(problem instanceof Refusal)) throw problem;
      error.textContent = problem.message;
      error.hidden = false;
    });
  };
  return h("form", { className: "question", part: "question", onsubmit: send },
    h("b", {}, ask), why && reason, why && note,
    h("span", { className: "space" }),
    h("button", { type: "button", className: "quiet", onclick: cancel }, t.cancel),
    h("button", { className: "primary" }, submit), error);
};
