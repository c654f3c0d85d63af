// @ts-check
/**
 * `<postil-count page="/post/">` and `<postil-views page="/post/">`: a page's comments and views, as plain text that
 * takes the style of where it stands. What is inside stays until the number is known, and where it cannot be.
 *
 * All elements of a page are asked for together. They behave like the platform's: they may come late, move, and change
 * their attribute; `value` is the number, null while it is unknown; `postil:count` and `postil:error` tell of changes.
 */

/** So many pages the service counts at once; and proxies take addresses of 8 kB. */
const [MOST, LONG] = [50, 6000];
const service = new URL("../../", import.meta.url).href;

/** @typedef {{comments: number, views: number}} Counts */
/** @typedef {{[form: string]: string}} Forms a sentence by what Intl.PluralRules says */

let language = "en";
/** In the language that the service chose: it may have no catalog of the one asked for. */
const said = { lang: "en", dir: "", words: /** @type {Record<"comments" | "views", Forms> | undefined} */ (undefined) };
/** By address, each once. @type {Map<string, Counts>} */
const known = new Map();
/** Who waits to be asked for. @type {Set<PageNumber>} */
const waiting = new Set();

class PageNumber extends HTMLElement {
  static observedAttributes = ["page"];
  /** @type {"comments" | "views"} */
  what = "comments";
  /** @type {number | null} */
  value = null;

  get page() {
    return this.getAttribute("page") ?? "";
  }

  set page(page) {
    this.setAttribute("page", page);
  }

  /** The address asked for: without `page`, that of the page it stands on. */
  get url() {
    const canonical = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=canonical]"))?.href;
    // Elsewhere, the canonical address is another site's.
    const here = canonical?.startsWith(`${location.origin}/`) ? canonical : location.href;
    return new URL(this.page || here, this.page ? document.baseURI : undefined).href.split("#")[0];
  }

  connectedCallback() {
    ask(this);
  }

  disconnectedCallback() {
    waiting.delete(this);
  }

  attributeChangedCallback() {
    if (this.isConnected) ask(this);
  }

  /** @param {Counts} counts */
  show(counts) {
    const { lang, dir, words } = said;
    this.value = counts[this.what];
    const forms = words?.[this.what] ?? {};
    const form = forms[new Intl.PluralRules(lang).select(this.value)] ?? forms.other ?? "{n}";
    this.textContent = form.replace("{n}", this.value.toLocaleString(lang));
    const around = this.parentElement?.closest("[lang]")?.getAttribute("lang") ?? "";
    // Read aloud in its own language where the page speaks another.
    if (around.split("-")[0] !== lang.split("-")[0]) [this.lang, this.dir] = [lang, dir];
    this.tell("count", { page: this.url, ...counts });
  }

  /** @param {string} type @param {object} detail */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(`postil:${type}`, { bubbles: true, composed: true, detail }));
  }
}

export class PostilCount extends PageNumber {}

export class PostilViews extends PageNumber {
  /** @type {"comments" | "views"} */
  what = "views";
}

/** @param {PageNumber} element */
function ask(element) {
  if (!waiting.size) queueMicrotask(whenParsed);
  waiting.add(element);
}

/** While the page is still read, more of them come: they go with the others. */
function whenParsed() {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", answerAll, { once: true });
  else answerAll();
}

async function answerAll() {
  const elements = [...waiting];
  waiting.clear();
  /** @type {Map<string, PageNumber[]>} */
  const byUrl = new Map();
  for (const element of elements) {
    const url = URL.canParse(element.page, document.baseURI) ? element.url : "";
    if (url) byUrl.set(url, [...(byUrl.get(url) ?? []), element]);
  }
  for (const [url, counts] of known) draw(byUrl.get(url), url, counts);
  const unknown = [...byUrl.keys()].filter((url) => !known.has(url));
  await Promise.all([...batches(unknown)].map((urls) => answer(urls, byUrl)));
}

/** @param {string[]} urls */
function* batches(urls) {
  /** @type {string[]} */
  let batch = [];
  let length = 0;
  for (const url of urls) {
    const more = encodeURIComponent(url).length + 5;
    if (batch.length === MOST || length + more > LONG) {
      yield batch;
      [batch, length] = [[], 0];
    }
    batch.push(url);
    length += more;
  }
  if (batch.length) yield batch;
}

/** @param {string[]} urls @param {Map<string, PageNumber[]>} byUrl */
async function answer(urls, byUrl) {
  try {
    const query = new URLSearchParams([...urls.map((url) => ["url", url]), ["lang", language]]);
    const response = await fetch(`${service}v1/counts?${query}`, { credentials: "omit" });
    const told = await response.json();
    if (!response.ok) throw Object.assign(new Error(told.detail), { code: told.code });
    Object.assign(said, { dir: "" }, told.lang && { lang: told.lang, dir: told.dir ?? "", words: told.words });
    for (const { url, comments, views } of told.pages) known.set(url, { comments, views });
    for (const url of urls) draw(byUrl.get(url), url, known.get(url) ?? { comments: 0, views: 0 });
  } catch (error) {
    const { code = "network" } = /** @type {{code?: string}} */ (error);
    for (const url of urls) for (const element of byUrl.get(url) ?? []) element.tell("error", { code, page: url });
  }
}

/** Those that still stand on the page, and still ask for this. @param {PageNumber[]} [elements] @param {string} [url] @param {Counts} [counts] */
function draw(elements = [], url, counts) {
  for (const element of elements) if (counts && element.isConnected && element.url === url) element.show(counts);
}

/** Let them be. What stands on the page, and what comes, is counted from now on. @param {string} lang of the texts */
export function elements(lang) {
  language = lang || language;
  if (customElements.get("postil-count")) return;
  customElements.define("postil-count", PostilCount);
  customElements.define("postil-views", PostilViews);
}
