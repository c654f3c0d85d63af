// @ts-check
/** What the buttons of a comment do, by their `data-action`. */

import { Composer } from "./composer.js";
import { question } from "./question.js";
import { t } from "./strings.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** @param {Thread} thread @param {HTMLElement} item */
const commentOf = (thread, item) => {
  const comment = thread.store.get(item.dataset.comment ?? "");
  if (!comment) throw new Error(t.problems.not_found);
  return comment;
};

/** @param {Thread} thread @param {HTMLElement} item */
const close = (thread, item) => {
  thread.list.slot(item, null);
  thread.store.release(item.dataset.comment ?? "");
  thread.render();
};

/** @param {Thread} thread @param {HTMLElement} item */
const reply = async (thread, item) => {
  const { id, author = "" } = commentOf(thread, item);
  const { panel } = thread;
  const done = () => close(thread, item);
  const composer = new Composer({
    label: t.replyTo(author), draft: panel.draft(id), submit: t.reply, cancel: done,
    send: async (words) => (await panel.post(words, id), done()),
  });
  thread.list.slot(item, composer.node);
};

/** @param {Thread} thread @param {HTMLElement} item */
const edit = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel } = thread;
  const done = () => close(thread, item);
  const composer = new Composer({
    label: t.edit, draft: panel.draft(`edit ${id}`), submit: t.save, cancel: done, named: false,
    text: thread.store.own.get(id)?.source,
    send: async ({ source }) => (panel.take(await panel.api.write("PATCH", `comments/${id}`, { source })), done()),
  });
  thread.list.slot(item, composer.node, true);
};

/** @param {Thread} thread @param {HTMLElement} item */
const support = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { reacted, panel } = thread;
  const had = reacted.has(id);
  if (had) reacted.delete(id);
  else reacted.add(id);
  thread.render();
  try {
    const answer = await panel.api.write(had ? "DELETE" : "PUT", `comments/${id}/reaction`);
    thread.store.supported(id, answer.support ?? 0);
  } catch (error) {
    if (had) reacted.add(id);
    else reacted.delete(id);
    throw error;
  } finally {
    thread.render();
  }
};

/** @param {Thread} thread @param {HTMLElement} item */
const remove = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel, list } = thread;
  const answer = async () => {
    panel.take(await panel.api.write("DELETE", `comments/${id}`));
    list.slot(item, null);
    panel.frame.say(t.removed);
  };
  list.slot(item, question({ ask: t.removeSure, submit: t.remove, answer, cancel: () => list.slot(item, null) }));
};

/** @param {Thread} thread @param {HTMLElement} item */
const flag = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel, list, flagged } = thread;
  const answer = async (/** @type {string} */ reason, /** @type {string} */ note) => {
    await panel.api.write("POST", `comments/${id}/flag`, { reason, note: note || undefined });
    flagged.add(id);
    list.slot(item, null);
    thread.render();
    panel.frame.say(t.thanks);
  };
  list.slot(item, question({ ask: t.why, submit: t.send, why: true, answer, cancel: () => list.slot(item, null) }));
};

/** @param {string} move @returns {(thread: Thread, item: HTMLElement) => Promise<void>} */
const decide = (move) => async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel, list } = thread;
  const answer = async (/** @type {string} */ reason = "", note = "") => {
    const said = note || t.reasons[/** @type {keyof typeof t.reasons} */ (reason)];
    panel.decided(await panel.api.decide(`comments/${id}/${move}`, { reason: said }));
    list.slot(item, null);
  };
  if (move !== "hide") return answer();
  list.slot(item, question({ ask: t.why, submit: t.hide, why: true, answer, cancel: () => list.slot(item, null) }));
};

/** @param {Thread} thread @param {HTMLElement} item */
const copy = async (thread, item) => {
  await navigator.clipboard.writeText(`${location.href.split("#")[0]}#postil-${item.dataset.comment}`);
  thread.panel.frame.say(t.copied);
};

/** How the section began then, and begins now. @param {Thread} thread @param {HTMLElement} item */
const then = async (thread, item) => {
  const { id } = commentOf(thread, item);
  if (!thread.thens.delete(id)) thread.thens.set(id, await thread.panel.api.get(`comments/${id}/then`));
  thread.render();
};

/** @param {Thread} thread @param {HTMLElement} item */
const load = async (thread, { dataset: { more = "", parent = "" } }) => thread.more(more, parent);

/** @type {Record<string, (thread: Thread, item: HTMLLIElement, button: HTMLElement) => Promise<void>>} */
export const verbs = {
  reply, edit, support, remove, flag, copy, then, load,
  approve: decide("approve"),
  hide: decide("hide"),
  restore: decide("restore"),
  fold: async (thread, item) => {
    const id = item.dataset.comment ?? "";
    if (!thread.folded.delete(id)) thread.folded.add(id);
    thread.render();
  },
  more: async (_, item) => {
    item.toggleAttribute("data-open");
    /** @type {HTMLElement | null} */ (item.querySelector(".extra .act"))?.focus();
  },
};
