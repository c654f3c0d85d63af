// @ts-check
/**
 * The list on screen. It never moves under the reader: whatever changes, what is in sight keeps its place. Only what
 * was touched is drawn, in slices that are short on a slow phone, too; what is in sight comes first. Each item contains
 * its own layout and paint; in a long thread what is far away is an empty item of its height (far.js).
 */

import { DEEPEST, draw, isEditable } from "./comment.js";
import { h } from "./element.js";
import { t } from "./words.js";

/** @typedef {import("./store.js").CommentRow} CommentRow */
/** @typedef {import("./store.js").MoreRow} MoreRow */

/** How long may be drawn for one frame, in milliseconds: layout and paint take four times as long again. */
const SLICE = 2;
/** More is asked for when the reader is so near to it, in pixels. */
const NEAR = 1500;
/** Threads of more comments draw what is near alone. */
const LONG = 150;

export class List {
  /** What is on show, by comment or by what is to be loaded. @type {Map<string, HTMLLIElement>} */
  items = new Map();
  /** Keeps what changes by itself from moving what is in sight; null where the reader caused it. @type {import("./calm.js").Calm | null} */
  calm = null;
  #busy = false;
  /** @type {import("./far.js").Far | undefined} */
  #far;

  /**
   * @param {import("./store.js").Store} store
   * @param {(id: string) => import("./comment.js").Sight} sight
   * @param {(action: string, item: HTMLLIElement, button: HTMLElement) => void} act
   */
  constructor(store, sight, act) {
    this.store = store;
    this.sight = sight;
    /** Comments that are to stand out. @type {Set<string>} */
    this.focused = new Set();
    this.note = h("div", { className: "empty" });
    this.list = h("ol", { className: "list", role: "list" });
    this.node = h("div", { className: "scroll", part: "thread", tabIndex: 0, role: "group", ariaLabel: t.panel }, this.note, this.list);
    this.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-action]"));
      const item = button?.closest("li");
      // A way inside of the thread is no visit to another page: reloaded, that would open there.
      if (button?.tagName === "A") event.preventDefault();
      if (button && item) act(button.dataset.action ?? "", item, button);
    });
    const come = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) act("load", /** @type {HTMLLIElement} */ (target), this.node);
    };
    this.near = new IntersectionObserver(come, { root: this.node, rootMargin: `${NEAR}px 0px` });
  }

  /** Begin anew. @param {import("./store.js").Store} store */
  clear(store) {
    this.store = store;
    this.items.clear();
    this.near.disconnect();
    this.list.replaceChildren();
    this.node.scrollTop = 0;
    this.say(t.loading);
  }

  /** Say something where there is no list. @param {...(string | Node)} what */
  say(...what) {
    this.note.replaceChildren(...what);
    this.note.hidden = !what.length;
  }

  /**
   * Draw what was touched: as much as fits into a slice now, the rest after the browser has had its turn.
   * @param {import("./calm.js").Calm | null} [calm]
   * @param {string} [first] what is drawn first, with what stands near it
   */
  render(calm = null, first) {
    const { store } = this;
    this.calm = calm;
    const soon = first ? store.path(first) : this.inSight().map(keyOf).filter((key) => store.touched.has(key));
    store.touched = new Set([...soon, ...store.touched]);
    this.#slice();
    if (!this.#busy) this.#rest();
  }

  async #rest() {
    this.#busy = true;
    for (; this.store.touched.size; this.#slice()) {
      if (this.store.comments.size > LONG) this.#far ??= await import("./far.js").then(({ Far }) => new Far(this), () => undefined);
      await pause();
    }
    this.#busy = false;
  }

  #slice() {
    const { touched } = this.store;
    const had = this.#active();
    const end = performance.now() + SLICE;
    this.steady(() => {
      for (const key of touched) {
        touched.delete(key);
        this.#put(key);
        if (performance.now() > end) break;
      }
    });
    // What had the keyboard is gone.
    if (had && !had.isConnected && !this.#active()) this.node.focus({ preventScroll: true });
  }

  /** Change something; the first in sight that stays keeps its place. @param {() => void} change */
  steady(change) {
    const held = this.inSight().map((item) => ({ item, top: topOf(item) }));
    change();
    const anchor = held.find(({ item }) => item.isConnected);
    // Laid out here whatever is asked, so that the frame has only to be painted.
    const now = topOf(anchor?.item ?? this.list);
    if (anchor && now !== anchor.top) this.node.scrollTop += now - anchor.top;
  }

  /** What the reader sees of the list. @returns {HTMLElement[]} */
  inSight() {
    const view = this.node.getBoundingClientRect();
    return /** @type {HTMLElement[]} */ ([...(this.#far?.shown ?? this.list.children)]).filter((item) => {
      const { top, bottom } = item.getBoundingClientRect();
      return bottom > view.top && top < view.bottom;
    });
  }

  /** Have what is on screen for a comment, or for where more can be asked for, be right. @param {string} key @param {boolean} [whole] whether it is drawn wherever it stands */
  #put(key, whole) {
    const { items, store, list } = this;
    const row = store.row(key);
    const known = items.get(key);
    const above = items.get(row?.parent ?? "");
    if (!row || (row.parent && (!above || store.folded.has(row.parent)))) return known && this.#remove(key, known);
    const item = known ?? h("li");
    items.set(key, item);
    const depth = above ? Number(above.dataset.depth) + 1 : 0;
    if (!known) {
      Object.assign(item.dataset, { depth, parent: row.parent });
      item.style.setProperty("--depth", String(Math.min(depth, DEEPEST)));
    }
    if (!item.firstChild && (whole || !this.#far)) item.append(h("article"), h("div", { className: "slot" }));
    if (!item.firstChild) this.#far?.guess(item, row);
    else if ("comment" in row) this.#comment(item, row, depth);
    else this.#more(item, row);
    const before = this.#before(key, row.parent);
    let upper = item.previousElementSibling;
    while (upper?.className === "gap") upper = upper.previousElementSibling;
    if (!known || upper != before) {
      // What stood behind it, or is to, may have been put by its old place.
      const left = this.#insert(item, before);
      if (left) store.touched.add(keyOf(left));
      const behind = known && store.kids.get(row.parent)?.[store.index(key) + 1];
      if (behind) store.touched.add(behind);
    }
    const folded = String(store.folded.has(key));
    if (item.dataset.folded !== folded) for (const kid of store.kids.get(key) ?? []) store.touched.add(kid);
    item.dataset.folded = folded;
  }

  /** Put an item after another, with what stands below it. @param {HTMLElement} item @param {HTMLElement | undefined} before @returns {HTMLElement | null} what stood behind all that */
  #insert(item, before) {
    const all = [item];
    const below = new Set([item.dataset.comment]);
    let next = /** @type {HTMLElement | null} */ (item.nextElementSibling);
    for (; next && (next.className === "gap" || below.has(next.dataset.parent)); next = /** @type {HTMLElement | null} */ (next.nextElementSibling)) all.push(next), below.add(next.dataset.comment);
    if (before) before.after(...all);
    else this.list.prepend(...all);
    return next;
  }

  /** What stands before it: the last below the one before, else what it answers. @param {string} key @param {string} parent */
  #before(key, parent) {
    const { items, store } = this;
    const last = (/** @type {string[]} */ kids, at = kids.length) => {
      while (at-- > 0) if (items.has(kids[at])) return kids[at];
    };
    let found = last(store.kids.get(parent) ?? [], store.index(key));
    if (!found) return items.get(parent);
    for (let below = last(store.kids.get(found) ?? []); below; below = last(store.kids.get(found) ?? [])) found = below;
    return items.get(found);
  }

  /** @param {string} key @param {HTMLLIElement} item */
  #remove(key, item) {
    this.items.delete(key);
    this.near.unobserve(item);
    this.calm?.left(item);
    item.remove();
    for (const kid of this.store.kids.get(key) ?? []) {
      const below = this.items.get(kid);
      if (below) this.#remove(kid, below);
    }
  }

  /** @param {HTMLLIElement} item @param {CommentRow} row @param {number} depth */
  #comment(item, row, depth) {
    const { comment, folded, replies, news, to } = row;
    // Read afresh, what is the same has another revision.
    const { id, revision, section, ...shown } = comment;
    const sight = this.sight(id);
    item.toggleAttribute("data-focus", this.focused.has(id));
    item.toggleAttribute("data-open", !!sight.menu);
    const { own } = sight;
    const mine = own && [isEditable(own), own.state, own.reason, own.held, own.appeal, own.can_appeal, own.source];
    const stamp = JSON.stringify([shown, folded ? replies : !!replies, news, to?.author, Object.values(sight).map(Boolean), sight.told, mine]);
    if (/** @type {any} */ (item.firstElementChild).stamp === stamp) return;
    item.dataset.comment = id;
    this.#redraw(item, Object.assign(draw(row, depth, sight), { stamp }));
  }

  /** Draw an item that is empty. @param {HTMLElement} item */
  fill(item) {
    this.#put(keyOf(item), true);
  }

  /** Put a new drawing in; the keyboard stays on the button that it was on. @param {HTMLLIElement} item @param {HTMLElement} drawn */
  #redraw(item, drawn) {
    const old = /** @type {HTMLElement} */ (item.firstElementChild);
    const active = this.#active();
    const had = active && old.contains(active);
    const keep = old.part.length ? this.calm?.change(item, old) : null;
    old.replaceWith(drawn);
    keep?.(drawn);
    if (!had) return;
    const same = /** @type {HTMLElement | null} */ (drawn.querySelector(`[data-action="${active.dataset.action}"]`));
    drawn.tabIndex = -1;
    (same ?? drawn).focus({ preventScroll: true });
  }

  /** @param {HTMLLIElement} item @param {MoreRow} row */
  #more(item, { cursor, parent }) {
    const { dataset } = item;
    if (dataset.more === cursor) return;
    if (!dataset.more) item.firstElementChild?.append(h("button", { className: "load", "data-action": "load" }, parent ? t.showMoreReplies : t.showMore));
    dataset.more = cursor;
    // Looked at afresh: it may be near again.
    this.near.unobserve(item);
    this.near.observe(item);
  }

  /** @returns {HTMLElement | null} what has the keyboard in here */
  #active() {
    const { activeElement } = /** @type {ShadowRoot} */ (this.node.getRootNode());
    return this.node.contains(activeElement) ? /** @type {HTMLElement} */ (activeElement) : null;
  }

  /** Bring a comment into sight, and the keyboard to it. @param {string} id @param {ScrollLogicalPosition} block */
  reach(id, block) {
    // It may not have had its turn yet.
    for (const key of this.store.path(id)) this.#put(key, key === id);
    const item = this.items.get(id);
    const article = item?.querySelector("article");
    this.#far?.settle();
    item?.scrollIntoView({ block });
    if (!article) return;
    article.tabIndex = -1;
    article.focus({ preventScroll: true });
  }

  /** Put a form under a comment, or with null take it away. @param {HTMLElement} item @param {HTMLElement | null} form @param {boolean} [editing] */
  slot(item, form, editing = false) {
    item.toggleAttribute("data-editing", editing);
    const slot = item.querySelector(".slot");
    const had = slot?.contains(this.#active());
    slot?.replaceChildren(form ?? "");
    /** @type {HTMLElement | null | undefined} */ (form?.querySelector("textarea,select,:checked,.primary"))?.focus();
    form?.scrollIntoView({ block: "nearest" });
    if (!form && had) /** @type {HTMLElement | null} */ (item.querySelector(".act"))?.focus();
  }

  /** Whether somebody writes under a comment. @param {string} id */
  isHeld(id) {
    return !!this.items.get(id)?.querySelector("textarea");
  }
}

/** @param {Element} item */
const topOf = (item) => item.getBoundingClientRect().top;

/** @param {HTMLElement} item */
const keyOf = ({ dataset: { comment, parent } }) => comment ?? `more ${parent}`;

/** @returns {Promise<void>} when the browser has shown what there is, and heard what was typed */
const pause = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
