// @ts-check
/**
 * The page /sign-in of the service: a one-time link makes this browser a moderator, and a pop-up opened by an
 * article gets a code for that article's site. Hooks: #postil-sign-in (else the body), [data-state].
 */

import { Api, random, Refusal } from "./api.js";
import { h } from "./element.js";
import { keep, recall } from "./storage.js";
import { t } from "./strings.js";

/** @typedef {{token: string, name: string, role: string, expires: number, site: unknown, origins?: string[]}} Session */

const service = new URL("../..", import.meta.url).href;
const api = new Api(service, { url: location.href });
const query = new URLSearchParams(location.search);
const place = document.getElementById("postil-sign-in") ?? document.body;

const LOOKS = `:root{color-scheme:light dark;background:light-dark(#fefdfb,#14161a);color:light-dark(#1f2328,#e4e2dd);font:15px/1.5 system-ui,sans-serif}
body{max-width:400px;margin:16vh auto;padding:0 20px}a{color:light-dark(#0f62a8,#7ab8ef)}input,button{font:inherit;min-height:36px;box-sizing:border-box;border-radius:8px;border:1px solid light-dark(#8a8f96,#5c636d);padding:0 12px}
input{width:100%;margin-top:4px}button{border:0;padding:0 16px;font-weight:600;background:light-dark(#0f62a8,#7ab8ef);color:light-dark(#fff,#14161a)}`;
const sheet = new CSSStyleSheet();
sheet.replaceSync(LOOKS);
document.adoptedStyleSheets = [sheet];

/** @param {string} state @param {...(Node | string)} what */
const show = (state, ...what) => {
  place.dataset.state = state;
  place.replaceChildren(...what.map((one) => (typeof one === "string" ? h("p", { role: "status" }, one) : one)));
};

/** @returns {Session | null} */
const session = () => {
  const kept = recall("session");
  return kept && kept.expires * 1000 > Date.now() ? kept : null;
};

/** The code leaves the address bar, and so the history, before it is used. */
const codeOfLink = () => {
  const code = location.hash.slice(1);
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code;
};

/** @param {string} code */
const signIn = async (code) => {
  keep("session", await api.write("POST", "sign-in", { code }));
};

const signOut = async () => {
  api.grant = session();
  await api.end().catch(() => {});
  keep("session", null);
  show("out", t.signedOut);
};

/** Vouch for this browser to the page that opened the pop-up: to that very origin, and nobody else. @param {string} origin */
const vouch = async (origin) => {
  api.grant = session();
  const { code } = await api.decide("grants", { origin });
  opener.postMessage({ postil: "grant", code, nonce: query.get("nonce") }, origin);
  show("granted", t.granted);
  close();
};

/** @param {Session} kept */
const welcome = ({ name, role, origins = [] }) => {
  const links = origins.map((origin) => h("p", {}, h("a", { href: origin }, origin)));
  show("in", t.signedIn(name, role), h("p", {}, t.signedInHint), ...links, h("button", { onclick: signOut }, t.signOut));
};

/** Ask for the one-time link where nobody is signed in. @param {string} [problem] */
const ask = (problem) => {
  const field = h("input", { ariaLabel: t.linkLabel, autocomplete: "off", required: true });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    begin(field.value.trim().split("#").pop() ?? "");
  };
  const form = h("form", { onsubmit: submit }, h("p", {}, h("label", {}, `${t.linkLabel} `, field)), h("button", {}, t.signIn));
  show("asking", problem ?? t.askLink, form);
};

/** @param {string} code */
const begin = async (code) => {
  const origin = query.get("origin");
  show("busy", t.loading);
  try {
    // A link works once; whoever opens it again in the browser that it made a moderator is one still.
    if (code) await signIn(code).catch((error) => session() ?? Promise.reject(error));
    const kept = session();
    if (!kept) return ask();
    if (origin && opener) await vouch(origin);
    else welcome(kept);
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) keep("session", null);
    ask(/** @type {Error} */ (error).message);
  }
};

begin(codeOfLink());
