// @ts-check
/** What there is to tell an author about his own comments; standing.js tells it. Pure. */

/** Whether there is something to tell its author. @param {Postil.Comment} own */
export const isSpecial = ({ state, held }) => !!(state || held);

/**
 * Whether changes may come from a decision about the viewer's own.
 * @param {{comments: Postil.Comment[], gone: string[]}} changes @param {Map<string, Postil.Comment>} own
 */
export const concern = ({ comments, gone }, own) =>
  gone.some((id) => own.has(id)) ||
  comments.some(({ id, author }) => {
    const mine = own.get(id);
    return mine && (!author || isSpecial(mine) || mine.refused);
  });
