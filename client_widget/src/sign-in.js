// @ts-check
/**
 * The page /sign-in of the service, which works without this. Here a link's code stays in the fragment of the address,
 * where no server sees it, until it is sent; and a pop-up that an article opened gets a code for that article's site.
 */

const service = new URL("../..", import.meta.url).href;
const query = new URLSearchParams(location.search);
const place = /** @type {HTMLElement} */ (document.getElementById("postil-sign-in"));

/** @param {string} state @param {string} sentence */
const say = (state, sentence) => {
  const status = place.querySelector("[role=status]") ?? place.appendChild(document.createElement("p"));
  status.setAttribute("role", "status");
  status.textContent = sentence;
  place.dataset.state = state;
};

/** The code leaves the address bar, and so the history, before it is used. */
const useLink = () => {
  const code = location.hash.slice(1);
  const form = /** @type {HTMLFormElement | null} */ (place.querySelector("[data-form=link]"));
  const field = /** @type {HTMLInputElement | null} */ (form?.querySelector("[name=code]") ?? null);
  if (!code || !form || !field) return false;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = code;
  form.submit();
  return true;
};

/** Vouch for this browser to the page that opened the pop-up: to that very origin, and nobody else. @param {string} origin */
const vouch = async (origin) => {
  try {
    const response = await fetch(`${service}v1/grants`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ origin }),
      credentials: "same-origin",
    });
    const answer = await response.json();
    if (!response.ok) return say("refused", answer.detail);
    opener.postMessage({ postil: "grant", code: answer.code, nonce: query.get("nonce") }, origin);
    say("granted", "You may moderate on that page now. This window can be closed.");
    close();
  } catch {
    say("refused", "The service cannot be reached. Reload this page in a moment.");
  }
};

const origin = query.get("origin");
addEventListener("hashchange", useLink);
if (!useLink() && place.dataset.state === "in" && origin && opener) vouch(origin);
