// @ts-check
/**
 * The comments of one section as one viewer has them: a window read at a revision, and every change since
 * folded into it (law 1). Of two versions of a comment the higher revision wins, and what is gone comes back
 * only with a higher one. What arrives waits until it is revealed (law 8). Pure: no page, no clock, no network.
 *
 * The order is kept, never made anew: a change costs what it changes, however many comments are loaded.
 *
 * @typedef {{comment: Postil.Comment, parent: string, to?: Postil.Comment, replies: number, news: number, folded: boolean}} CommentRow
 * @typedef {{cursor: string, parent: string}} MoreRow
 */

/** Ranks of what was not part of a loaded window begin here: after "Show more comments". */
const LATER = 1e9;
const MORE = "more ";

export class Store {
  /** @type {Map<string, Postil.Comment>} */
  comments = new Map();
  /** The viewer's own, as only he sees them. @type {Map<string, Postil.Comment>} */
  own = new Map();
  /** @type {Map<string, number>} */
  gone = new Map();
  /** @type {Set<string>} */
  waiting = new Set();
  /** Cursors of what is not loaded: of a thread by its first comment, of further threads by "". @type {Map<string, string>} */
  more = new Map();
  /** @type {Map<string, number>} */
  ranks = new Map();
  /**
   * What stands directly below each comment, in order, what waits included; below "" the first of each thread.
   * Where more can be asked for, that has its place among them, as `more ID`. @type {Map<string, string[]>}
   */
  kids = new Map();
  /** Where each stands now. @type {Map<string, {parent: string, rank: number, shown: boolean, author?: string}>} */
  #places = new Map();
  /** How many stand below each comment and are shown. @type {Map<string, number>} */
  #sizes = new Map();
  /** What waits and is told of, with the first comment of its thread. @type {Map<string, string>} */
  #told = new Map();
  /** How many of a thread wait. @type {Map<string, number>} */
  #news = new Map();
  /** What is shown and unread, as it came. @type {Set<string>} */
  unread = new Set();
  /** What may look otherwise than it was drawn, or stand elsewhere. @type {Set<string>} */
  touched = new Set();
  step = 0;
  newest = 0;
  /** Whether the window began at the beginning (one around a permalink does not). */
  whole = true;

  /**
   * @param {Postil.Sort} [sort]
   * @param {Set<string>} [folded] comments whose replies are put away
   * @param {(comment: Postil.Comment) => boolean} [isMuted] whether nobody wants to hear that it came
   * @param {(comment: Postil.Comment) => boolean} [isUnread]
   */
  constructor(sort = "oldest", folded = new Set(), isMuted = () => false, isUnread = isMuted) {
    this.sort = sort;
    this.folded = folded;
    this.isMuted = isMuted;
    this.isUnread = isUnread;
  }

  /**
   * Take in a page of the window, all of it as of its `since`; `parent` when it was asked for by that thread's cursor.
   * @param {Postil.Thread} thread
   * @param {string} [parent]
   */
  load({ since, comments, next, more = {}, section }, parent = "") {
    this.#ask(parent, next);
    for (const comment of comments) {
      const { id } = comment;
      this.#put({ ...comment, revision: Number(since.split(".")[1]) });
      if (!this.comments.has(id)) continue;
      this.ranks.set(id, this.step++);
      this.waiting.delete(id);
      this.#place(id);
    }
    for (const [id, cursor] of Object.entries(more)) this.#ask(id, cursor);
    this.#settle();
    this.newest = Math.max(this.newest, section.last ?? 0);
  }

  /** Where more can be asked for, or no longer. @param {string} parent @param {string} [cursor] */
  #ask(parent, cursor) {
    if (cursor) this.more.set(parent, cursor);
    else this.more.delete(parent);
    this.#stand(MORE + parent, parent, cursor ? LATER - 0.5 : undefined);
    this.touched.add(MORE + parent).add(parent);
  }

  /** The higher revision wins. @param {Postil.Comment} comment @returns {boolean} whether it was news */
  #put(comment) {
    const { id, revision } = comment;
    const seen = this.comments.get(id)?.revision ?? this.gone.get(id) ?? -1;
    if (revision <= seen) return false;
    this.comments.set(id, comment);
    this.gone.delete(id);
    return true;
  }

  /**
   * Fold a step of changes in. A reply is taken after its parent, whatever their order in the step.
   * @param {{comments: Postil.Comment[], gone: string[], revision: number}} changes
   * @param {(id: string) => boolean} [isHeld] whether the viewer writes under a comment, which keeps its place
   */
  fold({ comments, gone, revision }, isHeld) {
    for (const id of gone) {
      const held = isHeld?.(id) && this.get(id);
      this.drop(id, revision);
      if (held) this.#hold(held, revision);
    }
    let left = comments;
    for (let before = -1; left.length !== before; ) {
      before = left.length;
      left = left.filter((comment) => !this.take(comment));
    }
  }

  /** @param {Postil.Comment} comment @returns {boolean} false: not in the window, as far as known */
  take(comment) {
    const { id } = comment;
    const known = this.comments.has(id);
    // What once had a place comes back to it.
    if (!known && !this.ranks.has(id) && !this.#arrives(comment)) return false;
    if (!this.#put(comment)) return true;
    if (!known && !this.own.has(id)) this.waiting.add(id);
    this.#rank(comment);
    this.#place(id);
    return true;
  }

  /** Whether an unknown comment is new to the window, rather than outside of it. @param {Postil.Comment} comment */
  #arrives({ parent, at }) {
    if (parent && !this.comments.has(parent)) return false;
    return at >= this.newest || (this.whole && !this.more.size);
  }

  /** @param {string} id @param {number} revision */
  drop(id, revision) {
    if ((this.comments.get(id)?.revision ?? -1) > revision) return;
    this.gone.set(id, Math.max(revision, this.gone.get(id) ?? 0));
    this.comments.delete(id);
    this.waiting.delete(id);
    this.#place(id);
  }

  /** The latest has its place at the end that the order gives it; what has a place keeps it. @param {Postil.Comment} comment */
  #rank({ id, parent }) {
    if (!this.ranks.has(id)) this.ranks.set(id, this.sort === "newest" && !parent ? -++this.step : LATER + this.step++);
  }

  /** Take in the viewer's own, as only he sees them. @param {Postil.Comment[]} comments */
  owned(comments) {
    const before = this.own;
    this.own = new Map(comments.map((comment) => [comment.id, comment]));
    for (const id of new Set([...before.keys(), ...this.own.keys()])) this.#place(id);
    this.#settle();
  }

  /** Whether readers do not see one of the viewer's own. @param {string} id */
  #isUnseen(id) {
    return /pending|hidden/.test(this.own.get(id)?.state ?? "") && !this.comments.has(id);
  }

  /** Give those places among the others: by their ids, which sort by time, as the window has no place for them. */
  #settle() {
    for (const { id, parent = "" } of this.own.values()) {
      if (!this.#isUnseen(id) || (this.ranks.get(id) ?? 0.5) % 1 === 0) continue;
      const newest = this.sort === "newest" && !parent;
      const before = (this.kids.get(parent) ?? []).filter((other) => this.comments.has(other) && (newest ? other > id : other < id));
      this.ranks.set(id, (this.ranks.get(before.at(-1) ?? "") ?? -1) + 0.5);
      this.#place(id);
    }
  }

  /** Take in what the viewer himself wrote; it never waits. @param {Postil.Comment} comment */
  mine(comment) {
    const { source, editable_until, held, ...shown } = comment;
    const { id, state = "published", revision } = shown;
    this.own.set(id, comment);
    this.#rank(comment);
    if (state === "published") this.take(shown);
    else if (!/pending|hidden/.test(state)) this.#bury(comment);
    else if (this.comments.get(id)?.author) this.drop(id, revision);
    this.waiting.delete(id);
    this.#place(id);
  }

  /** A comment that is taken down leaves its place where somebody answered it, and nothing where nobody did. @param {Postil.Comment} comment */
  #bury({ id, parent, at, revision, state, reason }) {
    const answered = this.kids.get(id)?.some((kid) => this.comments.has(kid));
    if (answered) this.#put({ id, parent, at, revision, state, reason });
    this.own.delete(id);
    if (!answered) this.drop(id, revision);
  }

  /** Keep the place of a comment that is gone. @param {Postil.Comment} comment @param {number} revision */
  #hold({ id, parent, at }, revision) {
    this.comments.set(id, { id, parent, at, revision, state: "gone" });
    this.own.delete(id);
    this.#place(id);
  }

  /** Let go of a place that was held. @param {string} id */
  release(id) {
    const { state, revision = 0 } = this.comments.get(id) ?? {};
    if (state === "gone") this.drop(id, revision);
  }

  /** How many support a comment, as just answered; the next version of it says so too. @param {string} id @param {number} support */
  supported(id, support) {
    const comment = this.comments.get(id);
    if (comment) this.comments.set(id, { ...comment, support });
    this.#place(id);
  }

  /** How many replies wait; a tombstone is no news. */
  get fresh() {
    return this.#told.size;
  }

  /** Have comments wait. @param {Iterable<string>} ids */
  wait(ids) {
    for (const id of ids) this.waiting.add(id), this.#place(id);
  }

  /** Show what waited. @param {string} [thread] of that thread alone @returns {string[]} what is shown now and was not, as it was received */
  reveal(thread) {
    const ids = [...this.waiting].filter((id) => !thread || this.path(id)[0] === thread);
    for (const id of ids) this.waiting.delete(id), this.#place(id);
    return ids;
  }

  /** Where a comment stands: the first of its thread, and each answer down to it. @param {string} id */
  path(id) {
    const path = [id];
    for (let parent = this.get(id)?.parent; parent; parent = this.get(parent)?.parent) path.unshift(parent);
    return path;
  }

  /** The comment as this viewer sees it. @param {string} id @returns {Postil.Comment | undefined} */
  get(id) {
    const [shown, own] = [this.comments.get(id), this.own.get(id)];
    // Where readers see that one was taken down, its author sees what it was.
    return shown?.author || (own?.state ?? "published") === "published" ? (shown ?? own) : own;
  }

  /** What is on show of a comment, or where more can be asked for. @param {string} key @returns {CommentRow | MoreRow | undefined} */
  row(key) {
    const { parent = "", shown } = this.#places.get(key) ?? {};
    if (key.startsWith(MORE)) return shown ? { cursor: this.more.get(parent) ?? "", parent } : undefined;
    const comment = shown && this.get(key);
    if (!comment) return;
    const folded = this.folded.has(key);
    const size = this.#sizes.get(key) ?? 0;
    const replies = size || Number(this.more.has(key));
    return { comment, parent, to: this.get(parent), replies, news: this.#news.get(key) ?? 0, folded: folded && !!replies };
  }

  /**
   * All that is on show, in order: comments by their ids, and where more can be asked for. This walks what is loaded.
   * @param {string} [below] @param {Set<string>} [folded] @returns {Generator<string>}
   */
  *order(below = "", folded = this.folded) {
    /** @type {string[]} */
    const stack = [...(this.kids.get(below) ?? [])].reverse();
    for (let key = stack.pop(); key; key = stack.pop()) {
      if (!this.#places.get(key)?.shown) continue;
      yield key;
      if (!folded.has(key)) stack.push(...[...(this.kids.get(key) ?? [])].reverse());
    }
  }

  /** Take in that a comment came, changed, waits or went. @param {string} id */
  #place(id) {
    const was = this.#places.get(id);
    const comment = this.comments.has(id) || this.#isUnseen(id) ? this.get(id) : undefined;
    const parent = (comment ?? was)?.parent ?? "";
    this.#stand(id, parent, comment && (this.ranks.get(id) ?? LATER), !this.waiting.has(id), comment?.author);
    this.touched.add(id);
    if (!!was?.shown !== !!this.#places.get(id)?.shown) this.#grow(parent, (was?.shown ? -1 : 1) * (1 + (this.#sizes.get(id) ?? 0)));
    // Its replies say whom they answer.
    if (was && was.author !== comment?.author) for (const kid of this.kids.get(id) ?? []) this.touched.add(kid);
    this.unread.delete(id);
    if (comment?.author && !this.waiting.has(id) && this.isUnread(comment)) this.unread.add(id);
    this.#tell(id);
  }

  /** Put something in its place among what has the same parent, or without a rank take it away. @param {string} key @param {string} parent @param {number} [rank] @param {boolean} [shown] @param {string} [author] */
  #stand(key, parent, rank, shown = true, author) {
    const was = this.#places.get(key);
    const kids = this.kids.get(parent) ?? [];
    if (was && was.rank !== rank) kids.splice(this.index(key), 1);
    if (rank === undefined) return void this.#places.delete(key);
    const place = { parent, rank, shown, author };
    this.#places.set(key, place);
    if (was?.rank !== rank) kids.splice(this.index(key), 0, key);
    this.kids.set(parent, kids);
  }

  /** The index of something among what has the same parent; of what is not there yet, where it belongs. @param {string} key */
  index(key) {
    const { parent, rank } = /** @type {{parent: string, rank: number}} */ (this.#places.get(key));
    const kids = this.kids.get(parent) ?? [];
    const turn = this.sort === "newest" && !parent ? -1 : 1;
    let [from, to] = [0, kids.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const kid = kids[middle];
      const before = (this.#places.get(kid)?.rank ?? 0) - rank || (kid < key ? -turn : kid > key ? turn : 0);
      if (before < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Count what is shown below a comment, and below those that it answers. @param {string} id @param {number} by */
  #grow(id, by) {
    while (id) {
      this.touched.add(id);
      this.#sizes.set(id, (this.#sizes.get(id) ?? 0) + by);
      const { parent = "", shown } = this.#places.get(id) ?? {};
      id = shown ? parent : "";
    }
  }

  /** Count what waits in a thread. @param {string} id */
  #tell(id) {
    const told = this.#told.get(id);
    const comment = this.comments.get(id);
    const tells = this.waiting.has(id) && comment?.author && !this.isMuted(comment);
    if (!!tells === !!told) return;
    const thread = told ?? this.path(id)[0];
    if (tells) this.#told.set(id, thread);
    else this.#told.delete(id);
    this.#news.set(thread, (this.#news.get(thread) ?? 0) + (tells ? 1 : -1));
    this.touched.add(thread);
  }
}
