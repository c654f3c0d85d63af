// @ts-check
/** What the buttons of a comment do, by their `data-action`; what is done seldom is in seldom.js. */

import { Composer, shelve } from "./composer.js";
import { say, t } from "./words.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** The comment that a button is about. @param {Thread} thread @param {HTMLElement} item */
export const commentOf = (thread, item) => {
  const comment = thread.store.get(item.dataset.comment ?? "");
  if (!comment) throw new Error(t.problems.not_found);
  return comment;
};

/** Take a form away. What was written in it is kept, and told of. @param {Thread} thread @param {HTMLElement} item */
export const close = (thread, item) => {
  thread.list.slot(item, null);
  const { comment = "" } = item.dataset;
  thread.store.release(comment);
  thread.render(comment);
  shelve(thread.panel);
};

/** @param {Thread} thread @param {HTMLElement} item */
const reply = async (thread, item) => {
  const { id, author = "" } = commentOf(thread, item);
  const { panel } = thread;
  // Words of the comment that are chosen go along.
  const chosen = /** @type {any} */ (item.getRootNode()).getSelection?.();
  const words = item.querySelector(".body")?.contains(chosen?.anchorNode) && `${chosen}`.trim();
  const composer = new Composer({
    panel, parent: id, to: author, label: say(t.replyTo, { name: author }), draft: panel.foot.draft(id), submit: t.reply, done: () => close(thread, item),
  });
  composer.pace(panel.foot.pace.locked, panel.foot.pace.slow);
  thread.replies.add(composer);
  thread.list.slot(item, composer.node);
  shelve(panel);
  if (words) (await composer.equip()).quote(words);
};

/** @param {Thread} thread @param {HTMLElement} item */
const support = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { reacted, panel } = thread;
  const had = reacted.has(id);
  if (had) reacted.delete(id);
  else reacted.add(id);
  thread.render(id);
  try {
    const answer = await panel.api.write(had ? "DELETE" : "PUT", `comments/${id}/reaction`);
    thread.store.supported(id, answer.support ?? 0);
  } catch (error) {
    if (had) reacted.add(id);
    else reacted.delete(id);
    throw error;
  } finally {
    thread.render(id);
  }
};

/** @param {Thread} thread @param {HTMLElement} item */
const copy = async (thread, item) => {
  await navigator.clipboard.writeText(`${location.href.split("#")[0]}#postil-${item.dataset.comment}`);
  thread.panel.frame.say(t.copied);
};

/** @param {Thread} thread @param {HTMLElement} item */
const load = async (thread, { dataset: { more = "", parent = "" } }) => thread.more(more, parent);

/** @type {Record<string, (thread: Thread, item: HTMLLIElement, button: HTMLElement) => Promise<void>>} */
export const verbs = {
  reply, support, copy, load,
  held: async (thread, item) => {
    const id = item.dataset.comment ?? "";
    if (!thread.held.delete(id)) thread.held.add(id);
    thread.render(id);
  },
  fold: async (thread, item) => thread.putAway(item.dataset.comment ?? ""),
  news: async (thread, item) => thread.reveal(item.dataset.comment),
  more: async (thread, item) => {
    await thread.menu(item.dataset.comment ?? "");
    item.querySelector(".extra>:last-child")?.scrollIntoView({ block: "nearest" });
    /** @type {HTMLElement | null} */ (item.querySelector(".extra .act"))?.focus();
    if (item.querySelector("[data-action=edit]")) (await thread.panel.later(import("./seldom.js"))).lasts(thread, item);
  },
};
