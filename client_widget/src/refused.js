// @ts-check
/** What a writer is told who may not send now: for how long, and why. */

import { h } from "./element.js";
import { date, lasting, say, t } from "./words.js";

/** How long it is: 4:12, or in words where that is an hour and more. @param {number} seconds */
export const clock = (seconds) => (seconds < 3600 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : lasting(seconds));

/** Why, in the service's words, and until when. @param {Partial<Postil.Problem>} problem */
export const bannedSentence = ({ detail = "", until }) => (until ? say(t.refused.ends, { reason: detail, date: date(until) }) : detail);

/**
 * Count down to when it may go, in `node`; said aloud once.
 * @param {HTMLElement} node @param {number} seconds @param {() => void} over
 * @returns {() => void} stop
 */
export const countDown = (node, seconds, over) => {
  const until = Date.now() + seconds * 1000;
  const left = h("span", { ariaHidden: "true" });
  node.replaceChildren(h("span", { className: "unseen" }, say(t.refused.wait, { time: lasting(seconds) })), left);
  const tick = () => {
    const rest = Math.ceil((until - Date.now()) / 1000);
    left.textContent = say(t.refused.waiting, { time: clock(rest) });
    if (rest > 0) return;
    stop();
    node.replaceChildren(h("span", { className: "good" }, t.refused.goes));
    over();
  };
  const watch = setInterval(tick, 1000);
  const stop = () => clearInterval(watch);
  tick();
  return stop;
};
