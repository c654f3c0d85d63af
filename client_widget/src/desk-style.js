// @ts-check
/** How the moderators' part of the panel looks. */

const CSS = `
.chips{display:flex;flex-wrap:wrap;gap:4px 6px;margin:6px 0 2px;padding:0;list-style:none}
.chip{padding:0 8px;border-radius:10px;background:var(--sunk);color:var(--warn);font-size:12px;font-weight:500;line-height:20px}
.waits{margin-top:8px;padding:8px 12px;border:1px solid var(--line);border-radius:8px;background:var(--sunk)}
.waits .chip{background:none}
.waits>.label{margin-bottom:2px}
.ask{margin:6px 0 2px;padding-inline-start:11px;border-inline-start:2px solid var(--warn);white-space:pre-line}
.ask b{display:block;font-size:13px;color:var(--warn)}
.act.good{color:var(--good)}.act.bad{color:var(--bad)}
a.act{display:inline-flex;align-items:center;text-decoration:none;color:inherit}
fieldset{display:contents}
legend{float:inline-start;flex:1 1 100%;padding:4px 0 0;font-size:13px;font-weight:600;color:var(--soft)}
.picks{display:flex;flex-wrap:wrap;gap:6px;flex:1 1 100%;margin:-2px 0 2px}
.pick{position:relative;padding:0 12px;min-height:30px;box-sizing:border-box;line-height:28px;border:1px solid var(--line);border-radius:15px;font-size:13px;cursor:pointer}
.pick:hover{border-color:var(--soft)}
.pick:has(:checked){background:var(--wash);border-color:var(--accent);color:var(--accent)}
.pick:has(:focus-visible){outline:2px solid var(--accent);outline-offset:2px}
.pick input{position:absolute;inset:0;min-height:0;border:0;padding:0;opacity:0;cursor:pointer}
.check{display:flex;gap:8px;align-items:center;flex:1 1 100%;min-height:32px;cursor:pointer}
.check input{appearance:auto;width:16px;height:16px;min-height:0;margin:0;accent-color:var(--accent);cursor:pointer}
.primary.bad{background:var(--bad);color:light-dark(#fff,#14161a)}
.menu h3{margin:4px 12px;font-size:13px;font-weight:600;line-height:20px;color:var(--soft)}
.menu hr{border:0;border-top:1px solid var(--line);margin:4px 0}
.menu a{display:block;padding:8px 12px;border-radius:6px;font-weight:500;color:inherit;text-decoration:none}
.menu a:hover{background:var(--sunk)}
.menu [aria-pressed]{display:flex;gap:8px}
.menu [aria-pressed]::before{content:"";flex:none;width:8px;height:8px;margin-top:7px;border-radius:50%;border:1px solid var(--soft)}
.menu [aria-pressed=true]{color:var(--accent)}
.menu [aria-pressed=true]::before{border-color:var(--accent);background:var(--accent)}
.slow{display:flex;align-items:center;gap:4px;padding-inline-end:12px;white-space:nowrap}
.slow select{appearance:auto;flex:none;min-width:48px;min-height:28px;padding:0 4px;border:1px solid var(--line);border-radius:6px}
.dones{position:relative;height:0}
.done{position:absolute;inset-inline:12px;bottom:12px;display:flex;align-items:center;gap:4px;width:fit-content;max-width:calc(100% - 24px);box-sizing:border-box;margin-inline:auto;padding:4px 4px 4px 16px;border-radius:20px;background:var(--ink);color:var(--surface);font-size:14px;box-shadow:0 2px 8px rgb(0 0 0/.16)}
.done span{padding-inline-end:8px}
.done button{min-height:32px;padding:0 12px;border-radius:16px;font-weight:600}
.done button.tool{padding:0;color:inherit}
.done button:hover{background:color-mix(in srgb,var(--surface) 16%,transparent);color:inherit}
.done :focus-visible{outline-color:currentColor;outline-offset:-2px}
@media (forced-colors:active){.done,.pick,.chip{border:1px solid}.pick:has(:checked){border-color:Highlight}}
`;

export const deskSheet = new CSSStyleSheet();
deskSheet.replaceSync(CSS);
