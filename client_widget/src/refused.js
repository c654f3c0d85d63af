// @ts-check
/** What somebody is told whom the service refuses: why, and for how long. Loaded when it comes to that. */

import { h } from "./element.js";
import { date, intl, language, say, t } from "./words.js";

/** How long something takes, in one unit. @param {number} seconds @returns {string} */
const lasting = (seconds) => {
  const [unit, size] = seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60] : ["hour", 3600];
  return intl("NumberFormat", { style: "unit", unit, unitDisplay: "long" }).format(Math.ceil(seconds / Number(size)));
};

/** Why, in the catalog's words. Where those are English, the service's own are more exact. @param {Partial<Postil.Problem>} problem */
export const why = ({ code = "", detail, retry_after = 1 }) => {
  if (language() === "en" && detail) return detail;
  return say(/** @type {Record<string, string>} */ (t.refusals)[code] ?? t.problems.internal, { time: lasting(retry_after) });
};

/** How long it is: 4:12, or in words where that is an hour and more. @param {number} seconds */
export const clock = (seconds) => (seconds < 3600 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : lasting(seconds));

/** Why, and until when. @param {string} reason @param {number} [until] */
export const bannedSentence = (reason, until) => (until ? say(t.refused.ends, { reason, date: date(until) }) : reason);

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
