// @ts-check
/**
 * The panel: one section's thread, live, in a frame, with the composer at its foot.
 *
 * What may be relied on from outside, all in the open shadow root of `postil-panel` (rows and bubbles: postil.js):
 *   parts     panel heading sort pill thread comment tombstone author badge state body action composer input post question
 *             tab then earlier-quote; to moderators also chip desk done (desk.js)
 *   dialog[data-section]         id of the thread shown ("" before its first comment); [data-shape] drawer | sheet
 *   [role=tab][data-thread]      where several threads stand in one section, each by its id
 *   .live[data-state]            live | connecting | polling | offline
 *   li[data-comment][data-depth] a comment or tombstone; [data-focus] came by link; [data-open] its menu is open
 *   [data-action]                reply support more edit remove copy flag fold load then appeal held,
 *                                previous next menu moderate close, part back; moderators' are in desk.js
 *   [role=status]                what a screen reader is told
 */

import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { h } from "./element.js";
import { Frame } from "./frame.js";
import { Live } from "./live.js";
import { keep, recall } from "./storage.js";
import { Strip } from "./strip.js";
import { more, say, speak, t } from "./words.js";
import { Thread } from "./thread.js";

/** How long to wait before loading afresh once more, in milliseconds. */
const AGAIN = 10000;

export class Panel {
  /**
   * Where the reader is; null where the thread shown stands nowhere on this page. It stays what it was when he came,
   * also when the owner moves threads meanwhile (law 8). @type {Postil.Place | null}
   */
  place = null;
  /** The thread that new comments go to: the section's own; null before its first. @type {string | null} */
  home = null;
  /** Where the keyboard returns to. @type {HTMLElement | null} */
  #opener = null;
  #watching = false;
  /** The state that the foot was made for. @type {string | undefined} */
  #stateOf;
  /** @type {Composer | null} */
  composer = null;
  /** What moderators see and do; null for everybody else. @type {import("./desk.js").Desk | null} */
  desk = null;

  /** @param {Postil.Article} article */
  constructor(article) {
    this.article = article;
    this.api = new Api(article.service, article.ref, article.outline);
    const sort = recall("sort") in t.sorts ? recall("sort") : "oldest";
    this.thread = new Thread(this, sort);
    this.strip = new Strip(this.thread.list.node, (id) => this.#turn(id));
    this.frame = new Frame(article.tokens, sort, this.strip.node, this.thread.list.node, {
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

  /** What is known of the thread shown. */
  get section() {
    return this.article.known[this.thread.section ?? ""];
  }

  /**
   * Show the section at a place; with a comment's id the thread that it is in, at that comment; or a thread by its id.
   * @param {Postil.Place | null} place @param {string} [comment] @param {string} [section]
   * @param {Postil.Place | null} [from] where the reader came from, and may want to go back to
   */
  async open(place, comment, section, from = null) {
    if (!place && comment && this.frame.dialog.open && this.thread.focus(comment)) return;
    if (!this.article.since || (this.api.grant && !this.#watching)) await this.#identify().catch(() => {});
    await this.#equip();
    const found = comment ? await this.thread.find(comment) : null;
    const id = section ?? found?.id ?? place?.id ?? null;
    if (!place && !id) return;
    if (found) this.article.count([found]);
    this.#seen();
    this.place = place ?? this.article.places.find(({ id: own, joined }) => own === id || (id && joined.includes(id))) ?? null;
    this.home = this.place ? this.place.id : id;
    this.thread.section = id;
    this.#opener = this.place?.opener ?? within(document.activeElement);
    if (comment) this.place?.row.scrollIntoView({ block: "center" });
    this.#head(from);
    this.frame.show();
    this.compose();
    if (!this.article.since) return this.thread.warn(t.problems.network);
    await this.#watch(id, comment);
  }

  /** Say what is shown, and where it stands. @param {Postil.Place | null} from */
  #head(from) {
    const { place, section } = this;
    const { places, earlier } = this.article;
    const gone = place ? undefined : earlier?.find((one) => one.section === section?.id);
    if (place) this.frame.title(places.length > 1 ? say(t.where, { index: places.indexOf(place) + 1, of: places.length }) : t.page, place.heading, places.indexOf(place), places.length);
    else if (gone) this.frame.title(t.earlierOne, gone.heading || t.goneSection);
    else this.frame.title(t.elsewhere, section?.heading || t.otherVersion);
    const had = this.strip.node.contains(/** @type {ShadowRoot} */ (this.frame.node?.shadowRoot).activeElement);
    this.strip.show({ tabs: this.#tabs(), lines: this.#lines(from), gone: gone && (gone.excerpt ?? "") });
    this.#tellCounts();
    // The keyboard was on a line that is gone now.
    if (had) this.frame.heading.focus({ preventScroll: true });
  }

  /** Threads that were merged into the section stand beside its own. @returns {import("./strip.js").Tab[]} */
  #tabs() {
    const { id: own, joined = [] } = this.place ?? {};
    const all = own ? [own, ...joined] : [];
    return all.map((id) => {
      const heading = (id !== own && this.article.known[id]?.heading) || "";
      return { id, heading, words: id === own ? t.thisSection : heading ? t.from : t.fromEarlier, chosen: id === this.thread.section };
    });
  }

  /** Where the section's words came from, if that is another section; and the way back. @param {Postil.Place | null} from */
  #lines(from) {
    /** @type {import("./strip.js").Line[]} */
    const lines = [];
    const { place } = this;
    const { known, earlier, places } = this.article;
    const part = place?.part;
    if (from) lines.push({ words: t.back, heading: from.heading, back: true, go: () => this.open(from) });
    if (!part || !known[part]?.comments) return lines;
    const there = places.find(({ id }) => id === part) ?? earlier?.find(({ section }) => section === part);
    const heading = there?.heading || known[part].heading || "";
    lines.push({ id: part, words: heading ? t.part : t.partUnnamed, heading, go: () => this.open(null, undefined, part, place) });
    return lines;
  }

  #tellCounts() {
    this.strip.count((id) => this.article.known[id]?.comments ?? 0);
  }

  /** Show another of the threads that stand here. @param {string} id */
  #turn(id) {
    this.#seen();
    this.strip.mark(id);
    this.thread.section = id;
    this.#label();
    return this.#watch(id);
  }

  /** Try again what could not be read. */
  again() {
    const { section } = this.thread;
    return this.article.since && section ? this.#watch(section) : this.open(this.place, undefined, section ?? undefined);
  }

  /** @param {string | null} section @param {string} [comment] */
  async #watch(section, comment) {
    this.frame.dialog.dataset.section = section ?? "";
    this.desk?.clear();
    const loaded = this.thread.open(section, comment);
    if (!this.#watching) this.live.start();
    else this.live.show();
    const before = this.#watching;
    this.#watching = true;
    const since = await loaded;
    // A socket that was open already tells of this section only from now on: ask for what fell between.
    if (!before || !since || !section) return;
    const { comments, gone, ...changes } = await this.api.changes(since, section);
    if (changes.resync) return this.refresh();
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
    this.#counted();
  }

  /** Take in what is known now of the threads here; the reader stays in the one that he opened. */
  #counted() {
    this.home ??= this.place?.id ?? null;
    this.#follow();
    this.#tellCounts();
    if (this.thread.section || !this.home) return;
    this.frame.dialog.dataset.section = this.thread.section = this.home;
    this.thread.reload();
    this.live.show();
  }

  /** Ask who stands where, as the viewer that asks now. @param {string} [since] where the changes known end */
  async #identify(since = "") {
    const { grant } = this.api;
    this.article.headers = grant ? { Authorization: `Bearer ${grant.token}` } : {};
    await this.article.identify();
    if (since) this.article.since = since;
  }

  /** Load all of it afresh: too much has changed, threads were moved, or the viewer's rights have changed. */
  async refresh() {
    try {
      await this.#identify();
      this.#counted();
      await this.thread.reload();
    } catch {
      // What is told meanwhile goes on from a state that was never read: ask again until it is.
      setTimeout(() => this.refresh(), AGAIN * (0.5 + Math.random()));
    }
  }

  /** What the section takes now, and how fast. */
  #state() {
    const { state, minutes = 0 } = this.article.known[this.home ?? ""] ?? {};
    return state === "slow" ? `slow ${minutes}` : (state ?? "");
  }

  /** Whether the section takes replies; why not a new thread, or how fast, in a sentence. */
  get pace() {
    const { state, minutes = 1 } = this.article.known[this.home ?? ""] ?? {};
    const shut = state === "locked" ? t.locked : state === "closed" ? t.closed : "";
    return { shut, locked: state === "locked" ? shut : "", slow: state === "slow" ? minutes : 0 };
  }

  /** The section's state may have changed: the composers and the buttons follow, and what somebody writes stays. */
  #follow() {
    if (this.#stateOf === this.#state()) return;
    const { shut, locked, slow } = this.pace;
    if (this.composer && (!shut || !this.composer.isEmpty)) this.composer.pace(shut, slow);
    else this.compose();
    for (const reply of this.thread.replies) reply.pace(locked, slow);
    this.#stateOf = this.#state();
    this.thread.render();
    this.desk?.follow();
  }

  /** Put the composer at the foot, or say why there is none. */
  compose() {
    const { shut, slow } = this.pace;
    this.#stateOf = this.#state();
    this.composer = shut ? null : new Composer({ label: t.write, draft: this.draft(""), send: (words) => this.post(words) });
    this.composer?.pace("", slow);
    this.frame.foot.replaceChildren(this.composer?.node ?? h("p", { className: "shut" }, shut));
    this.#label();
  }

  /** What is written under a merged thread goes to the section's own, so say so. */
  #label() {
    this.composer?.label(this.thread.section === this.home ? t.write : t.writeHere);
  }

  /** The name of a draft in this browser: by the thread, but where one was begun before it had an id. @param {string} parent */
  draft(parent) {
    const { key, url } = this.article.ref;
    const [early, name] = [this.place?.name, this.home].map((section) => [key ?? url, section, parent].join(" "));
    return this.home && !recall(`draft:${early}`) ? name : early;
  }

  /** @param {import("./composer.js").Words} words @param {string} [parent] */
  async post(words, parent) {
    // Until the answer is here the reader may have moved on.
    const { place, home, thread } = this;
    const section = parent ? thread.section : this.home;
    const where = section ? { section } : { index: place ? this.article.places.indexOf(place) : 0 };
    const answer = await thread.quietly(this.api.post({ ...where, parent, ...words }));
    if (place && !section) this.#begun(place, answer.section.id);
    if (place === this.place && home === this.home && !parent) await this.#arrive(answer.section.id);
    this.take(answer, t.posted);
  }

  /** Readers are told of a thread when there is something to read; who began it finds his way back. @param {Postil.Place} place @param {string} section */
  #begun(place, section) {
    place.id = section;
    keep("begun", Object.fromEntries([...Object.entries(recall("begun") ?? {}).slice(-50), [this.#nameOf(place), section]]));
  }

  /** @param {Postil.Place} place */
  #nameOf({ name }) {
    const { key, url } = this.article.ref;
    return `${key ?? url} ${name}`;
  }

  /** The thread whose comments of the viewer's own are shown here. */
  get mine() {
    return this.thread.section ?? (this.place && recall("begun")?.[this.#nameOf(this.place)]);
  }

  /** Be in the thread that was written in. @param {string} section */
  async #arrive(section) {
    this.home ??= section;
    if (this.thread.section && this.thread.section !== section) return this.#turn(section);
    if (this.thread.section) return;
    this.frame.dialog.dataset.section = this.thread.section = section;
    this.live.show();
  }

  /** Take in the answer to something that the viewer did. @param {Postil.Answer} answer @param {string} [said] */
  take({ comment, section, own }, said) {
    const { thread } = this;
    this.article.count([section]);
    this.#counted();
    if (this.mine === section.id) thread.wrote({ ...comment, ...own });
    if (said) this.frame.say(comment.state === "pending" ? t.postedPending : said);
  }

  /** Take in a moderator's decision. @param {{comment: Postil.Comment, section?: Postil.Section}} answer */
  decided({ comment, section }) {
    if (section) this.article.count([section]);
    this.#counted();
    if (this.thread.store.get(comment.id)) this.thread.fold({ comments: [comment], gone: [], revision: comment.revision });
  }

  /** Take in what a moderator made of the section. @param {Postil.Section} section */
  sectioned(section) {
    this.article.count([section]);
    this.#counted();
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
    const { section } = this;
    if (!section || this.thread.store.fresh) return;
    const { [section.id]: _, ...others } = recall("seen") ?? {};
    // What was read longest ago is forgotten, so that it stays small.
    keep("seen", Object.fromEntries([...Object.entries(others).slice(-400), [section.id, section.comments]]));
    this.article.count([]);
  }

  #closed() {
    this.#seen();
    this.live.show();
    this.#opener?.focus({ preventScroll: true });
  }

  #menu() {
    const { grant } = this.api;
    if (grant) return this.desk?.menu() ?? [];
    // Loaded by now, so that the pop-up opens within the click.
    import("./moderate.js");
    return [h("button", { "data-action": "moderate", onclick: () => (this.frame.openMenu(false), this.#moderate()) }, t.moderate)];
  }

  async #moderate() {
    const { signIn } = await import("./moderate.js");
    const signed = await signIn(this.api).catch((/** @type {Error} */ error) => error.message);
    if (signed === null || typeof signed === "string") this.thread.warn(signed ?? t.popup);
    if (signed === true) this.rights();
  }

  /** What moderators need is loaded for them alone. */
  async #equip() {
    if (!this.api.grant || this.desk) return;
    try {
      const { Desk } = await more(import("./desk.js"));
      this.desk ??= new Desk(this);
    } catch {
      // Without it he reads; it is asked for again when the panel is opened next.
    }
  }

  /** Be a reader again. */
  async stop() {
    await this.api.end().catch(() => {});
    this.api.setGrant(null);
    this.desk?.clear();
    this.rights();
  }

  /** The viewer's rights have changed: what he sees is another answer, with a counter of its own. */
  async rights() {
    await Promise.all([this.#identify(), this.#equip()]);
    // To a moderator a section may stand here that readers do not see yet.
    this.home ??= this.place?.id ?? null;
    this.#follow();
    await this.thread.open(this.thread.section ?? this.home);
    this.live.start();
  }
}

/** What has the keyboard, where that is one of the earlier discussions. @param {Element | null} host @returns {HTMLElement | null} */
const within = (host) => (host?.localName === "postil-earlier" ? /** @type {HTMLElement | null} */ (host.shadowRoot?.activeElement) : null);

/** @type {Panel | undefined} */
let panel;

/** @param {Postil.Article} article @param {Postil.Place | null} place @param {string} [comment] @param {string} [section] */
export const open = async (article, place, comment, section) => {
  await speak(article.modules, article.lang);
  return (panel ??= new Panel(article)).open(place, comment, section);
};

/** Show the discussions whose words are no longer here. @param {Postil.Article} article */
export const earlier = async (article) => {
  await speak(article.modules, article.lang);
  const { drawEarlier } = await more(import("./earlier.js"));
  drawEarlier(article, (section) => open(article, null, undefined, section));
};
