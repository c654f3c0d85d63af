// @ts-check
/** The small forms under a comment: are you sure, why, and why should it be shown after all. */

import { Refusal } from "./api.js";
import { h } from "./element.js";
import { keep, recall } from "./storage.js";
import { say, t } from "./words.js";

/** As long as the service takes an appeal. */
const MOST = 1000;

/**
 * @param {object} options
 * @param {string} options.ask
 * @param {string} options.submit the button's word
 * @param {boolean} [options.why] whether a reason is asked for
 * @param {(reason: string, note: string) => Promise<void>} options.answer
 * @param {() => void} options.cancel
 */
export const question = ({ ask, submit, why, answer, cancel }) => {
  const reasons = Object.entries(t.seldom.reasons).map(([value, text]) => h("option", { value }, text));
  const reason = h("select", { ariaLabel: ask }, ...reasons);
  const note = h("input", { ariaLabel: t.seldom.note, placeholder: t.seldom.note, maxLength: 200 });
  return answerForm({ submit, cancel, answer: () => answer(reason.value, note.value.trim()) },
    h("b", {}, ask), why && reason, why && note, h("span", { className: "space" }));
};

/**
 * By which an author asks that a decision about his comment be looked at again.
 * @param {object} options
 * @param {string} options.draft names the draft in this browser
 * @param {(text: string) => Promise<void>} options.answer
 * @param {() => void} options.cancel
 */
export const appealForm = ({ draft, answer, cancel }) => {
  const { ask, next, label, left, send } = t.appeal;
  const key = `draft:${draft}`;
  const rest = h("span", { className: "kept" });
  const changed = () => {
    keep(key, text.value.trim() ? { text: text.value } : null);
    rest.textContent = text.value.length > MOST - 200 ? say(left, { n: MOST - text.value.length }) : "";
  };
  const text = h("textarea", { rows: 3, maxLength: MOST, dir: "auto", part: "input", ariaLabel: label, placeholder: label, oninput: changed });
  text.value = recall(key)?.text ?? "";
  const sent = async () => {
    if (!text.value.trim()) return text.focus();
    await answer(text.value.trim());
    keep(key, null);
  };
  return answerForm({ submit: send, cancel, answer: sent },
    h("b", {}, ask), h("p", { className: "hint" }, next), h("div", { className: "box" }, text), rest, h("span", { className: "space" }));
};

/**
 * A form that stays, with what is wrong, until its answer was taken. `title`: how it is called aloud.
 * @param {{submit: string, bad?: boolean, title?: string, answer: () => Promise<void>, cancel: () => void}} options
 * @param {...(Node | false | undefined)} content
 */
export const answerForm = ({ submit, bad, title, answer, cancel }, ...content) => {
  const error = h("p", { className: "error", role: "alert", hidden: true });
  const button = h("button", { className: bad ? "primary bad" : "primary" }, submit);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (button.ariaDisabled) return;
    button.ariaDisabled = "true";
    try {
      await answer();
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      error.textContent = problem.message;
      error.hidden = false;
    } finally {
      button.ariaDisabled = null;
    }
  };
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  };
  return h("form", { className: "question", part: "question", ariaLabel: title ?? null, onsubmit: send, onkeydown: leave },
    ...content, h("button", { type: "button", className: "quiet", onclick: cancel }, t.cancel), button, error);
};
