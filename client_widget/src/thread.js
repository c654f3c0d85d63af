// @ts-check
/** One section's comments for this viewer: read, kept up to date, and what he does with them. */

import { List } from "./list.js";
import { h } from "./element.js";
import { Store } from "./store.js";
import { t } from "./strings.js";
import { verbs } from "./verbs.js";

/** @typedef {import("./panel.js").Panel} Panel */

const MINUTE = 60000;

export class Thread {
  /** The section's id; null before its first comment. @type {string | null} */
  section = null;
  /** @type {Set<string>} */
  reacted = new Set();
  /** @type {Set<string>} */
  flagged = new Set();
  /** @type {Set<string>} */
  folded = new Set();
  /** What is shown of earlier versions, by comment. @type {Map<string, Postil.ThenAndNow>} */
  thens = new Map();
  /** Comments that came by link, or were just revealed. @type {Set<string>} */
  focused = new Set();
  /** Changes that came before the thread did; null once it is here. @type {Parameters<Store["fold"]>[0][] | null} */
  #early = null;
  /** Changes that come while the window is read afresh; one list for each reading. @type {Set<Parameters<Store["fold"]>[0][]>} */
  #late = new Set();
  #turn = 0;
  #posting = 0;

  /** @param {Panel} panel @param {Postil.Sort} sort */
  constructor(panel, sort) {
    this.panel = panel;
    this.sort = sort;
    this.store = new Store(sort);
    this.list = new List((id) => this.#sight(id), (action, item, button) => this.#act(action, item, button));
    setInterval(() => this.panel.frame.dialog.open && (this.list.tick(), this.render()), MINUTE);
  }

  /** What the viewer may do with a comment, and has done. @param {string} id @returns {import("./comment.js").Sight} */
  #sight(id) {
    const { api, article, section } = this.panel;
    const { reacted, flagged, store, thens } = this;
    const open = section?.state !== "locked";
    const did = { own: store.own.get(id), reacted: reacted.has(id), flagged: flagged.has(id) };
    return { staff: !!api.grant, ...did, open, face: article.face, then: thens.get(id) };
  }

  /** @param {string} action @param {HTMLLIElement} item @param {HTMLElement} button */
  #act(action, item, button) {
    const done = verbs[action]?.(this, item, button);
    done?.catch((/** @type {Error} */ error) => this.#complain(item, error));
  }

  /** @param {HTMLElement} item @param {Error} error */
  #complain(item, error) {
    this.list.slot(item, h("p", { className: "error", role: "alert" }, error.message));
  }

  /** The section that a comment is in; null where it is not to be seen. @param {string} id @returns {Promise<Postil.Section | null>} */
  find(id) {
    return this.panel.api.get(`comments/${id}`).then(({ section }) => section, () => null);
  }

  /**
   * Show a section from its beginning, or around one comment.
   * @param {string | null} section
   * @param {string} [focus]
   * @returns {Promise<string | undefined>} the cursor that it was read at
   */
  async open(section, focus) {
    const turn = ++this.#turn;
    this.section = section;
    this.store = new Store(this.sort);
    this.store.whole = !focus;
    this.focused = new Set(focus ? [focus] : []);
    this.thens.clear();
    this.#early = [];
    this.list.clear();
    try {
      const [thread, own] = await Promise.all([section ? this.#read(focus ? `comments/${focus}/around` : "") : null, this.#own()]);
      if (turn !== this.#turn) return;
      this.#begin(thread, own);
      if (focus) this.list.reach(focus, "center");
      return thread?.since;
    } catch (error) {
      if (turn === this.#turn) this.warn(/** @type {Error} */ (error).message);
    }
  }

  /** @param {Postil.Thread | null} thread @param {Postil.Own | null} own */
  #begin(thread, own) {
    if (thread) this.store.load(thread);
    this.#owned(own);
    for (const changes of this.#early ?? []) this.store.fold(changes);
    this.#early = null;
    this.render(false);
  }

  /** @param {string} [path] @param {string} [cursor] @returns {Promise<Postil.Thread>} */
  #read(path, cursor) {
    return this.panel.api.get(path || `sections/${this.section}/comments`, { sort: path ? null : this.sort, cursor });
  }

  /** What only this guest is told. @returns {Promise<Postil.Own | null>} */
  async #own() {
    return this.panel.api.author ? this.panel.api.page("/own", {}, true) : null;
  }

  /** @param {Postil.Own | null} own */
  #owned(own) {
    if (!own) return;
    this.reacted = new Set(own.reacted);
    this.flagged = new Set(own.flagged);
    this.store.own = new Map(own.comments.filter(({ section }) => section === this.section).map((one) => [one.id, one]));
  }

  /** @param {Postil.Sort} sort */
  order(sort) {
    this.sort = sort;
    return this.open(this.section);
  }

  /** Read the window afresh, as much of it as was shown. What is new to it waits. */
  async reload() {
    if (!this.section || this.#early) return;
    const turn = this.#turn;
    const fresh = new Store(this.sort);
    const wanted = this.store.comments.size;
    /** @type {Parameters<Store["fold"]>[0][]} */
    const late = [];
    this.#late.add(late);
    /** @type {string | undefined} */
    let cursor;
    /** @type {Postil.Own | null} */
    let own;
    try {
      do {
        const thread = await this.#read("", cursor);
        fresh.load(thread);
        cursor = fresh.more.get("");
      } while (cursor && fresh.comments.size < wanted);
      own = await this.#own();
    } finally {
      this.#late.delete(late);
    }
    if (turn === this.#turn) this.#renew(fresh, own, late);
  }

  /**
   * Go on with a window that was read afresh, and what came meanwhile.
   * @param {Store} fresh @param {Postil.Own | null} own @param {Parameters<Store["fold"]>[0][]} late
   */
  #renew(fresh, own, late) {
    const { comments, waiting } = this.store;
    this.store = fresh;
    this.#owned(own);
    for (const changes of late) fresh.fold(changes);
    for (const [id, comment] of fresh.comments) {
      const known = comments.get(id);
      if (!fresh.own.has(id) && (!known || waiting.has(id))) fresh.waiting.add(id);
      else fresh.waiting.delete(id);
      // The article may have been edited meanwhile. This reader looks at the old one, and a label would push his lines down.
      if (known) comment.earlier = known.earlier;
    }
    this.render();
  }

  /** Show more of the window. @param {string} cursor @param {string} parent */
  async more(cursor, parent) {
    const turn = this.#turn;
    const thread = await this.#read("", cursor);
    if (turn !== this.#turn) return;
    this.store.load(thread, parent);
    this.render();
  }

  /** Take changes in. A form that somebody is writing in outlives the comment above it. @param {Parameters<Store["fold"]>[0]} changes */
  fold(changes) {
    if (this.#early) return void this.#early.push(changes);
    for (const late of this.#late) late.push(changes);
    const held = changes.gone.filter((id) => this.list.isHeld(id)).map((id) => this.store.get(id));
    this.store.fold(changes);
    for (const one of held) if (one) this.store.hold(one, changes.revision);
    this.render();
  }

  /** While a post's answer is waited for, its echo is not announced as news. @template T @param {Promise<T>} answer */
  async quietly(answer) {
    this.#posting++;
    try {
      return await answer;
    } finally {
      this.#posting--;
    }
  }

  /** Take in what the viewer wrote or did, and show it. @param {Postil.Comment} comment */
  wrote(comment) {
    const known = this.store.own.has(comment.id);
    this.store.mine(comment);
    this.render();
    if (!known) this.list.reach(comment.id, "nearest");
  }

  /** Show what waited, and go to the first of it. */
  reveal() {
    this.focused = new Set(this.store.reveal());
    this.render();
    const first = [...this.list.items.keys()].find((id) => this.focused.has(id));
    if (first) this.list.reach(first, "center");
  }

  /** Go to a comment that is on show. @param {string} id @returns {boolean} whether it is */
  focus(id) {
    if (!this.list.items.has(id)) return false;
    this.focused = new Set([id]);
    this.render();
    this.list.reach(id, "center");
    return true;
  }

  /** @param {string} text */
  warn(text) {
    this.list.say(h("p", { role: "alert" }, text), h("button", { className: "load", onclick: () => this.panel.again() }, t.again));
  }

  /** Draw what changed. @param {boolean} [steady] whether what is in sight keeps its place */
  render(steady = true) {
    if (this.#early) return;
    const rows = this.store.rows(this.folded);
    this.list.render(rows, this.focused, steady);
    if (rows.length && !this.store.whole) this.list.say(h("button", { className: "load", onclick: () => this.open(this.section) }, t.showAll));
    else if (rows.length) this.list.say();
    else this.list.say(h("b", {}, t.empty), t.emptyHint);
    this.#announce();
  }

  #announce() {
    const { frame } = this.panel;
    const { fresh } = this.store;
    const text = fresh ? t.fresh(fresh) : "";
    if (this.#posting || frame.pill.textContent === text) return;
    frame.pill.textContent = text;
    frame.pill.hidden = !fresh;
    if (fresh) frame.say(t.freshIn(fresh, frame.heading.textContent ?? ""));
  }
}
