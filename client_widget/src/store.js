// @ts-check
/**
 * The comments of one section as one viewer has them: a window read at a revision, and every change since
 * folded into it (law 1). Of two versions of a comment the higher revision wins, and what is gone comes back
 * only with a higher one. What arrives waits until it is revealed (law 8). Pure: no page, no clock, no network.
 *
 * @typedef {{comment: Postil.Comment, depth: number, to?: Postil.Comment, replies: number, folded: boolean}} CommentRow
 * @typedef {{cursor: string, parent: string, depth: number}} MoreRow
 */

/** Ranks of what was not part of a loaded window begin here: after "Show more comments". */
const LATER = 1e9;

export class Store {
  /** @param {Postil.Sort} [sort] */
  constructor(sort = "oldest") {
    this.sort = sort;
    /** @type {Map<string, Postil.Comment>} */
    this.comments = new Map();
    /** The viewer's own, as only he sees them. @type {Map<string, Postil.Comment>} */
    this.own = new Map();
    /** @type {Map<string, number>} */
    this.gone = new Map();
    /** @type {Set<string>} */
    this.waiting = new Set();
    /** Cursors of what is not loaded: of a thread by its first comment, of further threads by "". @type {Map<string, string>} */
    this.more = new Map();
    /** @type {Map<string, number>} */
    this.ranks = new Map();
    this.step = 0;
    this.newest = 0;
    /** Whether the window began at the beginning (one around a permalink does not). */
    this.whole = true;
  }

  /**
   * Take in a page of the window; `parent` when it was asked for by that thread's cursor.
   * @param {Postil.Thread} thread
   * @param {string} [parent]
   */
  load(thread, parent = "") {
    this.more.delete(parent);
    for (const comment of thread.comments) {
      this.put(comment);
      if (!this.comments.has(comment.id)) continue;
      this.ranks.set(comment.id, this.step++);
      this.waiting.delete(comment.id);
    }
    if (thread.next) this.more.set(parent, thread.next);
    for (const [id, cursor] of Object.entries(thread.more ?? {})) this.more.set(id, cursor);
    this.#settle();
    this.newest = Math.max(this.newest, thread.section.last ?? 0);
  }

  /** The higher revision wins. @param {Postil.Comment} comment @returns {boolean} whether it was news */
  put(comment) {
    const seen = this.comments.get(comment.id)?.revision ?? this.gone.get(comment.id) ?? -1;
    if (comment.revision <= seen) return false;
    this.comments.set(comment.id, comment);
    this.gone.delete(comment.id);
    return true;
  }

  /**
   * Fold a step of changes in. A reply is taken after its parent, whatever their order in the step.
   * @param {{comments: Postil.Comment[], gone: string[], revision: number}} changes
   */
  fold({ comments, gone, revision }) {
    for (const id of gone) this.drop(id, revision);
    let left = comments;
    for (let before = -1; left.length !== before; ) {
      before = left.length;
      left = left.filter((comment) => !this.take(comment));
    }
  }

  /** @param {Postil.Comment} comment @returns {boolean} false: not in the window, as far as known */
  take(comment) {
    const { id } = comment;
    if (this.comments.has(id)) return this.put(comment), true;
    if (!this.own.has(id) && !this.arrives(comment)) return false;
    if (!this.put(comment)) return true;
    this.#rank(comment);
    if (!this.own.has(id)) this.waiting.add(id);
    return true;
  }

  /** Whether an unknown comment is new to the window, rather than outside of it. @param {Postil.Comment} comment */
  arrives({ id, parent, at }) {
    if (parent && !this.comments.has(parent)) return false;
    return this.gone.has(id) || at >= this.newest || (this.whole && !this.more.size);
  }

  /** @param {string} id @param {number} revision */
  drop(id, revision) {
    if ((this.comments.get(id)?.revision ?? -1) > revision) return;
    this.gone.set(id, Math.max(revision, this.gone.get(id) ?? 0));
    this.comments.delete(id);
    this.waiting.delete(id);
    // What the viewer wrote goes on standing there for him.
    if (!this.own.has(id)) this.ranks.delete(id);
  }

  /** The latest has its place at the end that the order gives it; what has a place keeps it. @param {Postil.Comment} comment */
  #rank({ id, parent }) {
    if (this.ranks.has(id)) return;
    this.ranks.set(id, this.sort === "newest" && !parent ? -++this.step : LATER + this.step++);
  }

  /** Take in the viewer's own, as only he sees them. @param {Postil.Comment[]} comments */
  owned(comments) {
    this.own = new Map(comments.map((comment) => [comment.id, comment]));
    this.#settle();
  }

  /** Of the viewer's own, those that readers do not see. */
  get #unseen() {
    return [...this.own.values()].filter(({ id, state }) => (state === "pending" || state === "hidden") && !this.comments.has(id));
  }

  /** Give them places among the others: by their ids, which sort by time, as the window has no place for them. */
  #settle() {
    for (const { id, parent } of this.#unseen) {
      if ((this.ranks.get(id) ?? 0.5) % 1 === 0) continue;
      const newest = this.sort === "newest" && !parent;
      const others = [...this.comments.values()].filter((other) => other.parent === parent && other.id !== id);
      const ranks = others.filter((other) => (newest ? other.id > id : other.id < id)).map((other) => this.ranks.get(other.id) ?? 0);
      this.ranks.set(id, ranks.length ? Math.max(...ranks) + 0.5 : -0.5);
    }
  }

  /** Take in what the viewer himself wrote; it never waits. @param {Postil.Comment} comment */
  mine(comment) {
    const { id, state = "published", revision } = comment;
    this.own.set(id, comment);
    if (state === "published") this.take(comment);
    else if (state !== "pending" && state !== "hidden") this.bury(comment);
    else if (this.comments.get(id)?.author) this.drop(id, revision);
    this.#rank(comment);
    this.waiting.delete(id);
  }

  /** A comment that is taken down leaves its place where somebody answered it, and nothing where nobody did. @param {Postil.Comment} comment */
  bury({ id, parent, at, revision, state, reason }) {
    const answered = [...this.comments.values()].some((other) => other.parent === id);
    if (answered) this.put({ id, parent, at, revision, state, reason });
    else this.drop(id, revision);
    this.own.delete(id);
  }

  /** Keep the place of a comment that is gone, because the viewer writes under it. @param {Postil.Comment} comment @param {number} revision */
  hold({ id, parent, at }, revision) {
    const held = /** @type {Postil.Comment} */ ({ id, parent, at, revision, state: "gone" });
    this.comments.set(id, held);
    this.own.delete(id);
  }

  /** Let go of a place that was held. @param {string} id */
  release(id) {
    const held = this.comments.get(id);
    if (held?.state === "gone") this.drop(id, held.revision);
  }

  /** How many support a comment, as just answered; the next version of it says so too. @param {string} id @param {number} support */
  supported(id, support) {
    const comment = this.comments.get(id);
    if (comment) this.comments.set(id, { ...comment, support });
  }

  /** How many replies wait; a tombstone is no news. */
  get fresh() {
    return [...this.waiting].filter((id) => this.comments.get(id)?.author).length;
  }

  /** Show what waited. @returns {string[]} what is shown now and was not, as it was received */
  reveal() {
    const ids = [...this.waiting];
    this.waiting.clear();
    return ids;
  }

  /** The comment as this viewer sees it. @param {string} id @returns {Postil.Comment | undefined} */
  get(id) {
    const [shown, own] = [this.comments.get(id), this.own.get(id)];
    // Where readers see that one was taken down, its author sees what it was.
    return shown?.author || (own?.state ?? "published") === "published" ? (shown ?? own) : own;
  }

  /**
   * What is on show, in order: comments, each followed by its replies, and where more can be asked for.
   * Walks with a stack, for a chain of replies may be longer than the call stack.
   * @param {Set<string>} [folded] comments whose replies are put away
   * @returns {(CommentRow | MoreRow)[]}
   */
  rows(folded = new Set()) {
    const replies = this.#replies();
    /** @type {(CommentRow | MoreRow)[]} */
    const rows = [];
    /** @type {{id: string, depth: number, more?: boolean}[]} */
    const stack = this.#below("", -1, replies);
    for (let top = stack.pop(); top; top = stack.pop()) {
      const { id, depth, more } = top;
      const comment = this.get(id);
      if (more) rows.push({ cursor: this.more.get(id) ?? "", parent: id, depth });
      if (more || !comment) continue;
      const below = this.#below(id, depth, replies);
      const count = folded.has(id) ? this.#under(id, replies) : below.length;
      rows.push({ comment, depth, to: this.get(comment.parent ?? ""), replies: count, folded: folded.has(id) });
      if (!folded.has(id)) stack.push(...below);
    }
    return rows;
  }

  /** @param {string} id @param {number} depth @param {Map<string, string[]>} replies */
  #below(id, depth, replies) {
    /** @type {{id: string, depth: number, more?: boolean}[]} */
    const below = (replies.get(id) ?? []).map((id) => ({ id, depth: depth + 1 }));
    if (!this.more.has(id)) return below.reverse();
    const later = below.findIndex((item) => (this.ranks.get(item.id) ?? 0) >= LATER);
    below.splice(later < 0 ? below.length : later, 0, { id, depth: depth + 1, more: true });
    return below.reverse();
  }

  /** How many comments stand below one. @param {string} id @param {Map<string, string[]>} replies */
  #under(id, replies) {
    const found = [id];
    for (const one of found) found.push(...(replies.get(one) ?? []));
    return found.length - 1;
  }

  /** Ids of what is on show by parent, in order. */
  #replies() {
    /** @type {Map<string, string[]>} */
    const replies = new Map();
    for (const { id, parent = "" } of [...this.comments.values(), ...this.#unseen]) {
      if (this.waiting.has(id)) continue;
      const siblings = replies.get(parent);
      if (siblings) siblings.push(id);
      else replies.set(parent, [id]);
    }
    const rank = (/** @type {string} */ id) => this.ranks.get(id) ?? LATER;
    for (const ids of replies.values()) ids.sort((a, b) => rank(a) - rank(b));
    return replies;
  }
}
