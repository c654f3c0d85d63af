// @ts-check
/** What the buttons of a comment do that are pressed seldom: loaded at the first of them. */

import { Composer, shelve } from "./composer.js";
import { h } from "./element.js";
import { hear, mute, unmute } from "./mute.js";
import { appealForm, question } from "./question.js";
import { clock } from "./refused.js";
import { begun, date, say, t } from "./words.js";
import { close, commentOf } from "./verbs.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** @param {Thread} thread @param {HTMLElement} item */
const edit = async (thread, item) => {
  const { id } = commentOf(thread, item);
  const { panel } = thread;
  const { source, editable_until: until } = thread.store.own.get(id) ?? {};
  const done = () => close(thread, item);
  const send = async (/** @type {string} */ source) => panel.take(await panel.api.write("PATCH", `comments/${id}`, { source }));
  const composer = new Composer({ panel, label: t.edit, draft: panel.foot.draft(`edit ${id}`), submit: t.seldom.save, text: source, until, send, done });
  thread.list.slot(item, composer.node, true);
  shelve(panel);
};

/** How long an open menu's comment may still be edited: beside the word, in silence. @param {Thread} thread @param {HTMLElement} item */
export const lasts = (thread, item) => {
  const until = thread.store.own.get(item.dataset.comment ?? "")?.editable_until ?? 0;
  const tick = () => {
    const left = Math.ceil(until - Date.now() / 1000);
    const button = item.querySelector("[data-action=edit]");
    if (left <= 0) thread.render();
    if (left <= 0 || !button || !item.isConnected || !item.hasAttribute("data-open")) return stop();
    const node = button.querySelector(".lasts") ?? button.appendChild(h("span", { className: "lasts", ariaHidden: "true" }));
    node.textContent = ` ${clock(left)}`;
    button.ariaDescription = say(t.seldom.until, { date: date(until) });
  };
  const watch = setInterval(tick, 1000);
  // Drawn anew, the button has it at once.
  const drawn = new MutationObserver(tick);
  const stop = () => (clearInterval(watch), drawn.disconnect());
  drawn.observe(item, { childList: true, attributeFilter: ["data-open"] });
  tick();
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
    thread.render(id);
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
  thread.render(id);
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

/** Go to the comment that one answers; from there a button leads back. @param {Thread} thread @param {HTMLElement} item */
const up = async (thread, item) => {
  const { id, parent = "" } = commentOf(thread, item);
  thread.backs.set(parent, id);
  thread.focus(parent);
};

/** @param {Thread} thread @param {HTMLElement} item */
const down = async (thread, item) => {
  const { comment = "" } = item.dataset;
  const to = thread.backs.get(comment) ?? "";
  thread.backs.delete(comment);
  thread.render(comment);
  thread.focus(to);
};

/** @type {Record<string, (thread: Thread, item: HTMLElement) => Promise<void>>} */
export const seldom = { edit, remove, flag, appeal, then, up, down, mute, unmute, hear };
