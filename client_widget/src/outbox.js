// @ts-check
/**
 * What is to be posted: kept with its nonce before it is sent, and until the service has answered. So it goes exactly
 * once, also when the network, the page or the answer is lost on the way: by itself, as soon as it can. What is not
 * sent, and drafts of replies, stand on a shelf above the composer.
 *
 * @typedef {object} Unsent
 * @property {string} nonce
 * @property {string} service
 * @property {number} at when it was written, in milliseconds
 * @property {Record<string, any>} body as the service takes it; the outline by its name
 * @property {string} draft where the words go if they cannot be sent
 * @property {string} [to] whom it answers
 * @property {string} [place] the name of the place that it was written at
 * @property {string | null} home the thread that comments went to there
 * @property {boolean} [failed] it was tried
 * @property {string} [refused] why it cannot be sent
 *
 * @typedef {import("./panel.js").Panel} Panel
 */

import { Api, Refusal } from "./api.js";
import { h } from "./element.js";
import { keep, recall, stored } from "./storage.js";
import { begun, say, t } from "./words.js";
import { dress } from "./writing-style.js";

/** As many are kept; who has more unsent keeps the words in the composer. */
const MOST = 20;
/** So many threads that somebody began here are remembered. */
const MOST_BEGUN = 50;
/** How long to wait before each further attempt, in milliseconds; then always as long as the last. */
const WAITS = [4000, 8000, 15000, 30000, 60000];

/** @type {{article: Postil.Article, api: Api, panel?: Panel} | undefined} */
let here;
/** What was posted here and readers were not told of yet, with its revision. @type {Map<string, number>} */
const untold = new Map();
/** What is under way from this tab. @type {Set<string>} */
const going = new Set();
let tries = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} nonce @returns {Unsent | null} */
const read = (nonce) => recall(`unsent:${nonce}`);
/** @param {string} nonce @param {Unsent | null} unsent */
const write = (nonce, unsent) => keep(`unsent:${nonce}`, unsent);

/** Of this service, in the order in which they were written. @returns {Unsent[]} */
const all = () =>
  stored("unsent:").map((key) => /** @type {Unsent | null} */ (recall(key))).filter((one) => one?.service === here?.article.service)
    .sort((a, b) => (a?.at ?? 0) - (b?.at ?? 0)).flatMap((one) => one ?? []);

/** Whether it may be sent later as it is. @param {unknown} error @returns {boolean} */
const isLost = (error) => error instanceof Refusal && (!error.status || (error.status > 501 && error.status < 505));

/**
 * Post what a composer holds. Errors: Refusal, and the words are still the composer's.
 * @param {import("./composer.js").Composer} composer @param {string} name
 * @returns {Promise<boolean>} whether it waits here, to be sent later
 */
export const post = async ({ options, text, nonce, took, trap, key }, name) => {
  const { panel, parent, to } = options;
  const { place, home, thread, article } = panel;
  use(panel);
  const section = parent ? thread.section : home;
  const where = section ? { section } : { index: place ? article.places.indexOf(place) : 0 };
  const outline = { hash: article.outline.hash };
  const body = { page: article.ref, ...where, parent, outline, source: text.value, name, nonce, took, trap: trap.value || undefined };
  const unsent = { nonce, service: article.service, at: Date.now(), body, draft: key, to, place: place?.name, home };
  const kept = stored("unsent:").length < MOST && write(nonce, unsent);
  // The words are in one place: here, once they can be.
  keep(key, kept ? null : { text: text.value, nonce, took, to, at: Date.now() });
  going.add(nonce);
  try {
    await land(unsent, await thread.quietly(send(panel.api, unsent)));
    write(nonce, null);
    return false;
  } catch (error) {
    if (kept && isLost(error)) return write(nonce, { ...unsent, failed: true });
    write(nonce, null);
    keep(key, { text: text.value, nonce: isLost(error) ? nonce : "", took, to, at: Date.now() });
    throw error;
  } finally {
    going.delete(nonce);
    draw(panel);
    later();
  }
};

/** The outline goes by its name; whole, where the service has forgotten it. @param {Api} api @param {Unsent} unsent @returns {Promise<Postil.Answer>} */
const send = async (api, { body }) => {
  const { outline } = here?.article ?? {};
  try {
    return await api.write("POST", "comments", body);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "outline_unknown" || outline?.hash !== body.outline.hash) throw error;
    return api.write("POST", "comments", { ...body, outline });
  }
};

/** Show what the service has now. @param {Unsent} unsent @param {Postil.Answer} answer */
const land = async ({ body, place: name, home }, answer) => {
  const { article, panel } = here ?? {};
  if (!article || article.ref.url !== body.page.url) return;
  const place = article.places.find((one) => one.name === name);
  const { id } = answer.section;
  if (!panel) return void article.count([answer.section]);
  if (place && !body.section) begin(panel.foot, place, id);
  // Until the answer is here the reader may have moved on.
  if ((place ?? null) === panel.place && home === panel.home && !body.parent) await arrive(panel, id);
  panel.take(answer, t.posted);
  if (!answer.comment.state) untold.set(answer.comment.id, answer.comment.revision);
  article.emit("posted", { comment: answer.comment });
};

/** Readers are told of a thread when there is something to read; who began it finds his way back. @param {import("./foot.js").Foot} foot @param {Postil.Place} place @param {string} section */
const begin = (foot, place, section) => {
  place.id = section;
  keep("begun", Object.fromEntries([...Object.entries(recall("begun") ?? {}).slice(-MOST_BEGUN), [foot.nameOf(place), section]]));
};

/** Be in the thread that was written in. @param {Panel} panel @param {string} section */
const arrive = async (panel, section) => {
  const { thread, frame, live } = panel;
  panel.home ??= section;
  if (thread.section && thread.section !== section) return panel.turn(section);
  if (thread.section) return;
  frame.dialog.dataset.section = thread.section = section;
  live.show();
};

/** @param {Panel} panel */
const use = (panel) => {
  const { article, api } = panel;
  here = { article, api, panel };
  panel.hear = (message) => void hear(panel, message);
};

/**
 * What was posted and then taken down before readers were told of it is never told to them; but its author saw it.
 * @param {Panel} panel @param {Postil.LiveMessage} message
 */
const hear = async ({ thread }, message) => {
  if (message.type === "changes") for (const { id } of message.comments) untold.delete(id);
  if (message.type !== "counts") return;
  const revision = Number(message.since.split(".")[1]);
  const passed = [...untold].filter(([, at]) => at <= revision).map(([id]) => id);
  for (const id of passed) untold.delete(id);
  // Or the section is not told of yet: only its author's own says which.
  if (!passed.length || !(await thread.ask())) return;
  const gone = passed.filter((id) => thread.store.own.get(id)?.state || !thread.store.own.has(id));
  if (gone.length) await thread.fold({ comments: [], gone, revision });
};

/** Send what a page left unsent when it was visited last, with nothing drawn. @param {Postil.Article} article @param {Panel} [panel] */
export const resume = (article, panel) => {
  here = { article, panel, api: panel?.api ?? new Api(article.service, article.ref, article.outline) };
  return flush();
};

/** Send all that waits: this tab, or one of the others. The nonce makes it harmless where there are no locks. */
export const flush = async () => {
  clearTimeout(timer);
  if (!all().some((one) => !one.refused && !going.has(one.nonce))) return;
  if (navigator.locks) await navigator.locks.request("postil-unsent", { ifAvailable: true }, async (lock) => lock && inOrder());
  else await inOrder();
  later();
};

const inOrder = async () => {
  for (const { nonce } of all()) {
    if (going.has(nonce) || !(await again(nonce))) continue;
    return;
  }
};

/** Try one again. @param {string} nonce @returns {Promise<boolean>} whether the others have to wait */
const again = async (nonce) => {
  // Another tab may have sent it, or thrown it away.
  const unsent = read(nonce);
  if (!unsent || unsent.refused || !here) return false;
  const { api, panel } = here;
  going.add(nonce);
  if (panel) draw(panel);
  try {
    const sent = send(api, unsent);
    const answer = await (panel ? panel.thread.quietly(sent) : sent);
    write(nonce, null);
    tries = 0;
    await land(unsent, answer);
    return false;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const wait = isLost(error) || error.problem.retry_after;
    if (read(nonce)) write(nonce, { ...unsent, failed: true, refused: wait ? undefined : error.message });
    if (!wait) panel?.frame.say(error.message);
    return !!wait;
  } finally {
    going.delete(nonce);
    if (panel) draw(panel);
  }
};

/** Not all at once when the service comes back. */
const later = () => {
  clearTimeout(timer);
  if (!all().some(({ refused }) => !refused)) return void (tries = 0);
  timer = setTimeout(flush, WAITS[Math.min(tries++, WAITS.length - 1)] * (0.7 + Math.random() * 0.6));
};

addEventListener("online", flush);
addEventListener("storage", ({ key }) => here?.panel && /^postil:(unsent|draft):/.test(key ?? "") && draw(here.panel));

/** Draw the shelf: what was not sent, and what was begun under comments of this section. @param {Panel} panel */
export const draw = (panel) => {
  use(panel);
  const { foot, root = foot.getRootNode() } = /** @type {any} */ (panel.frame);
  dress(foot);
  const old = foot.querySelector(".shelf");
  const had = old?.contains(root.activeElement);
  const rows = [...all().filter(isShown).map((one) => unsentRow(panel, one)), ...drafts(panel)];
  const shelf = rows.length && h("div", { className: "shelf", part: "shelf", role: "group", ariaLabel: t.writing.shelf }, ...rows);
  // A press leaves the keyboard where it was: an empty composer would fold up, and move the button from under the pointer.
  if (shelf) shelf.onmousedown = (event) => event.preventDefault();
  if (shelf && old) old.replaceWith(shelf);
  else if (shelf) foot.prepend(shelf);
  else old?.remove();
  if (had) /** @type {HTMLElement | null} */ (foot.querySelector(".shelf button") ?? foot.querySelector("textarea"))?.focus();
};

/** What is only under way has not failed. @param {Unsent} unsent */
const isShown = ({ failed, at, body, nonce }) =>
  here?.article.ref.url === body.page.url && (failed || (!going.has(nonce) && at < Date.now() - WAITS[4]));

/** @param {string} word @param {() => void} onclick @param {boolean} [off] */
const act = (word, onclick, off) => h("button", { type: "button", className: "text", ariaDisabled: off ? "true" : null, onclick: off ? () => {} : onclick }, word);

/** @param {string} text */
const beginning = (text) => {
  const words = text.replace(/^\s*>.*$/gm, "").trim() || text.trim();
  return words.length > 60 ? begun(words.slice(0, 60).replace(/\s\S*$/, "")) : words;
};

/** @param {Panel} panel @param {Unsent} unsent */
const unsentRow = (panel, unsent) => {
  const { nonce, refused, body, to } = unsent;
  const busy = going.has(nonce);
  const words = h("bdi", {}, beginning(body.source));
  const said = busy ? t.writing.sending : to ? say(t.writing.unsentTo, { name: to }) : t.writing.unsent;
  const throwAway = () => (write(nonce, null), draw(panel));
  const row = h("div", { className: refused ? "unsent refused" : "unsent" }, h("p", {}, h("b", {}, refused ?? said), " ", words),
    refused ? act(t.writing.takeBack, () => takeBack(panel, unsent)) : act(t.again, () => void again(nonce), busy), act(t.writing.discard, throwAway, busy));
  row.dataset.unsent = nonce;
  return row;
};

/** The words go back where they were written. @param {Panel} panel @param {Unsent} unsent */
const takeBack = async (panel, { nonce, draft, body, to, place: name }) => {
  const { text = "" } = recall(draft) ?? {};
  const kept = keep(draft, { text: [text.trim(), body.source].filter(Boolean).join("\n\n"), to, at: Date.now() });
  if (kept) write(nonce, null);
  if (body.parent && (await goOn(panel, body.parent, "reply"))) return;
  const place = panel.article.places.find((one) => one.name === name);
  if (!body.parent && place && place !== panel.place) await panel.open(place);
  // What is answered may not be to be seen any more.
  toFoot(panel, draft);
};

/** Words go on at the foot; its draft may have another name, as the section has got its id. @param {Panel} panel @param {string} key @returns whether anything is written there */
const toFoot = (panel, key) => {
  const { composer } = panel.foot;
  if (composer && composer.key !== key) moveDraft(key, composer.key);
  composer?.renew();
  composer?.text.focus();
  draw(panel);
  return !!composer;
};

/** @param {string} from @param {string} to */
const moveDraft = (from, to) => {
  const { text = "" } = recall(from) ?? {};
  const before = recall(to)?.text ?? "";
  if (keep(to, { text: [before.trim(), text].filter(Boolean).join("\n\n"), at: Date.now() })) keep(from, null);
};

/** Drafts of replies and edits in this section whose form is not open. @param {Panel} panel */
const drafts = (panel) => {
  const { frame, home, place, article } = panel;
  const { composer } = panel.foot;
  const { key, url } = article.ref;
  const starts = [home, place?.name].filter(Boolean).map((name) => `draft:${key ?? url} ${name} `);
  const keys = [...new Set(starts.flatMap(stored))].filter((key) => key !== composer?.key);
  return keys.flatMap((key) => {
    const [, edit, id] = /(edit )?([\w-]{11})$/.exec(key) ?? [];
    const open = frame.foot.getRootNode();
    if (!id || /** @type {ShadowRoot} */ (open).querySelector?.(`[data-comment="${id}"] .slot textarea`)) return [];
    const { to, text = "" } = recall(key) ?? {};
    const word = edit ? t.writing.draftEdit : to ? say(t.writing.draftTo, { name: to }) : t.writing.draftReply;
    const discard = () => (keep(key, null), draw(panel));
    const row = h("div", { className: "draft" }, h("p", {}, word, " ", h("bdi", {}, beginning(text))),
      act(t.writing.goOn, () => void resumeDraft(panel, key, id, edit ? "edit" : "reply")), act(t.writing.discard, discard));
    row.dataset.draft = id;
    return [row];
  });
};

/** @param {Panel} panel @param {string} key @param {string} id @param {string} action */
const resumeDraft = async (panel, key, id, action) => {
  if (await goOn(panel, id, action)) return draw(panel);
  if (!toFoot(panel, key)) panel.frame.say(t.problems.not_found);
};

/** Open the form under a comment. @param {Panel} panel @param {string} id @param {string} action @returns {Promise<boolean>} whether the comment is here and takes it */
const goOn = async (panel, id, action) => {
  const { thread } = panel;
  if (!thread.focus(id)) {
    if (!(await thread.find(id))) return false;
    await panel.open(panel.place, id);
  }
  const item = thread.list.items.get(id);
  const button = /** @type {HTMLElement | null} */ (item?.querySelector(`[data-action=${action}]`));
  button?.click();
  return !!button;
};
