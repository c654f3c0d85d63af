// @ts-check
/** One section's comments for this viewer: read, kept up to date, and what he does with them. */

import { List } from "./list.js";
import { h } from "./element.js";
import { concern, decided, isSpecial, isWaiting } from "./own.js";
import { Store } from "./store.js";
import { t } from "./words.js";
import { verbs } from "./verbs.js";

/** @typedef {import("./panel.js").Panel} Panel */

const MINUTE = 60000;
/** How often an author is told whether what waits was decided, in milliseconds: readers' changes do not say so. */
const LOOK = 5000;

export class Thread {
  /** The section's id; null before its first comment. @type {string | null} */
  section = null;
  /** @type {Set<string>} */
  reacted = new Set();
  /** @type {Set<string>} */
  flagged = new Set();
  /** @type {Set<string>} */
  folded = new Set();
  /** What is shown of earlier versions, by comment. @type {Map<string, () => Node>} */
  thens = new Map();
  /** What a moderator decided about the viewer's own while he looked, by comment. @type {Map<string, ReturnType<typeof decided>>} */
  told = new Map();
  /** What an author is told; null until there is something. @type {typeof import("./standing.js") | null} */
  #standing = null;
  /** Comments whose waiting edit is shown. @type {Set<string>} */
  held = new Set();
  /** Where replies are being written. @type {Set<import("./composer.js").Composer>} */
  replies = new Set();
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
    const timers = [
      setInterval(() => this.panel.frame.dialog.open && (this.list.tick(), this.render()), MINUTE),
      setInterval(() => this.#look(), LOOK),
    ];
    /** It will not be shown again. */
    this.stop = () => timers.forEach(clearInterval);
  }

  /** What the viewer may do with a comment, and has done. @param {string} id @returns {import("./comment.js").Sight} */
  #sight(id) {
    const { api, article, desk, section } = this.panel;
    const { reacted, flagged, store, thens } = this;
    const open = section?.state !== "locked";
    const did = { own: store.own.get(id), reacted: reacted.has(id), flagged: flagged.has(id) };
    const mine = { standing: api.grant ? null : this.#standing, told: this.told.get(id), heldOpen: this.held.has(id) };
    return { staff: !!api.grant, desk: api.grant && desk, ...did, ...mine, open, face: article.face, then: thens.get(id) };
  }

  /** @param {string} action @param {HTMLLIElement} item @param {HTMLElement} button */
  #act(action, item, button) {
    this.#do(action, item, button).catch((/** @type {Error} */ error) => this.#complain(item, error));
  }

  /** @param {string} action @param {HTMLLIElement} item @param {HTMLElement} button */
  async #do(action, item, button) {
    const known = verbs[action] ?? this.panel.desk?.verbs[action];
    const verb = known ?? (await this.panel.later(import("./seldom.js"))).seldom[action];
    await verb?.(this, item, button);
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
    for (const known of [this.thens, this.told, this.held, this.replies]) known.clear();
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
    if (!this.panel.api.author) return null;
    const own = await this.panel.api.page("/own", {}, true);
    await this.#prepare(own.comments);
    return own;
  }

  /** Load what an author is told, where there is something. @param {Postil.Comment[]} mine */
  async #prepare(mine) {
    if (mine.some(isSpecial)) this.#standing ??= await this.panel.later(import("./standing.js")).catch(() => null);
  }

  /** @param {Postil.Own | null} own */
  #owned(own) {
    if (!own) return;
    this.reacted = new Set(own.reacted);
    this.flagged = new Set(own.flagged);
    this.#tell(own);
  }

  /** Take in the viewer's own as they are now, and what a moderator has decided since. @param {Postil.Own} own */
  #tell({ comments }) {
    const mine = comments.filter(({ section }) => section && section === this.panel.mine);
    for (const one of mine) {
      const before = this.store.own.get(one.id);
      const said = before && decided(before, one);
      if (said) this.told.set(one.id, said);
      const hidden = before && one.state === "hidden" && (before.state !== "hidden" || before.appeal !== one.appeal);
      if (said || hidden) this.panel.frame.say(this.#standing?.spoken(one, said) ?? "");
      if (isSpecial(one)) this.told.delete(one.id);
    }
    this.store.owned(mine);
  }

  /** See whether what waits was decided. */
  async #look() {
    if (document.hidden || !this.panel.frame.dialog.open || this.#early) return;
    if ([...this.store.own.values()].some(isWaiting) && (await this.#ask())) this.render();
  }

  /** Ask for the viewer's own afresh. @returns {Promise<boolean>} whether they are those of the thread still shown */
  async #ask() {
    const turn = this.#turn;
    const own = await this.#own().catch(() => null);
    if (turn !== this.#turn || this.#early) return false;
    if (own) this.#tell(own);
    return true;
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
    fresh.own = this.store.own;
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
    if (concern(changes, this.store.own)) this.#ask().then((here) => here && this.#fold(changes));
    else this.#fold(changes);
  }

  /**
   * What became of the viewer's own is asked before it is drawn, so that it changes in place and once. Other changes
   * may overtake it: the higher revision wins. @param {Parameters<Store["fold"]>[0]} changes
   */
  #fold(changes) {
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
  async wrote(comment) {
    const turn = this.#turn;
    await this.#prepare([comment]);
    if (turn !== this.#turn) return;
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
    if (!this.#posting) this.panel.fresh(this.store.fresh);
  }
}
