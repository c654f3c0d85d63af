// @ts-check
/** Walking what is unread: a button, and the keys n and p; across sections, when the one shown is done. */

import { h, icon } from "./element.js";
import { keep, recall } from "./storage.js";
import { say, t } from "./words.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** How many pages of a thread are loaded at most, for one step. */
const MOST_LOADED = 20;

export class Unread {
  /** Where the reader has been. @type {Set<string>} */
  #been = new Set();
  /** @type {string | undefined} */
  #at;

  /** @param {Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.count = h("span");
    this.button = h("button", { className: "unread", part: "unread", "data-action": "unread", hidden: true, title: t.keys.next, onclick: () => this.walk(1) }, this.count, icon("down"));
    panel.frame.pill.after(this.button);
  }

  /** A thread was opened. */
  begin() {
    this.#been.clear();
    this.#at = undefined;
    this.tell();
  }

  /** How many are unread in a section, by its count. @param {string | null} id @param {Postil.Seen | undefined} [seen] */
  #in(id, seen = recall("seen")?.[this.panel.page]) {
    const { article } = this.panel;
    return id && seen ? Math.max(0, (article.known[id]?.comments ?? 0) - (seen[id]?.[0] ?? 0)) : 0;
  }

  /** What is unread on show, in order. This walks what is loaded. */
  #here() {
    const { store } = this.panel.thread;
    return [...store.order("", new Set())].filter((id) => {
      const comment = store.get(id);
      return comment?.author && this.panel.seen.isUnread(comment);
    });
  }

  /** Where else something is unread, beginning after the section that is shown. @param {number} by */
  #elsewhere(by) {
    const { panel } = this;
    const { places } = panel.article;
    const from = panel.place ? places.indexOf(panel.place) : -1;
    const others = places.map((_, at) => places[(from + by * (at + 1) + 2 * places.length) % places.length]);
    for (const place of others) {
      const section = [place.id, ...place.joined].find((id) => id && id !== panel.thread.section && this.#in(id));
      if (section) return { place, section };
    }
  }

  /** Say how many are left on the page; the pill goes before. This is done at each arrival, so it walks no comments. */
  tell() {
    const { panel, button } = this;
    const { article, frame, page, thread: { section, store: { unread, fresh, more } } } = panel;
    const seen = recall("seen")?.[page];
    const unloaded = Math.max(0, this.#in(section, seen) - fresh - unread.size);
    let left = unread.size + (more.size && unloaded);
    for (const id of this.#been) if (unread.has(id)) left--;
    for (const id of Object.keys(article.known)) if (id !== section) left += this.#in(id, seen);
    const had = frame.root.activeElement === button;
    button.hidden = !left || !frame.pill.hidden;
    if (had && button.hidden) frame.heading.focus({ preventScroll: true });
    this.count.textContent = say(t.unread, { n: left });
  }

  /** Go to the next one, or with -1 to the one before. @param {number} by */
  async walk(by) {
    const { panel } = this;
    const { thread } = panel;
    let here = this.#here();
    const at = this.#at ? here.indexOf(this.#at) : by > 0 ? -1 : here.length;
    // What is not loaded yet comes at the end.
    for (let turn = 0; by > 0 && turn < MOST_LOADED && !here[at + 1] && thread.store.more.has("") && this.#in(thread.section) > here.length; turn++) {
      await thread.more(thread.store.more.get("") ?? "", "");
      here = this.#here();
    }
    const next = here[at + by];
    if (next) return this.#go(next);
    const there = this.#elsewhere(by);
    if (!there) return panel.frame.say(t.keys.none);
    await panel.open(there.place, undefined, there.section, null, say(t.keys.section, { heading: there.place.heading }));
    const first = this.#here().at(by > 0 ? 0 : -1);
    if (first) this.#go(first);
  }

  /** @param {string} id */
  #go(id) {
    const { thread } = this.panel;
    this.#at = id;
    this.#been.add(id);
    // Replies that were put away are shown again.
    if (!thread.focus(id)) thread.folded.clear(), thread.render(), thread.focus(id);
    this.tell();
  }
}

/** Show which keys there are, and a switch. @param {Panel} panel */
export const help = ({ frame }) => {
  const on = h("input", { type: "checkbox", checked: recall("keys") !== false, onchange: () => keep("keys", on.checked ? null : false) });
  const { post, bold, italic, link, quote } = t.writing.keys;
  const held = /^Mac|^iP/.test(navigator.platform) ? "⌘" : "Ctrl+";
  const writing = { [`${held}Enter`]: post, [`${held}B`]: bold, [`${held}I`]: italic, [`${held}K`]: link, [`${held}Shift+.`]: quote };
  const keys = { n: t.keys.next, p: t.keys.previous, Esc: t.tools.close, ...writing, "?": t.keys.help };
  const rows = Object.entries(keys).flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]);
  frame.openMenu([h("p", {}, t.keys.title), h("dl", {}, ...rows), h("label", {}, on, t.keys.on)]);
  on.focus();
};
