// @ts-check
/** One section's comments for this viewer: read, kept up to date, and what he does with them. */

import { List } from "./list.js";
import { h } from "./element.js";
import { concern, isSpecial } from "./own.js";
import { keep, recall } from "./storage.js";
import { Store } from "./store.js";
import { t } from "./words.js";
import { verbs } from "./verbs.js";

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {Parameters<Store["fold"]>[0]} Changes */

const MINUTE = 60000;
/** How often an author is told whether what waits was decided, in milliseconds: readers' changes do not say so. */
const LOOK = 5000;
/** So many threads whose replies are put away are remembered. */
const MOST_FOLDED = 300;

export class Thread {
  /** The section's id; null before its first comment. @type {string | null} */
  section = null;
  /** @type {Set<string>} */
  reacted = new Set();
  /** @type {Set<string>} */
  flagged = new Set();
  /** Comments whose replies are put away. @type {Set<string>} */
  folded = new Set(recall("folded"));
  /** What is shown of earlier versions, by comment. @type {Map<string, () => Node>} */
  thens = new Map();
  /** What a moderator decided about the viewer's own while he looked, by comment. @type {Map<string, ReturnType<import("./standing.js")["decided"]>>} */
  told = new Map();
  /** Comments whose waiting edit is shown. @type {Set<string>} */
  held = new Set();
  /** Comments whose menu is open. @type {Set<string>} */
  menus = new Set();
  /** Where one came from to the comment that is answered there: by that, the answer. @type {Map<string, string>} */
  backs = new Map();
  /** Names whom nobody wants to hear on this device, as mute.js writes them. @type {Set<string>} */
  muted = new Set(recall("muted"));
  /** Comments of theirs that are shown all the same. @type {Set<string>} */
  heard = new Set();
  /** Where replies are being written. @type {Set<import("./composer.js").Composer>} */
  replies = new Set();
  /** What an author is told; null until there is something. @type {typeof import("./standing.js") | null} */
  #standing = null;
  /** @type {typeof import("./mute.js") | null} */
  #mute = null;
  /** @type {typeof import("./extras.js") | null} */
  #extras = null;
  /** @type {import("./calm.js").Calm | null} */
  #calm = null;
  /** Changes that came before the thread did; null once it is here. @type {Changes[] | null} */
  early = null;
  /** Changes that come while the window is read afresh; one list for each reading. @type {Set<Changes[]>} */
  late = new Set();
  /** Cursors whose answer is waited for. @type {Set<string>} */
  #asked = new Set();
  turn = 0;
  #posting = 0;

  /** @param {Panel} panel @param {Postil.Sort} sort */
  constructor(panel, sort) {
    this.panel = panel;
    this.sort = sort;
    /** @type {Store} */
    this.store = this.begin();
    this.list = new List(this.store, (id) => this.#sight(id), (action, item, button) => this.#act(action, item, button));
    this.timers = [
      setInterval(() => panel.frame.dialog.open && this.#calmly().then((calm) => calm?.tick()), MINUTE),
      setInterval(() => !document.hidden && panel.frame.dialog.open && this.#standing?.look(this), LOOK),
    ];
  }

  /** The panel is taken away. */
  stop() {
    this.timers.forEach(clearInterval);
  }

  /** A store with nothing in it. @returns {Store} */
  begin() {
    return new Store(this.sort, this.folded, (comment) => this.#isMuted(comment), (comment) => this.panel.seen.isUnread(comment));
  }

  /** @param {Postil.Comment} comment @returns {boolean} */
  #isMuted(comment) {
    return this.muted.size > 0 && !!this.#mute?.isMuted(this, comment);
  }

  /** What the viewer may do with a comment, and has done. @param {string} id @returns {import("./comment.js").Sight} */
  #sight(id) {
    const { api, article, desk, section } = this.panel;
    const { reacted, flagged, store, thens, told, held, menus, backs } = this;
    const comment = /** @type {Postil.Comment} */ (store.get(id));
    const staff = !!api.grant;
    return {
      staff, desk: staff ? desk : null, own: store.own.get(id), reacted: reacted.has(id), flagged: flagged.has(id),
      standing: staff ? null : this.#standing, told: told.get(id), heldOpen: held.has(id), open: section?.state !== "locked",
      face: article.face, then: thens.get(id), menu: menus.has(id) && this.#extras?.extras, back: backs.get(id),
      muted: !this.heard.has(id) && this.#isMuted(comment) && this.#mute?.mutedLine, unread: store.unread.has(id),
    };
  }

  /** @param {string} action @param {HTMLLIElement} item @param {HTMLElement} button */
  #act(action, item, button) {
    this.#do(action, item, button).catch((/** @type {Error} */ error) => {
      const said = error instanceof TypeError ? t.problems.network : error.message;
      this.list.slot(item, h("p", { className: "error", role: "alert" }, said));
    });
  }

  /** @param {string} action @param {HTMLLIElement} item @param {HTMLElement} button */
  async #do(action, item, button) {
    const known = verbs[action] ?? this.panel.desk?.verbs[action];
    const verb = known ?? (await this.panel.later(import("./seldom.js"))).seldom[action];
    await verb?.(this, item, button);
  }

  /** What puts those away whom nobody wants to hear. */
  async quiet() {
    return (this.#mute ??= await this.panel.later(import("./mute.js")));
  }

  /** Open or close a comment's menu. @param {string} id */
  async menu(id) {
    this.#extras ??= await this.panel.later(import("./extras.js"));
    if (!this.menus.delete(id)) this.menus.add(id);
    this.render(id);
  }

  /** Put a comment's replies away, or show them again; that is remembered on this device. @param {string} id */
  putAway(id) {
    if (!this.folded.delete(id)) this.folded.add(id);
    keep("folded", [...this.folded].slice(-MOST_FOLDED));
    this.render(id);
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
    const turn = ++this.turn;
    this.section = section;
    this.store = this.begin();
    this.store.whole = !focus;
    for (const known of [this.thens, this.told, this.held, this.replies, this.menus, this.backs, this.heard, this.#asked]) known.clear();
    this.early = [];
    this.list.clear(this.store);
    try {
      if (this.muted.size) await this.quiet().catch(() => null);
      const [thread, own] = await Promise.all([section ? this.read(focus ? `comments/${focus}/around` : "") : null, this.own()]);
      if (turn !== this.turn) return;
      if (thread) this.store.load(thread);
      this.owned(own);
      for (const changes of this.early ?? []) this.store.fold(changes);
      this.early = null;
      if (focus) this.focus(focus);
      else this.#draw(null);
      return thread?.since;
    } catch (error) {
      if (turn === this.turn) this.warn(/** @type {Error} */ (error).message);
    }
  }

  /** @param {string} [path] @param {string} [cursor] @returns {Promise<Postil.Thread>} */
  read(path, cursor) {
    return this.panel.api.get(path || `sections/${this.section}/comments`, { sort: path ? null : this.sort, cursor });
  }

  /** What only this guest is told. @returns {Promise<Postil.Own | null>} */
  async own() {
    if (!this.panel.api.author) return null;
    const own = await this.panel.api.page("/own", {}, true);
    await this.#prepare(own.comments);
    return own;
  }

  /** Load what an author is told, where there is something. @param {Postil.Comment[]} mine */
  async #prepare(mine) {
    if (mine.some(isSpecial)) this.#standing ??= await this.panel.later(import("./standing.js")).catch(() => null);
  }

  /** Take in what only this guest is told. @param {Postil.Own | null} own @param {Store} [store] */
  owned(own, store = this.store) {
    if (!own) return;
    this.reacted = new Set(own.reacted);
    this.flagged = new Set(own.flagged);
    const mine = own.comments.filter(({ section }) => section && section === this.panel.mine);
    this.#standing?.tell(this, mine);
    store.owned(mine);
  }

  /** Ask for the viewer's own afresh. @returns {Promise<boolean>} whether they are those of the thread still shown */
  async ask() {
    const { turn } = this;
    const own = await this.own().catch(() => null);
    if (turn !== this.turn || this.early) return false;
    this.owned(own);
    return true;
  }

  /** @param {Postil.Sort} sort */
  order(sort) {
    this.sort = sort;
    return this.open(this.section);
  }

  /** Read the window afresh. What is new to it waits. */
  async reload() {
    if (!this.section || this.early) return;
    await this.#calmly();
    await (await import("./renew.js")).renew(this);
  }

  /** Go on with another store, in place. @param {Store} store */
  swap(store) {
    this.store = this.list.store = store;
    this.render();
  }

  /** Show more of the window. @param {string} cursor @param {string} parent */
  async more(cursor, parent) {
    if (this.#asked.has(cursor)) return;
    const { turn } = this;
    this.#asked.add(cursor);
    try {
      const thread = await this.read("", cursor);
      if (turn !== this.turn) return;
      this.store.load(thread, parent);
      this.#draw(null);
    } finally {
      this.#asked.delete(cursor);
    }
  }

  /**
   * Take changes in. A form that somebody is writing in outlives the comment above it.
   * @param {Changes} changes @param {boolean} [byHand] whether the viewer made them, and expects to see them whole
   */
  async fold(changes, byHand) {
    if (this.early) return void this.early.push(changes);
    for (const late of this.late) late.push(changes);
    const { comments, gone } = changes;
    const { items } = this.list;
    const shown = gone.some((id) => items.has(id)) || comments.some(({ id }) => items.has(id));
    // What became of the viewer's own is asked before it is drawn, so that it changes in place and once. Other
    // changes may overtake it: the higher revision wins.
    if (concern(changes, this.store.own) && !(await this.ask())) return;
    const { turn } = this;
    const calm = byHand ? null : shown ? await this.#calmly() : this.#calm;
    if (turn !== this.turn || this.early) return;
    this.store.fold(changes, (id) => this.list.isHeld(id));
    this.#draw(calm);
  }

  /** What a decision about the viewer's own has changed is drawn. */
  async redraw() {
    this.#draw(await this.#calmly());
  }

  /** What keeps changes in sight from moving anything, once there are some. */
  async #calmly() {
    this.#calm ??= await this.panel.later(import("./calm.js")).then(({ Calm }) => new Calm(this.list), () => null);
    return this.#calm;
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
    const { turn } = this;
    await this.#prepare([comment]);
    if (turn !== this.turn) return;
    const known = this.store.own.has(comment.id);
    this.store.mine(comment);
    this.#draw(null);
    if (!known) this.list.reach(comment.id, "nearest");
  }

  /** Show what waited, and go to the first of it. @param {string} [thread] in that thread alone */
  reveal(thread) {
    const ids = this.store.reveal(thread);
    this.#stand(ids);
    const first = ids.length > 1 ? [...this.store.order(thread)].find((id) => this.list.focused.has(id)) : ids[0];
    if (first) this.#go(first);
  }

  /** Go to a comment of the window. @param {string} id @returns {boolean} whether it is in there */
  focus(id) {
    if (!this.store.row(id)) return false;
    this.#stand([id]);
    this.#go(id);
    return true;
  }

  /** Have comments stand out, and no others. @param {string[]} ids */
  #stand(ids) {
    const { list, store } = this;
    for (const id of [...list.focused, ...ids]) store.touched.add(id);
    list.focused = new Set(ids);
  }

  /** @param {string} id */
  #go(id) {
    for (const one of this.store.path(id).slice(0, -1)) if (this.folded.delete(one)) this.store.touched.add(one);
    this.#draw(null, id);
    this.list.reach(id, "center");
  }

  /** @param {string} text */
  warn(text) {
    this.list.say(h("p", { role: "alert" }, text), h("button", { className: "load", onclick: () => this.panel.again() }, t.again));
  }

  /** Draw comments that may look otherwise now. @param {...string} ids none: all of them */
  render(...ids) {
    for (const id of ids.length ? ids : this.list.items.keys()) this.store.touched.add(id);
    this.#draw(ids.length ? null : this.#calm);
  }

  /** Draw what changed. @param {import("./calm.js").Calm | null} calm where it changed by itself @param {string} [first] */
  #draw(calm, first) {
    if (this.early) return;
    const { list, store } = this;
    // A moderator needs all of what came, and its buttons.
    list.render(this.panel.api.grant ? null : calm, first);
    if (!store.kids.get("")?.some((key) => store.row(key))) list.say(h("b", {}, t.empty), t.emptyHint);
    else if (store.whole) list.say();
    else list.say(h("button", { className: "load", onclick: () => this.open(this.section) }, t.showAll));
    if (!this.#posting) this.panel.fresh(store.fresh);
  }
}
