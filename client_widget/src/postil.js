// @ts-check
/**
 * The script tag: finds the articles and their sections, asks for each page once, puts a row at each section's end.
 * All else is imported when a reader shows interest. What pages may call is window.Postil (../postil.d.ts).
 */
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const shared = /** @type {any} */ (window);
  // The tag stands here twice, or was read anew with another page: its attributes are taken in, nothing doubles.
  if (shared.Postil?.mount) return shared.Postil.mount(null, script.dataset);
  const service = new URL(".", script.src).href;
  const modules = `${service}w/__POSTIL_VERSION__/`;

  let interest = false;
  const panel = () => ((interest = true), import(`${modules}panel.js`));
  /** @type {Postil.Article[]} */
  let articles = [];
  /** @type {Postil.Loader} */
  const loader = {
    service, modules, panel, options: { ...script.dataset },
    near: panel,
    open: async (article, place, comment) => (await panel()).open(article, place, comment),
    left: async (article) => interest && (await panel()).left?.(article),
    changed: async (article) => interest && (await panel()).changed?.(article),
  };

  let active = loader.options.mode !== "manual";
  let looking = Promise.resolve();
  /** @type {(postil: any) => void} */
  let begun;
  /** Find the articles, and what has become of them; one look after another. */
  const look = () => (looking = looking.then(async () => {
    const { scan } = await import(`${modules}article.js`);
    if (!active) return;
    articles = await scan(loader, articles);
    shape = shapeOf();
    begun(Postil);
  }).catch((error) => console.warn("Postil:", error)));

  /** What a page that swaps or re-renders its article changes; looked at often, so little is read. */
  const shapeOf = () => [
    location.href.split("#")[0], articles.every(({ places }) => places.every(({ row, mark, section }) => row.isConnected && mark.isConnected === !!section.element)),
    ...[...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(({ textContent }) => textContent),
  ].join();
  let shape = "";
  let timer = 0;
  const soon = () => (timer ||= setTimeout(() => {
    timer = 0;
    if (active && shapeOf() !== shape) look();
  }, 200));

  const follow = () => {
    const id = /^#postil-([\w-]{11})$/.exec(location.hash)?.[1];
    if (id && articles[0]) loader.open(articles[0], null, id);
  };

  const Postil = (shared.Postil = {
    version: "__POSTIL_VERSION__",
    ready: new Promise((resolve) => (begun = resolve)),
    /** @param {Element | string | null} [root] @param {object} [options] */
    mount: (root, options) => {
      Object.assign(loader.options, options, root && { root });
      active = true;
      return look();
    },
    unmount: () => {
      active = false;
      for (const article of articles.splice(0)) {
        for (const { row, mark } of article.places) row.remove(), mark.remove();
        loader.left(article);
      }
    },
    refresh: look,
    /** @param {string} key */
    open: async (key) => {
      for (const article of articles) {
        const place = article.places.find(({ name, id }) => name === key || id === key);
        if (place) return loader.open(article, place);
      }
      return loader.open(articles[0], null, key);
    },
    /** @param {string} theme */
    setTheme: (theme) => (loader.options.theme = theme),
    /** @param {string} type @param {(detail: any) => void} listener */
    on: (type, listener) => {
      const hear = (/** @type {any} */ { detail }) => listener(detail);
      addEventListener(`postil:${type}`, hear);
      return () => removeEventListener(`postil:${type}`, hear);
    },
  });

  const go = () => {
    look().then(follow);
    new MutationObserver(soon).observe(document, { childList: true, subtree: true });
    shared.navigation?.addEventListener("navigatesuccess", soon);
    addEventListener("popstate", soon);
    addEventListener("hashchange", follow);
    for (const type of ["resize", "postil-room"]) addEventListener(type, () => articles.forEach((article) => article.count([])));
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", go);
  else go();
})();
