// @ts-check
/** What the buttons of a comment do that are pressed seldom: loaded at the first of them. */

import { Composer } from "./composer.js";
import { h } from "./element.js";
import { appealForm, question } from "./question.js";
import { begun, t } from "./words.js";
import { close, commentOf } from "./verbs.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** @param {Thread} thread @param {HTMLElement} item */
const edit = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel } = thread;
  const done = () => close(thread, item);
  const composer = new Composer({
    label: t.edit, draft: panel.draft(`edit ${id}`), submit: t.seldom.save, cancel: done, named: false,
    text: thread.store.own.get(id)?.source,
    send: async ({ source }) => (panel.take(await panel.api.write("PATCH", `comments/${id}`, { source })), done()),
  });
  thread.list.slot(item, composer.node, true);
};

/** @param {Thread} thread @param {HTMLElement} item */
const remove = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel, list } = thread;
  const answer = async () => {
    panel.take(await panel.api.write("DELETE", `comments/${id}`));
    list.slot(item, null);
    panel.frame.say(t.seldom.removed);
  };
  list.slot(item, question({ ask: t.seldom.remove, submit: t.remove, answer, cancel: () => list.slot(item, null) }));
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
    panel.frame.say(t.seldom.thanks);
  };
  list.slot(item, question({ ask: t.seldom.why, submit: t.seldom.send, why: true, answer, cancel: () => list.slot(item, null) }));
};

/** Ask a moderator to look at a decision again. @param {Thread} thread @param {HTMLElement} item */
const appeal = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel, list } = thread;
  const answer = async (/** @type {string} */ text) => {
    panel.take(await panel.api.write("POST", `comments/${id}/appeal`, { text }), "");
    list.slot(item, null);
  };
  list.slot(item, appealForm({ draft: `appeal ${id}`, answer, cancel: () => list.slot(item, null) }));
};

/** How the section began then, and begins now. @param {Thread} thread @param {HTMLElement} item */
const then = async (thread, item) => {
  const { id } = commentOf(thread, item);
  if (!thread.thens.delete(id)) {
    const told = await thread.panel.api.get(`comments/${id}/then`);
    thread.thens.set(id, () => thenAndNow(told));
  }
  thread.render();
};

/** @param {Postil.ThenAndNow} told */
const thenAndNow = ({ then, now }) => {
  const renamed = then?.heading !== now?.heading;
  const same = then && now && !renamed && then.excerpt === now.excerpt;
  return h("dl", { className: "then", part: "then" },
    h("dt", {}, t.seldom.thenSaid), excerpt(then, renamed, t.seldom.thenUnknown),
    h("dt", {}, t.seldom.nowSays), excerpt(same ? undefined : now, renamed, same ? t.seldom.nowSame : t.seldom.nowUnknown));
};

/** @param {Postil.Excerpt | undefined} said @param {boolean} renamed whether the heading tells something @param {string} unknown */
const excerpt = (said, renamed, unknown) => {
  const { heading, excerpt } = said ?? {};
  if (!excerpt && !(renamed && heading)) return h("dd", {}, unknown);
  return h("dd", {}, renamed && heading && h("b", { dir: "auto" }, heading), excerpt && h("blockquote", { dir: "auto" }, begun(excerpt)));
};

/** @type {Record<string, (thread: Thread, item: HTMLElement) => Promise<void>>} */
export const seldom = { edit, remove, flag, appeal, then };
