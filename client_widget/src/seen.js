// @ts-check
/** What was read on this page, section by section, as this browser remembers it. */

import { keep, recall } from "./storage.js";

/** So many pages are remembered, the longest unused go. */
const MOST_PAGES = 60;

export class Seen {
  /** What was read here until the section was opened. @type {Postil.Seen | undefined} */
  was;

  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
  }

  /** From now on what came since is unread. */
  begin() {
    this.was = recall("seen")?.[this.panel.page];
  }

  /** Whether a comment has come since the viewer was last in its section. @param {Postil.Comment} comment */
  isUnread({ id, at, section }) {
    const { thread } = this.panel;
    return !!this.was && at > (this.was[section ?? thread.section ?? ""]?.[1] ?? 0) && !thread.store.own.has(id);
  }

  /** Whether any section has something unread. */
  get isBehind() {
    const { was } = this;
    return !!was && Object.values(this.panel.article.known).some(({ id, last = 0 }) => last > (was[id]?.[1] ?? 0));
  }

  /** Remember what was read in the section shown: all that is on show, and nothing that waits. */
  keep() {
    const { section, page, thread, article } = this.panel;
    const { waiting, comments, fresh } = thread.store;
    if (!section || !comments.size) return;
    const { [page]: seen, ...others } = recall("seen") ?? {};
    const last = Math.min(section.last ?? 0, ...[...waiting].map((id) => (comments.get(id)?.at ?? Infinity) - 1));
    const now = { ...seen, [section.id]: [section.comments - fresh, last] };
    keep("seen", Object.fromEntries([...Object.entries(others).slice(1 - MOST_PAGES), [page, now]]));
    article.count([]);
  }
}
