// @ts-check
/** How the composer looks to who writes: added to the panel's looks when that begins. Nothing moves for it. */

const CSS = `
.bar-of-tools{display:flex;flex:0 1 auto;min-width:76px;gap:1px;overflow-x:auto;scrollbar-width:none}
.bar-of-tools[inert]{opacity:.4}
.bar-of-tools :focus-visible,.flip:focus-visible{outline-offset:-2px}
.tools{flex-wrap:nowrap;gap:1px}
.tools .primary{flex:none;white-space:nowrap}
.tools .tool{width:30px;height:32px;flex:none}
.tools .tool svg{width:17px;height:17px}
.tools .flip{padding:0 9px;font-size:14px;font-weight:400;white-space:nowrap}
.flip[aria-busy=true]{opacity:.5}
.preview{box-sizing:border-box;max-height:36vh;padding:12px 13px;overflow-y:auto;overflow-wrap:anywhere}
.preview:focus-visible{outline:2px solid var(--accent);outline-offset:-2px;border-radius:12px}
.under .name{width:min(180px,30vw);min-height:28px;line-height:26px}
.who{display:flex;flex-wrap:wrap;gap:0 5px;align-items:center}
.who b{color:var(--ink)}
.who span::after{content:"·";margin-inline-start:5px}
.kept{display:flex;gap:0 8px;align-items:center;font-variant-numeric:tabular-nums}
.kept.over{color:var(--bad);font-weight:600}
.under .text{min-height:24px;color:var(--soft)}
.under .quiet{margin-inline-end:-12px;min-height:28px}
.under .pick{color:var(--accent);font-weight:600}
.pick:not([hidden])+.kept{display:none}
.composer{position:relative}
.foot .composer[data-quotes]:not(:focus-within):has(textarea:placeholder-shown) .under{display:flex!important;position:absolute;inset-inline-end:1px;top:1px;min-height:44px;padding:0 12px;border-radius:12px;background:light-dark(color-mix(in srgb,var(--sunk) 30%,var(--surface)),var(--sunk))}
.foot .composer[data-quotes]:not(:focus-within):has(textarea:placeholder-shown) .under>:not(.pick){display:none}
.lasts{font-weight:400;font-variant-numeric:tabular-nums}
.shelf{display:grid;grid-template-columns:minmax(0,1fr);gap:6px;max-height:24vh;margin-bottom:10px;overflow-y:auto;font-size:13px}
.shelf>div{display:flex;align-items:center;gap:0 14px;padding:4px 12px;border-radius:8px;background:var(--sunk);color:var(--soft)}
.shelf p{flex:1;min-width:0;margin:0;padding:2px 0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.shelf .unsent b{color:var(--bad);font-weight:600}
.shelf .refused{flex-wrap:wrap}.shelf .refused p{white-space:normal;flex-basis:100%}
.shelf .text{color:var(--accent);font-weight:600;min-height:28px}
.shelf [aria-disabled]{opacity:.5;cursor:default}
dialog[data-shape=sheet]:not([data-full]){bottom:var(--keys,0px)!important;height:min(82dvh,100dvh - var(--keys,0px) - 8px)!important}
@media (max-width:480px){.bar-of-tools{gap:0}.tools .tool{width:28px}.tools .flip{padding:0 5px}.slot>.composer{margin-inline-start:-37px}}
@media (pointer:coarse){.composer textarea,.composer input,.question :is(textarea,input,select){font-size:max(16px,1em)}}
@media (forced-colors:active){.kept.over,.shelf .unsent b{color:Mark}.shelf>div{border:1px solid}}
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);

/** @param {Node} node */
export const dress = (node) => {
  const root = /** @type {ShadowRoot} */ (node.getRootNode());
  if (root.adoptedStyleSheets && !root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
};

const followed = new WeakSet();

/** Where the keyboard of a phone lies over the page, the sheet stands on it. @param {HTMLElement} dialog */
export const followKeyboard = (dialog) => {
  const screen = visualViewport;
  if (!screen || followed.has(dialog)) return;
  followed.add(dialog);
  const follow = () => {
    const { height, offsetTop, scale } = screen;
    const hidden = scale > 1.05 ? 0 : Math.round(innerHeight - height - offsetTop);
    dialog.style.setProperty("--keys", `${hidden > 80 ? hidden : 0}px`);
  };
  for (const type of ["resize", "scroll"]) screen.addEventListener(type, follow);
  follow();
};
