// @ts-check
/**
 * All sections: what is newest across the article, each comment with its section's name, which leads to it. What arrives
 * waits behind the pill, and stands on top once it is asked for; what is edited or taken down changes in its place.
 */

import { bodyOf, timeOf } from "./comment.js";
import { h } from "./element.js";
import { ago, say, t } from "./words.js";

/** How many are asked for at once. */
const PAGE = 30;

export class Everything {
  /** @type {Map<string, {comment: Postil.Comment, item: HTMLElement}>} */
  #items = new Map();
  /** What has arrived, newest last. @type {Map<string, Postil.Comment>} */
  #waiting = new Map();
  /** Where the older ones begin; null at the end, undefined before the first. @type {string | null | undefined} */
  #next;
  #loading = false;

  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.list = h("ol", { className: "list", role: "list" });
    this.note = h("div", { className: "empty" });
    this.node = h("div", { className: "scroll all", part: "all", tabIndex: 0, hidden: true, onscroll: () => this.#near() }, this.list, this.note);
    // The browser itself keeps what is read in its place when something is put above it.
    this.node.style.overflowAnchor = "auto";
    panel.thread.list.node.after(this.node);
  }

  /** Shown, or shown again. */
  open() {
    this.#tell();
    return this.#next === undefined ? this.#more() : this.catchUp();
  }

  /** @param {string} [before] @returns {Promise<{comments: Postil.Comment[], next?: string}>} */
  #ask(before) {
    return this.panel.api.page("/recent", { outline: this.panel.article.outline.hash, limit: PAGE, before });
  }

  async #more() {
    if (this.#loading || this.#next === null) return;
    this.#loading = true;
    this.note.replaceChildren(t.loading);
    try {
      const { comments, next = null } = await this.#ask(this.#next);
      // What was told while the first were asked for is one of them.
      if (!this.#items.size) for (const { id } of comments) this.#waiting.delete(id);
      this.#next = next;
      this.list.append(...comments.filter(({ id }) => !this.#items.has(id) && !this.#waiting.has(id)).map((comment) => this.#make(comment)));
      const none = [h("b", {}, t.empty), t.emptyHint];
      this.note.replaceChildren(...(this.#items.size ? [] : none));
      if (next) this.note.replaceChildren(h("button", { className: "load", onclick: () => this.#more() }, t.showMore));
    } catch (error) {
      const again = h("button", { className: "load", onclick: () => this.#more() }, t.again);
      this.note.replaceChildren(h("p", { role: "alert" }, /** @type {Error} */ (error).message), again);
    }
    this.#loading = false;
    this.#tell();
    this.#near();
  }

  /** The end comes into sight: what is older is asked for. */
  #near() {
    const { scrollTop, clientHeight, scrollHeight } = this.node;
    if (this.#next && scrollTop + 2 * clientHeight > scrollHeight) this.#more();
  }

  /** What was missed, while nobody told of it. */
  async catchUp() {
    const { comments } = await this.#ask().catch(() => ({ comments: [] }));
    for (const comment of comments.reverse()) this.#take(comment);
    this.#tell();
  }

  /** Take changes in. @param {{section: string, comments: Postil.Comment[], gone: string[]}} changes */
  fold({ section, comments, gone }) {
    for (const comment of comments) this.#take({ ...comment, section });
    for (const id of gone) {
      this.#waiting.delete(id);
      const known = this.#items.get(id);
      if (known) this.#draw(known.item, { ...known.comment, author: undefined, state: "gone" });
    }
    this.#tell();
  }

  /** @param {Postil.Comment} comment */
  #take(comment) {
    const { id, revision, at, author } = comment;
    const known = this.#items.get(id);
    if (known && revision > known.comment.revision) this.#draw(known.item, comment);
    const oldest = [...this.#items.values()].at(-1)?.comment.at ?? 0;
    // Older than all that is loaded: it comes with its page.
    if (known || (this.#next && at < oldest)) return;
    if (author) this.#waiting.set(id, comment);
    else this.#waiting.delete(id);
  }

  #tell() {
    const { frame } = this.panel;
    // Until the first answer is here, nothing is older than it.
    const n = this.#next === undefined ? 0 : this.#waiting.size;
    const text = n ? say(t.freshAll, { n }) : "";
    if (this.node.hidden || frame.pill.textContent === text) return;
    frame.news(text);
    if (n) frame.say(text);
  }

  /** Put what has arrived on top, and go there. */
  reveal() {
    const news = [...this.#waiting.values()].sort((a, b) => b.at - a.at || (b.id > a.id ? 1 : -1));
    this.#waiting.clear();
    const items = news.map((comment) => this.#make(comment));
    this.list.prepend(...items);
    this.note.replaceChildren();
    const first = items[0]?.querySelector("button");
    this.node.scrollTo({ top: 0, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    first?.focus({ preventScroll: true });
    this.#tell();
  }

  /** @param {Postil.Comment} comment */
  #make(comment) {
    const item = h("li", { "data-comment": comment.id });
    this.#draw(item, comment);
    return item;
  }

  /** @param {HTMLElement} item @param {Postil.Comment} comment */
  #draw(item, comment) {
    const { id, author, at, html, section = "", edited, state } = comment;
    this.#items.set(id, { comment, item });
    const height = item.offsetHeight;
    const had = item.contains(this.panel.frame.root.activeElement);
    const heading = this.#heading(section);
    const go = h("button", { className: "in", part: "section-name", "data-action": "go", dir: "auto", title: heading, onclick: () => this.panel.open(this.#place(section), id, section) }, heading);
    const tomb = h("p", { className: "when" }, t.tombs[/** @type {keyof typeof t.tombs} */ (state)] ?? t.tombs.gone);
    const fresh = this.panel.seen.isUnread(comment) && h("span", { className: "fresh" }, h("span", { className: "unseen" }, t.new));
    item.replaceChildren(h("article", { part: "comment" }, go,
      ...(author ? [h("header", {}, this.panel.article.face(author), h("b", {}, h("bdi", {}, author)), timeOf(at, ago(at), "when"), edited && h("span", { className: "when" }, t.edited), fresh), bodyOf(html)] : [tomb])));
    // What gets shorter keeps its height, so that nothing below it moves.
    if (height && item.offsetHeight < height) item.style.minHeight = `${height}px`;
    if (had) go.focus({ preventScroll: true });
    const body = item.querySelector(".body");
    requestAnimationFrame(() => item.toggleAttribute("data-cut", !!body && body.scrollHeight > body.clientHeight + 1));
  }

  /** @param {string} section */
  #place(section) {
    return this.panel.article.places.find(({ id, joined }) => id === section || joined.includes(section)) ?? null;
  }

  /** @param {string} section */
  #heading(section) {
    const { known, earlier } = this.panel.article;
    return this.#place(section)?.heading || known[section]?.heading || earlier?.find((one) => one.section === section)?.heading || t.goneSection;
  }
}
