// @ts-check
/** Asking now and then, where sockets do not get through; what is answered is told in the socket's words. */

const POLL = 15000;
/** Polls after which the socket is tried again. */
const PATIENCE = 8;

/** @param {import("./live.js").Live} live @param {number} [turn] */
export const poll = async (live, turn = 1) => {
  const { api, article, frame } = live.panel;
  const shown = live.panel.sections().filter((one) => typeof one === "string");
  frame.live("polling");
  try {
    tell(live, await api.changes(article.since, shown), shown);
  } catch {
    frame.live("offline");
  }
  if (!live.socket) live.later(POLL, () => (turn % PATIENCE ? poll(live, turn + 1) : live.start()));
};

/** @param {import("./live.js").Live} live @param {Postil.Changes} changes @param {string[]} shown */
const tell = ({ panel }, { since, resync, sections, comments, gone, views }, shown) => {
  if (resync) return panel.receive({ type: "resync", since });
  for (const section of shown) {
    const news = comments.filter((comment) => comment.section === section);
    if (news.length + gone.length) panel.receive({ type: "changes", section, comments: news, gone });
  }
  panel.receive({ type: "counts", since, sections, views });
};
