// @ts-check
/**
 * The script tag: finds the articles and their sections, asks for each page once, puts a row at each section's end.
 * All else is imported when a reader shows interest. What pages may call is window.Postil (../postil.d.ts).
 */
(async () => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const shared = /** @type {any} */ (window);
  // The tag stands here twice, or was read anew with another page: its attributes are taken in, nothing doubles.
  if (shared.Postil?.mount) return shared.Postil.mount(null, script.dataset);
  const service = new URL(".", script.src).href;
  const modules = `${service}w/__POSTIL_VERSION__/`;
  const { documentElement } = document;

  let interest = false;
  const panel = () => ((interest = true), import(`${modules}panel.js`));
  /** @type {Postil.Article[]} */
  let articles = [];
  /** @type {Postil.Loader} */
  const loader = {
    service, modules, panel, options: { ...script.dataset },
    // Who is quick waits for the page's answer, which says in which language to speak, and which way that runs.
    open: async (article, ...where) => (article.since || (await looking), (await panel()).open(article, ...where)),
    left: async (article) => interest && (await panel()).left?.(article),
    changed: async (article) => interest && (await panel()).changed?.(article),
  };
  let active = loader.options.mode !== "manual";

  /** @type {(postil: object) => void} */
  let begin = () => {};
  /** @type {(value: any) => void} */
  let start = () => {};
  /** One look at the page after another. @type {Promise<any>} */
  let looking = new Promise((resolve) => (start = resolve));
  const look = () => (looking = looking.then(async () => {
    if (!active) return;
    shape = shapeOf();
    articles = await scan(loader, articles);
    // The page may have drawn itself anew while it was asked about.
    if (!articles.every(intact)) soon();
    paint();
    begin(Postil);
  }).catch((error) => {
    // Not asked again until something changes.
    articles = [];
    console.warn("Postil:", error);
  }));

  const Postil = (shared.Postil = {
    version: "__POSTIL_VERSION__",
    ready: new Promise((resolve) => (begin = resolve)),
    /** @param {Element | string | null} [root] @param {object} [options] */
    mount: (root, options) => {
      Object.assign(loader.options, options, root && { root });
      active = true;
      return look();
    },
    unmount: () => {
      active = false;
      for (const article of articles.splice(0)) clear(article), loader.left(article);
    },
    refresh: look,
    /** @param {string} key */
    open: async (key) => {
      await looking;
      for (const article of articles) {
        const place = article.places.find(({ name, id }) => name === key || id === key);
        if (place) return loader.open(article, place);
      }
      if (articles[0]) return loader.open(articles[0], null, key);
    },
    /** @param {string} theme */
    setTheme: (theme) => {
      loader.options.theme = theme;
      looking.then(() => paint());
    },
    /** @param {string} type @param {(detail: any) => void} listener */
    on: (type, listener) => {
      const hear = (/** @type {any} */ { detail }) => listener(detail);
      addEventListener(`postil:${type}`, hear);
      return () => removeEventListener(`postil:${type}`, hear);
    },
  });

  const { clear, intact, scan } = await import(`${modules}article.js`);

  /** The colours of the page: as told, else by its color-scheme; where it has none, by what is behind the article. */
  const paint = () => {
    if (!articles[0]) return;
    const { root, tokens } = articles[0];
    let { theme = "" } = loader.options;
    if (!/^(light|dark)$/.test(theme)) theme = getComputedStyle(root).colorScheme.replace("normal", "");
    if (!theme) {
      let ground = "";
      /** @type {Element | null} */
      let el = root;
      while (el && /a.* 0\)/.test((ground = getComputedStyle(el).backgroundColor))) el = el.parentElement;
      const [r, g, b] = (ground.match(/[\d.]+/g) ?? []).map(Number);
      theme = el && (ground[0] === "r" ? r * 3 + g * 6 + b < 1280 : r < 0.5) ? "dark" : "light";
    }
    /** @type {CSSStyleRule} */ (tokens.cssRules[0]).style.setProperty("color-scheme", theme, "important");
    for (const node of [documentElement, document.body]) attributes.observe(node, { attributes: true });
  };
  const attributes = new MutationObserver(paint);
  matchMedia("(prefers-color-scheme:dark)").addEventListener("change", paint);
  // A ground that fades from one colour to another is measured once it has.
  addEventListener("transitionend", ({ target }) => articles[0] && /** @type {Node} */ (target).contains(articles[0].root) && paint());

  /** What changes where a page swaps or draws anew its article. Looked at often, so it reads little. */
  const shapeOf = () => [location.href.split("#")[0], ...[...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(({ textContent }) => textContent)].join();
  let shape = "";
  let timer = 0;
  // A page that would have our rows away each time is asked less and less often.
  let wait = 200;
  const soon = () => {
    timer ||= setTimeout(() => {
      timer = 0;
      if (shapeOf() === shape && articles.every(intact)) return;
      wait *= 1.5;
      look();
    }, wait);
  };
  const turned = () => {
    wait = 200;
    soon();
  };
  const follow = () => {
    const id = /^#postil-([\w-]{11})$/.exec(location.hash)?.[1];
    if (id) Postil.open(id);
  };

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start(null);
  look();
  follow();
  new MutationObserver(soon).observe(document, { childList: true, subtree: true });
  shared.navigation?.addEventListener("navigatesuccess", turned);
  addEventListener("popstate", turned);
  addEventListener("hashchange", follow);
  for (const type of ["resize", "postil-room"]) addEventListener(type, () => articles.forEach((article) => article.count([])));
})();
