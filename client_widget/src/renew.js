// @ts-check
/** A thread is read afresh, in place: too much has changed to be told. Loaded when that is so. */

/** @typedef {import("./store.js").Store} Store */

/**
 * Read the window again as far as the reader has come, and go on with it. What is new to it waits; what changes
 * meanwhile is taken in at the end.
 * @param {import("./thread.js").Thread} thread
 */
export const renew = async (thread) => {
  const { turn } = thread;
  const fresh = thread.begin();
  /** @type {Parameters<Store["fold"]>[0][]} */
  const late = [];
  thread.late.add(late);
  /** @type {Postil.Own | null} */
  let own;
  try {
    await read(thread, fresh);
    own = await thread.own();
  } finally {
    thread.late.delete(late);
  }
  if (turn === thread.turn) goOn(thread, fresh, own, late);
};

/** @param {import("./thread.js").Thread} thread @param {Store} fresh */
const read = async (thread, fresh) => {
  const { list, store } = thread;
  const seen = list.inSight().map(({ dataset }) => dataset.comment ?? "").filter((id) => store.comments.has(id));
  const wanted = Math.max(1, [...store.order()].indexOf(seen.at(-1) ?? "") + 1);
  /** @param {string} parent */
  const more = async (parent) => fresh.load(await thread.read("", fresh.more.get(parent)), parent);
  do await more("");
  while (fresh.more.has("") && fresh.comments.size < wanted);
  // What he has before him in a long branch is read again, too.
  for (const root of new Set(seen.map((id) => store.path(id)[0])))
    while (fresh.more.has(root) && seen.some((id) => store.path(id)[0] === root && !fresh.comments.has(id))) await more(root);
};

/** @param {import("./thread.js").Thread} thread @param {Store} fresh @param {Postil.Own | null} own @param {Parameters<Store["fold"]>[0][]} late */
const goOn = (thread, fresh, own, late) => {
  const { comments, waiting, own: mine } = thread.store;
  // The article may have been edited meanwhile. This reader looks at the old one, and a label would push his lines down.
  for (const [id, comment] of fresh.comments) if (comments.has(id)) comment.earlier = comments.get(id)?.earlier;
  fresh.owned([...mine.values()]);
  thread.owned(own, fresh);
  for (const changes of late) fresh.fold(changes);
  const news = [...fresh.comments.keys()].filter((id) => !fresh.own.has(id) && (!comments.has(id) || waiting.has(id)));
  fresh.reveal();
  fresh.wait(news);
  thread.swap(fresh);
};
