// @ts-check
/** Becoming a moderator here: a pop-up of the service vouches for whoever is signed in there. */

import { random } from "./api.js";
import { t } from "./words.js";

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
  const popup = window.open(`${api.service}sign-in?${query}`, "postil-sign-in", "popup,width=480,height=560");
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
    // What it said before it closed may come a little after.
    let closed = 0;
    const watch = setInterval(() => ((popup.closed && closed++) || Date.now() > until) && finish(null), 500);
    const hear = (/** @type {MessageEvent} */ { origin, source, data }) => {
      if (origin !== service || source !== popup) return;
      if (data?.postil !== "grant" || data.nonce !== nonce || typeof data.code !== "string") return;
      finish(data.code);
    };
    addEventListener("message", hear, { signal: done.signal });
  });

/** Become one here; say why not, where that is so. @param {import("./panel.js").Panel} panel */
export const moderate = async (panel) => {
  const signed = await signIn(panel.api).catch((/** @type {Error} */ error) => error.message);
  if (signed === null || typeof signed === "string") panel.thread.warn(signed ?? t.popup);
  if (signed === true) await rights(panel);
};

/** Be a reader again. @param {import("./panel.js").Panel} panel */
export const stop = async (panel) => {
  // The service forgets the grant, too.
  await panel.api.decide("session", null, "DELETE").catch(() => {});
  panel.api.setGrant(null);
  panel.desk?.clear();
  await rights(panel);
};

/** The viewer's rights have changed: what he sees is another answer, with a counter of its own. @param {import("./panel.js").Panel} panel */
const rights = async (panel) => {
  const { thread, live } = panel;
  await Promise.all([panel.identify(), panel.equip()]);
  // To a moderator a section may stand here that readers do not see yet.
  panel.home ??= panel.place?.id ?? null;
  panel.foot.follow();
  await thread.open(thread.section ?? panel.home);
  live.start();
};
