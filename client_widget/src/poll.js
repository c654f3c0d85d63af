// @ts-check
/** Asking now and then, where sockets do not get through; what is answered is told in the socket's words. */

const POLL = 15000;
/** Polls after which the socket is tried again. */
const PATIENCE = 8;

/** @param {import("./live.js").Live} live @param {number} [turn] */
export const poll = async (live, turn = 1) => {
  const { panel } = live;
  const shown = panel.sections().filter((one) => typeof one === "string");
  panel.frame.live("polling");
  try {
    tell(panel, await panel.api.changes(panel.article.since, shown), shown);
  } catch {
    panel.frame.live("offline");
  }
  if (!live.socket) live.later(POLL, () => (turn % PATIENCE ? poll(live, turn + 1) : live.start()));
};

/** @param {import("./panel.js").Panel} panel @param {Postil.Changes} changes @param {string[]} shown */
const tell = (panel, changes, shown) => {
  if (changes.resync) return panel.receive({ ...changes, type: "resync" });
  for (const section of shown) {
    const comments = changes.comments.filter((comment) => comment.section === section);
    if (comments[0] ?? changes.gone[0]) panel.receive({ ...changes, type: "changes", section, comments, revision: Number(changes.since.split(".")[1]) });
  }
  panel.receive({ ...changes, type: "counts" });
};
