// @ts-check
/** The list on screen. It never moves under the reader: whatever changes, what is in sight keeps its place. */

import { DEEPEST, draw, isEditable } from "./comment.js";
import { h } from "./element.js";
import { ago, t } from "./words.js";

/** @typedef {import("./store.js").CommentRow} CommentRow */
/** @typedef {import("./store.js").MoreRow} MoreRow */

export class List {
  /** What is on show, by comment or by what is to be loaded. @type {Map<string, HTMLLIElement>} */
  items = new Map();

  /**
   * @param {(id: string) => import("./comment.js").Sight} sight
   * @param {(action: string, item: HTMLLIElement, button: HTMLElement) => void} act
   */
  constructor(sight, act) {
    this.sight = sight;
    this.note = h("div", { className: "empty" });
    this.list = h("ol", { className: "list", role: "list" });
    this.node = h("div", { className: "scroll", part: "thread", tabIndex: 0, role: "group", ariaLabel: t.panel }, this.note, this.list);
    this.list.addEventListener("click", ({ target }) => {
      const button = /** @type {Element} */ (target).closest("[data-action]");
      const item = button?.closest("li");
      if (button && item) act(/** @type {HTMLElement} */ (button).dataset.action ?? "", item, /** @type {HTMLElement} */ (button));
    });
  }

  /** Begin anew. */
  clear() {
    this.items.clear();
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
   * @param {(CommentRow | MoreRow)[]} rows
   * @param {Set<string>} focused comments that are to stand out
   * @param {boolean} steady whether what is in sight keeps its place
   */
  render(rows, focused, steady) {
    const anchor = steady ? this.#anchor(new Set(rows.map(keyOf))) : null;
    const items = rows.map((row) => ("comment" in row ? this.#comment(row, focused) : this.#more(row)));
    const shown = new Set(items);
    for (const [key, item] of this.items) if (!shown.has(item)) item.remove(), this.items.delete(key);
    let at = this.list.firstElementChild;
    for (const item of items) {
      if (item === at) at = at.nextElementSibling;
      else this.list.insertBefore(item, at);
    }
    if (anchor) this.node.scrollTop += anchor.item.getBoundingClientRect().top - anchor.top;
  }

  /** The first item in sight that stays, and where it is. @param {Set<string>} staying */
  #anchor(staying) {
    const { top } = this.node.getBoundingClientRect();
    for (const [key, item] of this.items) {
      const box = item.getBoundingClientRect();
      if (staying.has(key) && box.bottom > top) return { item, top: box.top };
    }
  }

  /** @param {string} key @param {number} depth */
  #item(key, depth) {
    const item = this.items.get(key) ?? h("li", {}, h("article"), h("div", { className: "slot" }));
    this.items.set(key, item);
    item.dataset.depth = String(depth);
    item.style.setProperty("--depth", String(Math.min(depth, DEEPEST)));
    return item;
  }

  /** @param {CommentRow} row @param {Set<string>} focused */
  #comment(row, focused) {
    const { comment, depth, folded, replies, to } = row;
    const { id, revision, support, state, earlier } = comment;
    const item = this.#item(id, depth);
    const sight = this.sight(id);
    const { staff, desk, standing, reacted, flagged, open, own, told, heldOpen, then } = sight;
    item.toggleAttribute("data-focus", focused.has(id));
    const mine = own && [isEditable(own), own.state, own.reason, own.held, own.appeal, own.can_appeal, own.source, told, heldOpen];
    const stamp = [revision, support, state, staff, !!desk, !!standing, reacted, flagged, open, folded, replies, to?.author, mine, earlier, !!then].join();
    if (item.dataset.stamp === stamp) return item;
    Object.assign(item.dataset, { stamp, comment: id });
    this.#redraw(item, draw(row, sight));
    return item;
  }

  /** Put a new drawing in; the keyboard stays on the button that it was on. @param {HTMLElement} item @param {HTMLElement} drawn */
  #redraw(item, drawn) {
    const old = item.firstElementChild;
    const root = /** @type {ShadowRoot} */ (this.node.getRootNode());
    const active = /** @type {HTMLElement | null} */ (root.activeElement);
    const had = active && old?.contains(active);
    const keep = old && keeper(/** @type {HTMLElement} */ (old));
    old?.replaceWith(drawn);
    keep?.(drawn);
    if (!had) return;
    const same = /** @type {HTMLElement | null} */ (drawn.querySelector(`[data-action="${active.dataset.action}"]`));
    drawn.tabIndex = -1;
    (same ?? drawn).focus({ preventScroll: true });
  }

  /** @param {MoreRow} row */
  #more(row) {
    const item = this.#item(keyOf(row), row.depth);
    if (item.dataset.more === row.cursor) return item;
    Object.assign(item.dataset, { more: row.cursor, parent: row.parent });
    const word = row.parent ? t.showMoreReplies : t.showMore;
    item.firstElementChild?.replaceChildren(h("button", { className: "load", "data-action": "load" }, word));
    return item;
  }

  /** Bring a comment into sight, and the keyboard to it. @param {string} id @param {ScrollLogicalPosition} block */
  reach(id, block) {
    const item = this.items.get(id);
    const article = item?.querySelector("article");
    item?.scrollIntoView({ block });
    if (!article) return;
    article.tabIndex = -1;
    article.focus({ preventScroll: true });
  }

  /** Put a form under a comment, or with null take it away. @param {HTMLElement} item @param {HTMLElement | null} form @param {boolean} [editing] */
  slot(item, form, editing = false) {
    item.toggleAttribute("data-editing", editing);
    const slot = item.querySelector(".slot");
    const had = slot?.contains(/** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement);
    slot?.replaceChildren(...(form ? [form] : []));
    if (form) /** @type {HTMLElement | null} */ (form.querySelector("textarea,select,:checked,.primary"))?.focus();
    form?.scrollIntoView({ block: "nearest" });
    if (!form && had) /** @type {HTMLElement | null} */ (item.querySelector(".act"))?.focus();
  }

  /** Whether somebody writes under a comment. @param {string} id */
  isHeld(id) {
    return !!this.items.get(id)?.querySelector("textarea");
  }

  /** Let the times tell how long ago it is now. */
  tick() {
    for (const time of this.list.querySelectorAll("time")) time.textContent = ago(Date.parse(time.dateTime) / 1000);
  }
}

/** @param {CommentRow | MoreRow} row */
const keyOf = (row) => ("comment" in row ? row.comment.id : `more ${row.parent}`);

/** Of what its author is told about a comment. @param {HTMLElement} article @returns {HTMLElement | null} */
const stateOf = (article) => article.querySelector(":scope>.own");

/**
 * What a moderator decides while the author reads moves nothing: a line that comes stands in the gap below, and what
 * gets shorter keeps its height.
 * @param {HTMLElement} old measured now @returns {((drawn: HTMLElement) => void) | undefined} to be called once that stands in its place
 */
const keeper = (old) => {
  const was = stateOf(old);
  if (!old.isConnected || !old.classList.contains("mine")) return;
  const { offsetHeight: height, style: { minHeight } } = old;
  const [line, isLate] = [was?.offsetHeight ?? 0, was?.classList.contains("late")];
  return (drawn) => {
    const is = stateOf(drawn);
    const same = is?.textContent === was?.textContent;
    drawn.style.minHeight = minHeight;
    if (is && drawn.classList.contains("hidden") && (was ? isLate && same : true)) is.classList.add("late");
    if (same) return;
    if (is && is.offsetHeight < line) is.style.minHeight = `${line}px`;
    if (drawn.offsetHeight < height) drawn.style.minHeight = `${height}px`;
  };
};
