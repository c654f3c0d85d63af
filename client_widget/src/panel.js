// @ts-check
/**
 * The panel: one section's thread, live, in a frame, with the composer at its foot; beside it, all sections.
 *
 * What may be relied on from outside, all in the open shadow root of `postil-panel` (rows and bubbles: postil.js):
 *   parts     panel where heading tool menu tab live presence sort pill unread handle thread all section-name comment
 *             tombstone author badge state body action composer input post question then earlier-quote;
 *             to moderators also chip desk done (desk.js)
 *   dialog[data-section]         id of the thread shown ("" before its first comment, "*" for all); [data-shape] drawer | sheet
 *   [role=tab][data-thread]      each thread that stands in the section, by its id; "*" is all sections
 *   .live[data-state]            live | connecting | polling | offline
 *   li[data-comment][data-depth] a comment or tombstone; [data-focus] came by link; [data-open] its menu is open
 *   [data-action]                reply support more edit remove copy flag fold load then appeal held,
 *                                previous next menu moderate keys close height unread, part back; moderators' are in desk.js
 *   [role=status]                what a screen reader is told
 */

import { Api } from "./api.js";
import { resend, sending } from "./composer.js";
import { Foot } from "./foot.js";
import { Frame } from "./frame.js";
import { Live } from "./live.js";
import { Seen } from "./seen.js";
import { keep, recall } from "./storage.js";
import { Strip } from "./strip.js";
import { more, say, speak, t } from "./words.js";
import { Thread } from "./thread.js";

/** How long to wait before loading afresh once more, in milliseconds. */
const AGAIN = 10000;
/** Names all sections, where a thread's id is asked for. */
const ALL = "*";

export class Panel {
  /**
   * Where the reader is; null where the thread shown stands nowhere on this page. It stays what it was when he came,
   * also when the owner moves threads meanwhile (law 8). @type {Postil.Place | null}
   */
  place = null;
  /** The thread that new comments go to: the section's own; null before its first. @type {string | null} */
  home = null;
  /** Where the keyboard returns to. @type {HTMLElement | null | undefined} */
  #opener;
  #watching = false;
  /** How many replies wait in the thread. */
  #fresh = 0;
  /** What moderators see and do; null for everybody else. @type {import("./desk.js").Desk | null} */
  desk = null;
  /** All sections, once they were asked for. @type {import("./everything.js").Everything | null} */
  all = null;
  /** Is shown each message once something was posted here (outbox.js). @type {((message: Postil.LiveMessage) => void) | undefined} */
  hear;
  /** What walks the unread ones, once there are some. @type {import("./unread.js").Unread | null} */
  unread = null;

  /** @param {Postil.Article} article */
  constructor(article) {
    this.article = article;
    this.api = new Api(article.service, article.ref, article.outline);
    const sort = recall("sort") in t.sorts ? recall("sort") : "oldest";
    this.thread = new Thread(this, sort);
    this.strip = new Strip(this.thread.list.node, (id) => this.turn(id));
    this.frame = new Frame(this, sort);
    this.live = new Live(this);
    this.foot = new Foot(this);
    this.seen = new Seen(this);
  }

  /** What is known of the thread shown. */
  get section() {
    return this.article.known[this.thread.section ?? ""];
  }

  /** The page's name in this browser's storage. */
  get page() {
    const { key, url } = this.article.ref;
    return key ?? url;
  }

  /** A part that is loaded later, with its words and its looks. @template T @param {Promise<T>} part @returns {Promise<T>} */
  async later(part) {
    const [made, { moreSheet }] = await Promise.all([more(part), import("./style-more.js")]);
    const { adoptedStyleSheets: worn } = this.frame.root;
    if (!worn.includes(moreSheet)) worn.push(moreSheet);
    return made;
  }

  /**
   * Show the section at a place; with a comment's id the thread that it is in, at that comment; or a thread by its id.
   * @param {Postil.Place | null} place @param {string} [comment] @param {string} [section]
   * @param {Postil.Place | null} [from] where the reader came from, and may want to go back to
   * @param {string} [said] what a screen reader is told, where the panel is open already
   */
  async open(place, comment, section, from, said) {
    const { article, frame } = this;
    if (!place && comment && frame.dialog.open && !this.#isAll && this.thread.focus(comment)) return;
    await this.#prepare();
    const found = comment ? await this.thread.find(comment) : null;
    const id = section ?? found?.id ?? place?.id ?? null;
    if (!place && !id) return;
    if (found) article.count([found]);
    if (frame.dialog.open) this.seen.keep();
    this.place = place ?? article.places.find(({ id: own, joined }) => own === id || (id && joined.includes(id))) ?? null;
    this.home = this.place ? this.place.id : id;
    this.thread.section = id;
    if (comment) this.place?.row.scrollIntoView({ block: "center" });
    this.#swap(false);
    await this.#head(from);
    this.foot.compose();
    await turn();
    this.#show(said);
    await turn();
    // Another may have been opened meanwhile.
    if (id && this.thread.section !== id) return;
    article.emit("open", { section: id });
    if (!article.since) return this.thread.warn(t.problems.network);
    await this.#watch(id, comment);
  }

  /** Show all sections. */
  async everything() {
    await this.#prepare();
    this.place ??= this.article.places[0];
    this.home ??= this.place.id;
    this.thread.section ??= this.home;
    await this.#head();
    this.foot.compose();
    await this.turn(ALL);
    if (!this.#watching) this.live.start();
    this.#watching = true;
  }

  async #prepare() {
    if (!this.article.since || (this.api.grant && !this.#watching)) await this.identify().catch(() => {});
    await this.equip();
    this.seen.begin();
  }

  /** Be on the screen; the keyboard returns to where it was. @param {string} [said] */
  #show(said) {
    const { frame, place } = this;
    let had = document.activeElement;
    if (had !== frame.node) {
      while (had?.shadowRoot?.activeElement) had = had.shadowRoot.activeElement;
      this.#opener = had === document.body ? null : /** @type {HTMLElement | null} */ (had);
    } else if (place) this.#opener = place.opener;
    this.#opener ??= place?.opener;
    if (frame.show()) frame.say(said ?? frame.heading.textContent ?? "");
  }

  get #isAll() {
    return !!this.all && !this.all.node.hidden;
  }

  /** Say what is shown, and where it stands. @param {Postil.Place | null} [from] */
  async #head(from) {
    const { place, section, frame, strip, thread } = this;
    const { places, earlier, known } = this.article;
    const gone = place ? undefined : earlier?.find((one) => one.section === section?.id);
    const at = place ? places.indexOf(place) : -1;
    const part = place?.part && known[place.part]?.comments;
    const lines = (from || part || gone) && (await this.later(import("./lines.js")).catch(() => null));
    if (place) frame.title(places[1] ? say(t.where, { index: at + 1, of: places.length }) : t.page, place.heading, at, places.length);
    else frame.title(gone ? t.earlierOne : t.elsewhere, (gone ? gone.heading : section?.heading) || (gone ? t.goneSection : t.otherVersion));
    const had = strip.node.contains(frame.root.activeElement);
    strip.show(this.#tabs(), thread.section ?? "");
    if (lines) lines.addLines(this, from, gone);
    // The keyboard was on a line that is gone now.
    if (had) frame.heading.focus({ preventScroll: true });
  }

  /** The section's thread, those that were merged into it, and all. @returns {import("./strip.js").Tab[]} */
  #tabs() {
    const { known, places } = this.article;
    const { id: own, joined } = this.place ?? { id: this.home, joined: [] };
    const tabs = [own ?? "", ...joined].map((id, at) => {
      const heading = (at && known[id]?.heading) || "";
      return { id, heading, words: !at ? t.thisSection : heading ? t.from : t.fromEarlier, count: () => known[id || (this.home ?? "")]?.comments ?? 0 };
    });
    const count = () => Object.values(known).reduce((sum, { comments }) => sum + comments, 0);
    return places[1] ? [...tabs, { id: ALL, heading: "", words: t.allSections, count }] : tabs;
  }

  /** Show all sections, or a thread again. @param {boolean} isAll */
  #swap(isAll) {
    const { all, frame, thread } = this;
    thread.list.node.hidden = frame.foot.hidden = isAll;
    frame.order.style.visibility = isAll ? "hidden" : "";
    if (all) all.node.hidden = !isAll;
    frame.news("");
    if (!isAll) this.fresh(this.#fresh, true);
    this.unread?.tell();
  }

  /** Show another of the threads that stand here, or all. @param {string} id */
  async turn(id) {
    const { thread, strip, frame } = this;
    if (id === ALL) {
      this.all ??= new (await this.later(import("./everything.js"))).Everything(this);
      this.#swap(true);
      strip.mark(id, this.all.node);
      frame.dialog.dataset.section = id;
      if (!frame.dialog.open) this.#show();
      this.live.show();
      return this.all.open();
    }
    const wasAll = this.#isAll;
    this.#swap(false);
    strip.mark(id);
    // It may have begun since the tab was drawn.
    id ||= this.home ?? "";
    // What arrived meanwhile waits in the thread.
    if (wasAll && id === (thread.section ?? "") && frame.dialog.dataset.section === ALL && thread.list.items.size) {
      frame.dialog.dataset.section = id;
      return this.live.show();
    }
    this.seen.keep();
    thread.section = id || null;
    this.foot.label();
    return this.#watch(thread.section);
  }

  /** Try again what could not be read. */
  again() {
    const { section } = this.thread;
    return this.article.since && section ? this.#watch(section) : this.open(this.place, undefined, section ?? undefined);
  }

  /** @param {string | null} section @param {string} [comment] */
  async #watch(section, comment) {
    this.frame.dialog.dataset.section = section ?? "";
    this.seen.begin();
    this.desk?.clear();
    const loaded = this.thread.open(section, comment);
    const before = this.#watching;
    this.#watching = true;
    if (before) this.live.show();
    else this.live.start();
    const since = await loaded;
    this.#look();
    // A socket that was open already tells of this section only from now on: ask for what fell between.
    if (!before || !since || !section) return;
    const changes = await this.api.changes(since, section);
    if (changes.resync) return this.refresh();
    this.thread.fold({ ...changes, revision: Number(changes.since.split(".")[1]) });
  }

  /** What is shown, as the socket is told. @returns {(string | {outline: string, index: number})[]} */
  sections() {
    const { outline, places, known } = this.article;
    const id = this.thread.section;
    if (!this.frame.dialog.open) return [];
    if (this.#isAll) return Object.keys(known).slice(0, 500);
    if (id) return [id];
    return this.place ? [{ outline: outline.hash, index: places.indexOf(this.place) }] : [];
  }

  /** @param {Postil.LiveMessage} message */
  async receive(message) {
    resend();
    this.hear?.(message);
    const { article, thread } = this;
    if (message.type === "resync") return this.refresh();
    if (message.type === "presence") this.frame.present(message.reading, message.writing);
    if (message.type === "counts") {
      article.since = message.since;
      if (message.views) article.views(message.views);
      if (!article.count(message.sections)) {
        await this.identify(article.since);
        if (this.#isAll) this.live.show(), this.all?.catchUp();
      }
      this.counted();
    }
    if (message.type !== "changes") return;
    // The section may have got its id from another reader's first comment.
    if (!thread.section) await this.identify(article.since), this.counted();
    if (this.#isAll) this.all?.fold(message);
    if (message.section !== thread.section) return;
    thread.fold(message);
  }

  /** How many replies wait in the thread: on the pill, and told. @param {number} count @param {boolean} [again] */
  fresh(count, again) {
    const { frame, article } = this;
    const more = count > this.#fresh;
    if (count === this.#fresh && !again) return;
    this.#fresh = count;
    if (more) article.emit("arrived", { count });
    if (this.#isAll) return;
    frame.news(count ? say(t.fresh, { n: count }) : "");
    if (more) frame.say(say(t.freshIn, { n: count, heading: frame.heading.textContent ?? "" }));
    this.unread?.tell();
  }

  /** Show what waits. */
  reveal() {
    if (this.#isAll) this.all?.reveal();
    else this.thread.reveal();
  }

  /** @param {Postil.Sort} sort */
  order(sort) {
    keep("sort", sort);
    return this.thread.order(sort);
  }

  /** Where something is unread, load what walks it. */
  async #look() {
    if (!this.unread && !this.seen.isBehind) return;
    this.unread ??= new (await this.later(import("./unread.js"))).Unread(this);
    this.unread.begin();
  }

  /** @param {string} key that was pressed where nothing is written */
  async key(key) {
    if (key !== "?" && recall("keys") === false) return;
    const { Unread, help } = await this.later(import("./unread.js"));
    this.unread ??= new Unread(this);
    if (key === "?") help(this);
    else await this.unread.walk(key === "n" ? 1 : -1);
  }

  /** Somebody writes here: others may see that, where the owner wants it. */
  writing() {
    this.live.writing(this.home);
  }

  /** Take in what is known now of the threads here; the reader stays in the one that he opened. */
  counted() {
    this.home ??= this.place?.id ?? null;
    this.foot.follow();
    this.strip.count();
    if (this.thread.section || !this.home) return;
    this.thread.section = this.home;
    if (!this.#isAll) this.frame.dialog.dataset.section = this.home;
    this.thread.reload();
    this.live.show();
  }

  /** Ask who stands where, as the viewer that asks now. @param {string} [since] where the changes known end */
  async identify(since = "") {
    const { grant } = this.api;
    this.article.headers = grant ? { Authorization: `Bearer ${grant.token}` } : {};
    await this.article.identify();
    if (since) this.article.since = since;
  }

  /** Load all of it afresh: too much has changed, threads were moved, or the viewer's rights have changed. */
  async refresh() {
    try {
      await this.identify();
      this.counted();
      if (this.#isAll) this.all?.catchUp();
      await this.thread.reload();
    } catch {
      // What is told meanwhile goes on from a state that was never read: ask again until it is.
      setTimeout(() => this.refresh(), AGAIN * (0.5 + Math.random()));
    }
  }

  /** The thread whose comments of the viewer's own are shown here. */
  get mine() {
    return this.thread.section ?? this.foot.begunAt(this.place);
  }

  /** Take in the answer to something that the viewer did. @param {Postil.Answer} answer @param {string} [said] */
  take({ comment, section, own }, said) {
    const { thread } = this;
    this.article.count([section]);
    this.counted();
    // What he wrote himself is not new to him.
    if (this.mine === section.id) thread.wrote({ ...comment, ...own }).then(() => this.section?.id === section.id && this.seen.keep());
    if (said) this.frame.say(comment.state === "pending" ? t.postedPending : said);
  }

  /** @param {number} by */
  step(by) {
    const { places } = this.article;
    const next = this.place && places[places.indexOf(this.place) + by];
    if (!next) return;
    next.row.scrollIntoView({ block: "center" });
    this.open(next);
  }

  closed() {
    this.seen.keep();
    this.live.show();
    this.article.emit("close");
    this.#opener?.focus({ preventScroll: true });
    this.#opener = null;
  }

  /** The article is not on the page any more. */
  leave() {
    this.frame.leave();
    this.live.stop();
    this.thread.stop();
  }

  /** Places and outline are new, the page is the same: whoever reads or writes goes on. */
  changed() {
    const { article, place, frame } = this;
    this.api.outline = article.outline;
    if (place) this.place = article.places.find(({ id, name }) => (place.id ? id === place.id : name === place.name)) ?? place;
    this.#opener = this.place?.opener;
    if (!frame.dialog.open) return;
    frame.show();
    this.counted();
    this.live.start();
  }

  /** Open the menu, or put it away. */
  async menu() {
    const { frame } = this;
    if (!frame.menu.hidden) return frame.openMenu();
    const { items } = await this.later(import("./menu.js"));
    frame.openMenu(items(this));
  }

  /** What moderators need is loaded for them alone. */
  async equip() {
    if (!this.api.grant || this.desk) return;
    try {
      const { Desk } = await this.later(import("./desk.js"));
      this.desk ??= new Desk(this);
    } catch {
      // Without it he reads; it is asked for again when the panel is opened next.
    }
  }

}

/** To make the panel is one task, to say what it shows another, to show it a third, and to ask for what it shows a fourth. */
const turn = () => new Promise((go) => setTimeout(go));

/** Of each article on the page that somebody opened. @type {Map<Postil.Article, Panel>} */
const panels = new Map();

/** The panel of an article, as the only one on the screen. @param {Postil.Article} article */
const panelOf = async (article) => {
  await speak(article.modules, article.lang);
  for (const [other, panel] of panels) if (other !== article && panel.frame.node.isConnected) panel.frame.close(), panel.frame.node.remove();
  if (!panels.has(article)) {
    panels.set(article, new Panel(article));
    await turn();
  }
  return /** @type {Panel} */ (panels.get(article));
};

/** @param {Postil.Article} article @param {Postil.Place | null} place @param {string} [comment] @param {string} [section] */
export const open = async (article, place, comment, section) => (await panelOf(article)).open(place, comment, section);

/** Show what is newest in all sections. @param {Postil.Article} article */
export const everything = async (article) => (await panelOf(article)).everything();

/** Show the discussions whose words are no longer here. @param {Postil.Article} article */
export const earlier = async (article) => {
  await speak(article.modules, article.lang);
  const { drawEarlier } = await more(import("./earlier.js"));
  drawEarlier(article, (section) => open(article, null, undefined, section));
};

/** An article is not on the page any more. @param {Postil.Article} article */
export const left = (article) => {
  panels.get(article)?.leave();
  panels.delete(article);
};

/** The same page was found anew. @param {Postil.Article} article */
export const changed = (article) => panels.get(article)?.changed();

/** Send what could not be sent when this page was visited last. @param {Postil.Article} article */
export const resume = async (article) => {
  await speak(article.modules, article.lang);
  (await sending()).resume(article, panels.get(article));
};
