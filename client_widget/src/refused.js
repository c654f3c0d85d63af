// @ts-check
/** What a writer is told who may not send now: for how long, and why. Loaded when it comes to that. */

import { h } from "./element.js";
import { date, n } from "./strings.js";

/** How long something takes, in one unit. @param {number} seconds */
const lasting = (seconds) =>
  seconds < 90 ? n(seconds, "second") : seconds < 5400 ? n(Math.ceil(seconds / 60), "minute") : n(Math.ceil(seconds / 3600), "hour");

const said = {
  wait: (/** @type {number} */ seconds) => `Not yet: wait ${lasting(seconds)}, then send it.`,
  waiting: (/** @type {number} */ seconds) =>
    `Not yet. You can send it in ${seconds < 3600 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : lasting(seconds)}`,
  goes: "You can send it now.",
  ends: (/** @type {number} */ until) => `It ends on ${date(until)}.`,
};

/** Why, in the service's words, and until when. @param {Partial<Postil.Problem>} problem */
export const bannedSentence = ({ detail = "", until }) => (until ? `${detail} ${said.ends(until)}` : detail);

/**
 * Count down to when it may go, in `node`; said aloud once.
 * @param {HTMLElement} node @param {number} seconds @param {() => void} over
 * @returns {() => void} stop
 */
export const countDown = (node, seconds, over) => {
  const until = Date.now() + seconds * 1000;
  const left = h("span", { ariaHidden: "true" });
  node.replaceChildren(h("span", { className: "unseen" }, said.wait(seconds)), left);
  const tick = () => {
    const rest = Math.ceil((until - Date.now()) / 1000);
    left.textContent = said.waiting(rest);
    if (rest > 0) return;
    stop();
    node.replaceChildren(h("span", { className: "good" }, said.goes));
    over();
  };
  const watch = setInterval(tick, 1000);
  const stop = () => clearInterval(watch);
  tick();
  return stop;
};
