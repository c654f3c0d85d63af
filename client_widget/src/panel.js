// @ts-check
/**
 * The panel: one section's thread, live, in a frame, with the composer at its foot.
 *
 * What may be relied on from outside, all in the open shadow root of `postil-panel` (rows and bubbles: postil.js):
 *   parts     panel heading sort pill thread comment tombstone author badge body action composer input post question
 *   dialog[data-section]         id of the section shown ("" before its first comment); [data-shape] drawer | sheet
 *   .live[data-state]            live | connecting | polling | offline
 *   li[data-comment][data-depth] a comment or tombstone; [data-focus] came by link; [data-open] its menu is open
 *   [data-action]                reply support more edit remove copy flag fold approve hide restore load,
 *                                previous next menu moderate close
 *   [role=status]                what a screen reader is told
 */

import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { h } from "./element.js";
import { Frame } from "./frame.js";
import { Live } from "./live.js";
import { keep, recall } from "./storage.js";
import { t } from "./strings.js";
import { Thread } from "./thread.js";

export class Panel {
  /** The section shown; null while one is shown that does not stand on this page. @type {Postil.Place | null} */
  place = null;
  #watching = false;

  /** @param {Postil.Article} article */
  constructor(article) {
    this.article = article;
    this.api = new Api(article.service, article.ref);
    const sort = recall("sort") in t.sorts ? recall("sort") : "oldest";
    this.thread = new Thread(this, sort);
    this.frame = new Frame(article.tokens, sort, this.thread.list.node, {
      step: (by) => this.#step(by),
      closed: () => this.#closed(),
      reveal: () => this.thread.reveal(),
      sort: (chosen) => (keep("sort", chosen), this.thread.order(chosen)),
      menu: () => this.#menu(),
    });
    this.live = new Live(this.api, {
      sections: () => this.#sections(),
      since: () => article.since,
      receive: (message) => this.#receive(message),
      state: (state) => this.frame.live(state),
    });
  }

  /**
   * Show a section, or with a comment's id the section that it is in, at that comment.
   * @param {Postil.Place | null} place
   * @param {string} [comment]
   */
  async open(place, comment) {
    if (!place && comment && this.frame.dialog.open && this.thread.focus(comment)) return;
    if (!this.article.since || (this.api.grant && !this.#watching)) await this.#identify().catch(() => {});
    const found = comment ? await this.thread.find(comment) : null;
    if (!place && !found) return;
    const { places } = this.article;
    this.#seen();
    this.place = place ?? places.find(({ id }) => id === found?.id) ?? null;
    if (comment) this.place?.row.scrollIntoView({ block: "center" });
    this.frame.title(this.place ? places.indexOf(this.place) : -1, places.length, this.place?.heading ?? found?.heading ?? "");
    this.frame.show();
    this.section = this.place?.known ?? found;
    this.compose();
    if (!this.article.since) return this.thread.warn(t.problems.network);
    await this.#watch(this.place ? this.place.id : found?.id ?? null, comment);
  }

  /** Try again what could not be read. */
  again() {
    return this.place ? this.open(this.place) : this.thread.open(this.thread.section);
  }

  /** @param {string | null} section @param {string} [comment] */
  async #watch(section, comment) {
    this.frame.dialog.dataset.section = section ?? "";
    const loaded = this.thread.open(section, comment);
    if (!this.#watching) this.live.start();
    else this.live.show();
    const before = this.#watching;
    this.#watching = true;
    const since = await loaded;
    // A socket that was open already tells of this section only from now on: ask for what fell between.
    if (!before || !since || !section) return;
    const { comments, gone, ...changes } = await this.api.changes(since, section);
    if (changes.resync) return this.thread.reload();
    this.thread.fold({ comments, gone, revision: Number(changes.since.split(".")[1]) });
  }

  #sections() {
    if (!this.frame.dialog.open) return [];
    const { outline, places } = this.article;
    const id = this.thread.section;
    if (id) return [id];
    return this.place ? [{ outline: outline.hash, index: places.indexOf(this.place) }] : [];
  }

  /** @param {Postil.LiveMessage} message */
  async #receive(message) {
    if (message.type === "resync") return this.refresh();
    if (message.type === "counts") {
      this.article.since = message.since;
      if (message.views) this.article.views(message.views);
      if (!this.article.count(message.sections)) await this.#identify(this.article.since);
      this.#counted();
    }
    if (message.type !== "changes") return;
    if (!this.thread.section) await this.#adopt();
    if (message.section !== this.thread.section) return;
    // The step's revision is above what was known before it: enough to tell what is gone from what came back.
    this.thread.fold({ ...message, revision: Number(this.article.since.split(".")[1]) + 1 });
  }

  /** The section shown may have got its id from another reader's first comment. */
  async #adopt() {
    await this.#identify(this.article.since);
    this.thread.section = this.place?.id ?? null;
    this.#counted();
  }

  #counted() {
    if (!this.place?.known) return;
    const { state } = this.section ?? {};
    this.section = this.place.known;
    this.frame.dialog.dataset.section = this.section.id;
    if (this.section.state !== state) this.compose();
    if (!this.thread.section) (this.thread.section = this.place.id), this.thread.reload(), this.live.show();
  }

  /** Ask who stands where, as the viewer that asks now. @param {string} [since] where the changes known end */
  async #identify(since = "") {
    const { grant } = this.api;
    this.article.headers = grant ? { Authorization: `Bearer ${grant.token}` } : {};
    await this.article.identify();
    if (since) this.article.since = since;
  }

  /** Load all of it afresh: too much has changed, or the viewer's rights have. */
  async refresh() {
    await this.#identify();
    this.#counted();
    await this.thread.reload();
  }

  /** Put the composer at the foot, or say why there is none. */
  compose() {
    const state = this.section?.state;
    const note = state === "locked" ? t.locked : state === "closed" ? t.closed : "";
    const composer = () => new Composer({ label: t.write, draft: this.draft(""), send: (words) => this.post(words) }).node;
    this.frame.foot.replaceChildren(note ? h("p", { className: "label" }, note) : composer());
  }

  /** The name of a draft in this browser. @param {string} parent */
  draft(parent) {
    return [this.article.ref.key ?? this.article.ref.url, this.place?.name ?? this.thread.section, parent].join(" ");
  }

  /** @param {{source: string, name: string, nonce: string}} words @param {string} [parent] */
  async post(words, parent) {
    const { ref, outline, places } = this.article;
    const section = this.thread.section;
    const where = section ? { section } : { outline, index: this.place ? places.indexOf(this.place) : 0 };
    this.take(await this.thread.quietly(this.api.write("POST", "comments", { page: ref, ...where, parent, ...words })), t.posted);
  }

  /** Take in the answer to something that the viewer did. @param {Postil.Answer} answer @param {string} [said] */
  take({ comment, section, own }, said) {
    const { place, thread } = this;
    if (place) place.id = section.id;
    const first = !thread.section;
    thread.section = section.id;
    this.article.count([section]);
    this.#counted();
    if (first) this.live.show();
    thread.wrote({ ...comment, ...own });
    if (said) this.frame.say(comment.state === "pending" ? t.postedPending : said);
  }

  /** Take in a moderator's decision. @param {Postil.Answer} answer */
  decided({ comment, section }) {
    this.article.count([section]);
    this.#counted();
    this.thread.fold({ comments: [comment], gone: [], revision: comment.revision });
  }

  /** @param {number} by */
  #step(by) {
    const { places } = this.article;
    const next = this.place && places[places.indexOf(this.place) + by];
    if (!next) return;
    next.row.scrollIntoView({ block: "center" });
    this.open(next);
  }

  #seen() {
    if (!this.place?.id || !this.place.known || this.thread.store.fresh) return;
    const { id, known } = this.place;
    const { [id]: _, ...others } = recall("seen") ?? {};
    // What was read longest ago is forgotten, so that it stays small.
    keep("seen", Object.fromEntries([...Object.entries(others).slice(-400), [id, known.comments]]));
    this.place.draw();
  }

  #closed() {
    this.#seen();
    this.live.show();
    this.place?.opener.focus({ preventScroll: true });
  }

  #menu() {
    const { grant } = this.api;
    const item = (/** @type {string} */ word, /** @type {() => void} */ act) =>
      h("button", { "data-action": "moderate", onclick: () => (this.frame.openMenu(false), act()) }, word);
    if (!grant) return [item(t.moderate, () => this.#moderate())];
    return [h("p", {}, t.moderating(grant.name)), item(t.stopModerating, () => this.#stop())];
  }

  async #moderate() {
    const { signIn } = await import("./moderate.js");
    const signed = await signIn(this.api).catch((/** @type {Error} */ error) => error.message);
    if (signed === null || typeof signed === "string") this.thread.warn(signed ?? t.popup);
    if (signed === true) this.rights();
  }

  async #stop() {
    await this.api.end().catch(() => {});
    this.api.setGrant(null);
    this.rights();
  }

  /** The viewer's rights have changed: what he sees is another answer, with a counter of its own. */
  async rights() {
    await this.#identify();
    this.section = this.place?.known ?? this.section;
    // To a moderator a section may stand here that readers do not see yet.
    await this.thread.open(this.place?.id ?? this.thread.section);
    this.live.start();
  }
}

/** @type {Panel | undefined} */
let panel;

/** @param {Postil.Article} article @param {Postil.Place | null} place @param {string} [comment] */
export const open = (article, place, comment) => (panel ??= new Panel(article)).open(place, comment);
