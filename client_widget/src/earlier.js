// @ts-check
/**
 * Discussions of parts that are no longer in the article, at its end. Host: postil-earlier;
 * parts: earlier earlier-title earlier-thread earlier-quote count; [data-thread] is a thread's id.
 */

import { h } from "./element.js";
import { begun, say, t } from "./words.js";
import { QUOTE } from "./style.js";

const EARLIER = `
:host{display:block;margin:28px 0 44px;font-family:var(--postil-font,inherit)}
h2,p,ul,summary{margin:0;padding:0}
h2{font-size:17px;font-weight:600;line-height:1.3}
h2 span{color:var(--soft);font-weight:500}
p{margin:4px 0 8px;font-size:13px;color:var(--soft)}
summary{cursor:pointer;min-height:32px}
summary::marker{color:var(--soft)}
summary h2{display:inline}
ul{list-style:none}
li{position:relative;padding:12px 0;border-top:1px solid var(--line)}
li:last-child{border-bottom:1px solid var(--line)}
button{display:flex;gap:12px;align-items:baseline;width:100%;min-height:24px}
button::after{content:"";position:absolute;inset:0}
.name{flex:1;min-width:0;font-weight:600;overflow-wrap:anywhere}
.count{color:var(--accent);font-weight:600;font-size:13px;white-space:nowrap;unicode-bidi:plaintext}
li:hover .name{text-decoration:underline}
button:focus-visible{outline:0}
button:focus-visible::after{outline:2px solid var(--accent);outline-offset:2px}
blockquote{${QUOTE(3)};margin-top:4px;font-size:14px;overflow-wrap:anywhere}
`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(EARLIER);

/** As many stand open; more are put away behind their heading. */
const MOST_OPEN = 3;

/** Where they stand, and what is on show there without its counts. @type {WeakMap<Postil.Article, {host: HTMLElement, shown: string}>} */
const made = new WeakMap();

/**
 * Show them, take in what changed, or show nothing where there is nothing.
 * @param {Postil.Article} article @param {(section: string) => void} open
 */
export const drawEarlier = (article, open) => {
  const threads = (article.earlier ?? []).filter(({ section }) => countOf(article, section));
  const here = made.get(article) ?? make(article);
  const root = /** @type {ShadowRoot} */ (here.host.shadowRoot);
  if (!here.host.isConnected) stand(here.host, article);
  const stamp = JSON.stringify(threads);
  if (stamp !== here.shown) root.replaceChildren(...(threads.length ? [draw(threads, open, root)] : []));
  here.shown = stamp;
  for (const count of root.querySelectorAll("[data-thread] .count")) {
    const { thread = "" } = /** @type {HTMLElement} */ (count.closest("[data-thread]")).dataset;
    count.textContent = say(t.comments, { n: countOf(article, thread) });
  }
};

/** A moderator is told of those that are held, too. @param {Postil.Article} article @param {string} section */
const countOf = ({ known }, section) => {
  const { comments = 0, pending = 0, hidden = 0 } = known[section] ?? {};
  return comments + pending + hidden;
};

/** @param {HTMLElement} host @param {Postil.Article} article */
const stand = (host, { places }) => places[places.length - 1].row.after(host);

/** @param {Postil.Article} article */
const make = (article) => {
  const here = { host: document.createElement("postil-earlier"), shown: "" };
  here.host.attachShadow({ mode: "open" }).adoptedStyleSheets = [article.tokens, sheet];
  stand(here.host, article);
  made.set(article, here);
  return here;
};

/** @param {Postil.Earlier[]} threads @param {(section: string) => void} open @param {ShadowRoot} root */
const draw = (threads, open, root) => {
  const list = h("ul", { role: "list" }, ...threads.map((thread) => item(thread, open)));
  const title = h("h2", { part: "earlier-title" }, t.earlier.title);
  const hint = h("p", {}, t.earlier.hint);
  if (threads.length <= MOST_OPEN) return h("section", { part: "earlier", ariaLabel: t.earlier.title }, title, hint, list);
  title.append(" ", h("span", {}, String(threads.length)));
  return h("details", { part: "earlier", open: root.querySelector("details")?.open }, h("summary", {}, title), hint, list);
};

/** @param {Postil.Earlier} thread @param {(section: string) => void} open */
const item = ({ section, heading, excerpt }, open) => {
  const name = h("span", { className: "name", dir: "auto" }, heading || t.goneSection);
  const button = h("button", { onclick: () => open(section) }, name, h("span", { className: "count", part: "count" }));
  const quote = excerpt && h("blockquote", { part: "earlier-quote", dir: "auto" }, begun(excerpt));
  return h("li", { part: "earlier-thread", "data-thread": section }, button, quote);
};
