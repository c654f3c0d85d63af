// @ts-check
/** What the panel says to what is done seldom (seldom.js), in English. */

import { n } from "./strings.js";

export const seldomWords = {
  thenSaid: "Then",
  nowSays: "Now",
  thenUnknown: "How the section began then is not known.",
  nowSame: "It begins as it did then. What follows was changed.",
  nowUnknown: "How the section begins now is not known.",
  thanks: "Thank you. A moderator will look at it.",
  removed: "Removed",
  save: "Save",
  remove: "Remove your comment? Its text will be gone.",
  why: "Why?",
  note: "Anything to add?",
  send: "Send",
  reasons: { spam: "spam", abuse: "abuse", "off-topic": "off topic", illegal: "illegal", other: "something else" },
  appeal: {
    ask: "Why should it be shown?",
    next: "A moderator reads this and looks at the comment again. You are told here what comes of it; about this decision you can ask once.",
    label: "Your reasons",
    left: (/** @type {number} */ count) => `${n(count, "character")} left`,
    send: "Ask again",
  },
};
