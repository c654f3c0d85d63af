// @ts-check
/**
 * Those whom a reader does not want to hear, on this device alone: the service is never told. A public comment says
 * its author's name and no more, so it is the name that is muted, and namesakes with it; not where a badge stands beside it.
 */

import { act } from "./comment.js";
import { h } from "./element.js";
import { keep } from "./storage.js";
import { pieces, say, t } from "./words.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** So many names are kept, the latest. */
const MOST_MUTED = 200;

/** Names that look alike are one. @param {string} name */
const nameOf = (name) => name.normalize("NFKC").trim().toLowerCase();

/** Whether one may not want to hear its author. @param {Postil.Comment} comment @param {Postil.Comment} [own] */
export const canMute = ({ author, role }, own) => !!author && !role && !own;

/** @param {Thread} thread @param {Postil.Comment} comment @returns {boolean} */
export const isMuted = ({ muted, store }, comment) => canMute(comment, store.own.get(comment.id)) && muted.has(nameOf(comment.author ?? ""));

/** What is left of a comment. @param {Postil.Comment} comment */
export const mutedLine = ({ author = "" }) => h("p", { dir: "auto" }, ...pieces(t.mute.muted, { name: h("bdi", {}, author) }), " ", act("hear", t.mute.show));

/** Mute a name, or hear it again. @param {Thread} thread @param {string} name @param {boolean} on */
const set = async (thread, name, on) => {
  const { muted, store } = thread;
  await thread.quiet();
  muted.delete(nameOf(name));
  if (on) muted.add(nameOf(name));
  while (muted.size > MOST_MUTED) muted.delete([...muted][0]);
  keep("muted", muted.size ? [...muted] : null);
  // What waits from him is no news any more, or again.
  store.wait(store.waiting);
  thread.heard.clear();
  thread.menus.clear();
  thread.render();
};

/** @param {Thread} thread @param {HTMLElement} item */
const authorOf = (thread, { dataset: { comment = "" } }) => thread.store.get(comment)?.author ?? "";

/** @param {Thread} thread @param {HTMLElement} item */
export const mute = async (thread, item) => {
  const name = authorOf(thread, item);
  await set(thread, name, true);
  thread.panel.frame.say(say(t.mute.done, { name }));
  /** @type {HTMLElement | null} */ (item.querySelector(".act"))?.focus();
};

/** @param {Thread} thread @param {HTMLElement} item */
export const unmute = (thread, item) => set(thread, authorOf(thread, item), false);

/** Show one comment all the same. @param {Thread} thread @param {HTMLElement} item */
export const hear = async (thread, { dataset: { comment = "" } }) => {
  thread.heard.add(comment);
  thread.render(comment);
};

/** What the panel's menu says of them. @param {Thread} thread @param {() => void} [done] @returns {Node[]} */
export const mutedNames = (thread, done) =>
  thread.muted.size ? [
    h("p", {}, t.mute.title),
    ...[...thread.muted].map((name) => h("button", { "data-action": "unmute", dir: "auto", onclick: () => (set(thread, name, false), done?.()) }, say(t.mute.unmute, { name }))),
  ] : [];
