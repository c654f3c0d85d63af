// @ts-check
/** Becoming a moderator here: a pop-up of the service vouches for whoever is signed in there. */

import { random } from "./api.js";

/** How long a pop-up is waited for, in milliseconds. */
const PATIENCE = 600000;

/**
 * Sign in by a pop-up, and keep the grant for this tab. Call it within a click.
 * @param {import("./api.js").Api} api
 * @returns {Promise<boolean | null>} null: the browser opened no pop-up
 */
export const signIn = async (api) => {
  const nonce = random(16);
  const query = new URLSearchParams({ origin: location.origin, nonce });
  const popup = open(`${api.service}sign-in?${query}`, "postil-sign-in", "popup,width=480,height=560");
  if (!popup) return null;
  const code = await grantFrom(popup, new URL(api.service).origin, nonce);
  if (!code) return false;
  api.setGrant(await api.write("POST", "grants/redeem", { code }));
  return true;
};

/**
 * The code that this very pop-up posts from the service's own origin. A message that differs in origin,
 * sender or nonce is somebody else's.
 * @param {Window} popup @param {string} service @param {string} nonce @returns {Promise<string | null>}
 */
const grantFrom = (popup, service, nonce) =>
  new Promise((resolve) => {
    const done = new AbortController();
    const finish = (/** @type {string | null} */ code) => {
      done.abort();
      clearInterval(watch);
      resolve(code);
    };
    const until = Date.now() + PATIENCE;
    const watch = setInterval(() => (popup.closed || Date.now() > until) && finish(null), 500);
    const hear = (/** @type {MessageEvent} */ { origin, source, data }) => {
      if (origin !== service || source !== popup) return;
      if (data?.postil !== "grant" || data.nonce !== nonce || typeof data.code !== "string") return;
      finish(data.code);
    };
    addEventListener("message", hear, { signal: done.signal });
  });

/** Give the grant back. @param {import("./api.js").Api} api */
export const signOut = async (api) => {
  await api.end().catch(() => {});
  api.setGrant(null);
};
