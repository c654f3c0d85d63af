// @ts-check
/** Everything the panel says, in English. */

/** @param {number} n @param {string} one @param {string} [many] */
export const n = (n, one, many = one + "s") => `${n} ${n === 1 ? one : many}`;

/** How a text begins: where it was cut, it says so. @param {string} text */
export const begun = (text) => (/[.!?:…。！？"'”’»)]$/.test(text) ? text : `${text} …`);

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

/** @param {number} at epoch seconds */
export const ago = (at) => {
  const seconds = at - Date.now() / 1000;
  const [unit, size] = UNITS.find(([, size]) => -seconds >= size) ?? [];
  return unit && size ? relative.format(Math.ceil(seconds / size), unit) : t.now;
};

/** @param {number} at epoch seconds */
export const date = (at) => new Date(at * 1000).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });

export const t = {
  now: "just now",
  panel: "Discussion",
  where: (/** @type {number} */ index, /** @type {number} */ of) => `Section ${index} of ${of}`,
  page: "This page",
  elsewhere: "Another section",
  otherVersion: "A section of another version of this page",
  comments: (/** @type {number} */ count) => n(count, "comment"),
  threads: "Discussions of this section",
  thisSection: "This section",
  from: (/** @type {string} */ heading) => (heading ? `From “${heading}”` : "From an earlier section"),
  part: (/** @type {number} */ count, /** @type {string} */ heading) =>
    `${t.comments(count)} from when this was part of ${heading ? `“${heading}”` : "another section"}`,
  back: (/** @type {string} */ heading) => `Back to “${heading}”`,
  earlier: "Earlier discussions",
  earlierHint: "About parts that are no longer in this article.",
  earlierOne: "Earlier discussion",
  goneSection: "A section that is no longer here",
  lost: "This section is no longer in the article.",
  began: "It began:",
  then: "Written about an earlier version",
  tools: { previous: "Previous section", next: "Next section", menu: "More", close: "Close" },
  menu: "More",
  moderate: "Moderate",
  popup: "Allow pop-up windows for this site, then try again.",
  sort: "Order",
  sorts: { oldest: "Oldest first", newest: "Newest first", supported: "Most supported" },
  live: { live: "Live", connecting: "Connecting…", polling: "Checking now and then", offline: "Offline" },
  fresh: (/** @type {number} */ count) => n(count, "new reply", "new replies"),
  freshIn: (/** @type {number} */ count, /** @type {string} */ heading) => `${t.fresh(count)} in ${heading}`,
  empty: "Nobody has spoken here yet.",
  emptyHint: "Be the first to say what you think.",
  loading: "Loading…",
  again: "Try again",
  showMore: "Show more comments",
  showMoreReplies: "Show more replies",
  showAll: "Show the whole discussion",
  moderator: "Moderator",
  owner: "Author",
  edited: "edited",
  inReplyTo: (/** @type {string} */ name) => `in reply to ${name}`,
  reply: "Reply",
  replyTo: (/** @type {string} */ name) => `Reply to ${name}`,
  support: "Support",
  edit: "Edit",
  remove: "Remove",
  flag: "Report",
  flagged: "Reported",
  copy: "Copy link",
  copied: "Link copied",
  cancel: "Cancel",
  collapse: "Collapse replies",
  folded: (/** @type {number} */ count) => `Show ${n(count, "reply", "replies")}`,
  tombs: { hidden: "Hidden by a moderator", removed: "Removed by its author", purged: "Deleted by a moderator", gone: "This comment is no longer here" },
  write: "Add your voice",
  writeHere: "Add your voice to this section",
  post: "Post",
  as: "as",
  change: "change",
  name: "Your name",
  draft: "Draft kept",
  posted: "Posted",
  postedPending: "Sent. It will appear when a moderator has looked at it.",
  locked: "Locked: read only.",
  closed: "Takes replies, no new threads.",
  pace: (/** @type {number} */ minutes) => (minutes === 1 ? "One a minute" : `One every ${minutes} minutes`),
  slow: (/** @type {number} */ minutes) => (minutes === 1 ? "One comment a minute" : `One comment every ${minutes} minutes`),
  bold: "Bold",
  link: "Link",
  quote: "Quote",
  needName: "Please give a name.",
  /** @type {Record<string, string>} */
  problems: {
    network: "The discussion cannot be reached. Try again in a moment.",
    not_found: "This comment is no longer here.",
    parent_gone: "The comment you answer was taken down.",
    nonce_reused: "This was already posted with other words.",
    origin_refused: "Discussions are not open on this address.",
    unauthorized: "Please sign in again.",
    unavailable: "The service is busy. Try again in a moment.",
    internal: "Something went wrong on our side. Try again.",
  },
};
