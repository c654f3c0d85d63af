// @ts-check
/** What a moderator decides about the viewer's own comments, seen in two looks at them. Pure. */

/** Whether a moderator may change what its author sees without readers being told of anything. @param {Postil.Comment} own */
export const isWaiting = ({ state, held, appeal }) => state === "pending" || !!held || appeal === "open";

/** Whether there is something to tell its author. @param {Postil.Comment} own */
export const isSpecial = ({ state, held }) => !!state || !!held;

/**
 * Whether changes may come from a decision about the viewer's own.
 * @param {{comments: Postil.Comment[], gone: string[]}} changes @param {Map<string, Postil.Comment>} own
 */
export const concern = ({ comments, gone }, own) =>
  gone.some((id) => own.has(id)) ||
  comments.some(({ id, author }) => {
    const mine = own.get(id);
    return mine && (!author || isSpecial(mine));
  });

/**
 * What was decided, where nothing else would say so: standing.js has the words.
 * @param {Postil.Comment} before @param {Postil.Comment} after
 */
export const decided = (before, after) => {
  /** @type {"shownAgain" | "approved" | "editApproved" | "editRefused" | undefined} */
  let said;
  if (isSpecial(after)) return said;
  if (before.state) said = before.state === "hidden" ? "shownAgain" : "approved";
  else if (before.held) said = after.source === before.source ? "editApproved" : "editRefused";
  return said;
};
