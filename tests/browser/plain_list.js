/**
 * The plain form of what the widget keeps up to date in small steps: the whole list made anew from what is known.
 * Random histories are folded into both; what stands on the screen must be what the plain form says.
 */

const LATER = 1e9;

/** Every row that is to stand on the screen, in order. A stack, as a chain of replies may be longer than the call stack. */
const rowsOf = ({ comments, own, waiting, more, ranks, folded, sort, get }) => {
  const unseen = [...own.values()].filter(({ id, state }) => (state === "pending" || state === "hidden") && !comments.has(id));
  const replies = Map.groupBy(
    [...comments.values(), ...unseen].filter(({ id }) => !waiting.has(id)),
    ({ parent = "" }) => parent,
  );
  const turn = (parent) => (sort === "newest" && !parent ? -1 : 1);
  for (const [parent, kids] of replies)
    kids.sort((a, b) => (ranks.get(a.id) ?? LATER) - (ranks.get(b.id) ?? LATER) || (a.id < b.id ? -1 : 1) * turn(parent));
  const below = (id, depth) => {
    const kids = (replies.get(id) ?? []).map((kid) => ({ key: kid.id, depth }));
    const later = kids.findIndex(({ key }) => (ranks.get(key) ?? LATER) >= LATER);
    if (more.has(id)) kids.splice(later < 0 ? kids.length : later, 0, { key: `more ${id}`, depth, more: true });
    return kids.reverse();
  };
  const under = (id) => (replies.get(id) ?? []).reduce((sum, kid) => sum + 1 + under(kid.id), 0);
  const rootOf = (id) => (get(id)?.parent ? rootOf(get(id).parent) : id);
  const rows = [];
  const stack = below("", 0);
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { key, depth } = top;
    if (top.more) rows.push({ key, depth });
    if (top.more) continue;
    const comment = get(key);
    const count = under(key) || Number(more.has(key));
    const news = depth ? 0 : [...waiting].filter((id) => comments.get(id)?.author && rootOf(id) === key).length;
    rows.push({ key, depth, ...shownOf(comment, get(comment.parent)), replies: folded.has(key) ? count : Number(count > 0), news });
    if (!folded.has(key)) stack.push(...below(key, depth + 1));
  }
  return rows;
};

/** What is read of a comment. */
const shownOf = ({ author = "", html, support = 0, state = "published" }, to) => ({ author, text: author ? html : "", support: author && state === "published" ? support : 0, to: (author && to?.author) || "" });

/** What stands on the screen. */
const drawnOf = (list) =>
  [...list.list.children].map((item) => {
    const { comment, depth, parent } = item.dataset;
    if (!comment) return { key: `more ${parent}`, depth: Number(depth) };
    const of = (selector) => item.querySelector(`:scope>article ${selector}`)?.textContent ?? "";
    const fold = item.querySelector(":scope>article [data-action=fold]");
    const replies = !fold ? 0 : fold.ariaExpanded === "true" ? 1 : Number(/\d+/.exec(fold.textContent)[0]);
    const [support, news] = ["[data-action=support]", "[data-action=news]"].map((selector) => Number(/\d+/.exec(of(selector))?.[0] ?? 0));
    const to = /in reply to (.*)/.exec(of(".to"))?.[1] ?? "";
    return { key: comment, depth: Number(depth), author: of("[part=author]"), text: of("[part=body]"), support, to, replies, news };
  });

/** @param {string} modules where the widget's modules lie @returns {Promise<(history: object) => string | null>} what went apart, if anything */
export const attacker = async (modules) => {
  const [{ Store }, { List }, { speak }] = await Promise.all(["store", "list", "words"].map((name) => import(`${modules}${name}.js`)));
  await speak(modules, "en");
  const face = () => document.createElementNS("http://www.w3.org/2000/svg", "svg");
  return ({ sort, steps, known }) => {
    const folded = new Set();
    // Every other one is unread, by what it says.
    const isUnread = ({ author, html, id }) => !!author && (html.length + Number(id)) % 2 === 1;
    const store = new Store(sort, folded, undefined, isUnread);
    const sight = (id) => ({ own: store.own.get(id), open: true, face });
    const list = new List(store, sight, () => {});
    document.body.replaceChildren(list.node);
    let revision = 0;
    const at = (number) => String(number).padStart(4, "0");
    const said = ({ id, parent, text = 0, state, author = "Ann" }) => ({
      id: at(id), parent: parent == null ? undefined : at(parent), at: id, revision: ++revision,
      ...(state ? { state } : { author, html: `say ${text}`, support: text || undefined }),
    });
    const held = new Set();
    const acts = {
      load: ({ comments, parent, next, more }) =>
        store.load({ comments: comments.map(said), since: `1f09c3aa.${++revision}`, next: next ? "later" : undefined, more: Object.fromEntries(more.map((id) => [at(id), "below"])), section: { last: known } }, parent == null ? "" : at(parent)),
      fold: ({ comments, gone }) => store.fold({ comments: comments.map(said), gone: gone.map(at), revision: ++revision }, (id) => held.has(id)),
      own: ({ comments }) => store.owned(comments.map(({ state, ...one }) => ({ ...said(one), state }))),
      mine: ({ id, parent, text, state }) => store.mine({ ...said({ id, parent, text, author: "Me" }), state }),
      hold: ({ id }) => held.has(at(id)) ? (held.delete(at(id)), store.release(at(id))) : held.add(at(id)),
      reveal: ({ id }) => store.reveal(id == null ? undefined : at(id)),
      support: ({ id, text }) => store.supported(at(id), text),
      turn: ({ id }) => { folded.has(at(id)) ? folded.delete(at(id)) : folded.add(at(id)); store.touched.add(at(id)); },
    };
    for (const { act, ...what } of steps) {
      acts[act](what);
      list.render();
      while (store.touched.size) list.render();
      const { comments, own, waiting, more, ranks } = store;
      const plain = rowsOf({ comments, own, waiting, more, ranks, folded, sort, get: (id) => store.get(id) });
      const drawn = drawnOf(list);
      const [is, ought] = [drawn, plain].map((rows) => rows.map((row) => JSON.stringify(row)));
      const apart = ought.length > is.length ? ought.findIndex((row, at) => row !== is[at]) : is.findIndex((row, at) => row !== ought[at]);
      if (apart >= 0) return `after ${act}, row ${apart}: ${is[apart]} is not ${ought[apart]}`;
      if (store.fresh !== [...waiting].filter((id) => comments.get(id)?.author).length) return `after ${act}: ${store.fresh} are said to wait`;
      const unseen = [...own.values()].filter(({ state }) => state === "pending" || state === "hidden").map(({ id }) => id);
      const unread = [...new Set([...comments.keys(), ...unseen])].filter((id) => !waiting.has(id) && isUnread(store.get(id))).sort();
      if (String(unread) !== String([...store.unread].sort())) return `after ${act}: ${[...store.unread]} are said to be unread, not ${unread}`;
    }
    return null;
  };
};
