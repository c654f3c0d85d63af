// @ts-check
/** What the panel tells an author of the state of what he wrote, in English. */

import { t } from "./strings.js";

export const mine = {
  pending: "Waits for a moderator. Only you see it.",
  hidden: (/** @type {string | undefined} */ reason) => (reason ? `${t.tombs.hidden}: ${reason}` : t.tombs.hidden),
  held: "Your edit waits for a moderator; readers see the text before it.",
  showHeld: "Show your edit",
  hideHeld: "Put your edit away",
  told: {
    approved: "A moderator approved it.",
    shownAgain: "A moderator looked again: it is shown.",
    editApproved: "A moderator approved your edit.",
    editRefused: "A moderator kept the text before your edit.",
  },
  askAgain: "Ask again",
  appealed: { open: "You asked again; a moderator will look.", refused: "A moderator looked again: it stays hidden." },
};
