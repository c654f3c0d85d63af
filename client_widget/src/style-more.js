// @ts-check
/** The looks of what is seldom seen, put on with the first part that is loaded later: Panel.later(). */

import { QUOTE } from "./style.js";

const CSS = `
.menu{position:absolute;inset-inline-end:56px;top:52px;z-index:2;max-width:calc(100% - 72px);padding:4px;border:1px solid var(--line);border-radius:8px;background:var(--surface);box-shadow:0 4px 16px rgb(0 0 0/.12)}
.menu p{padding:4px 12px;font-size:var(--s);color:var(--soft)}
.menu button{width:100%;padding:8px 12px;border-radius:6px}
.menu button:hover{background:var(--sunk)}
.menu dl{display:grid;grid-template-columns:auto 1fr;gap:6px 16px;margin:4px 12px 8px;font-size:var(--s)}
.menu dd{margin:0}
.menu label{display:flex;gap:8px;align-items:center;min-height:36px;margin:0 12px;cursor:pointer}
.menu input,.check input{appearance:auto;width:16px;height:16px;min-height:0;accent-color:var(--accent);cursor:pointer}
kbd{display:inline-block;min-width:24px;padding:0 6px;border:1px solid var(--line);border-radius:4px;background:var(--sunk);font:inherit;text-align:center;box-sizing:border-box}
.handle{position:absolute;inset:0 0 auto;width:120px;height:28px;margin:auto;touch-action:none;cursor:grab}
.handle::before{content:"";position:absolute;inset:10px 0 auto;width:40px;height:4px;margin:auto;border-radius:2px;background:var(--line)}
[data-shape=drawer] .handle{display:none}
[data-full]{height:100%;border-radius:0}
.line{display:flex;gap:4px;align-items:center;min-height:28px;color:var(--accent)}
.line:hover span{text-decoration:underline}
.line svg:not(.face){width:16px;height:16px;flex:none;margin-inline-start:-5px;scale:var(--flip,1) 1}
.lines{padding:0 0 12px}
.tabs+.lines{padding-top:12px}
.strip blockquote{${QUOTE(3)};margin-top:4px}
.unread{display:flex;align-items:center;gap:4px;min-height:28px;border-radius:4px;color:var(--accent);font-weight:600}
.unread svg:not(.face){width:14px;height:14px}
.in{display:block;max-width:100%;min-height:24px;margin-inline-start:-37px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:var(--s);font-weight:600;color:var(--accent)}
.in:hover{text-decoration:underline}
.in:focus-visible{outline-offset:-2px}
.all .body{max-height:9em;overflow:hidden}
.all [data-cut] .body{mask-image:linear-gradient(#000 calc(100% - 2.5em),transparent)}
.all li+li{border-top:1px solid var(--line)}
.then{margin:4px 0 12px;padding:8px 12px;border-radius:8px;background:var(--sunk);font-size:var(--s)}
.then dt{font-weight:600;color:var(--soft)}
.then dd{margin:0}
.then dd+dt{margin-top:8px}
.then b{display:block}
.then blockquote{${QUOTE(9)}}
article.hidden:not(.mine) .body{background:var(--sunk);border-radius:8px;padding:8px 12px;margin-block:4px}
article.pending .body{opacity:.75}
article.hidden.mine .body{color:var(--soft)}
.own>span{display:block}
.own .text{display:block;font-weight:600}
.good{color:var(--good)}
.late{position:absolute;inset-block-end:-4px;inset-inline:49px 12px;white-space:nowrap;overflow:hidden}
li:has(.slot>*) .late{position:static}
.late>span{overflow:hidden;text-overflow:ellipsis}
.gap{opacity:.7}
.gap p{margin-inline:37px 0;padding-top:16px;font-size:var(--s);color:var(--soft)}
.cut{overflow:clip;overflow-clip-margin:5px}
.rest{position:absolute;inset:auto 0 0;height:40px;padding:12px 12px 0 49px;text-align:end;font-weight:600;font-size:var(--s);color:var(--accent);background:linear-gradient(transparent,var(--surface) 60%)}
.rest:hover{text-decoration:underline}
.extra .gone{visibility:hidden}
.hint{flex:1 1 100%;font-size:var(--s);color:var(--soft)}
.question{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:12px;border:1px solid var(--line);border-radius:var(--r)}
.question>:is(b,select,input,.box){flex:1 1 100%}
.question textarea{min-height:92px}
.question select{appearance:auto;min-height:32px;padding:0 10px;border:1px solid var(--line);border-radius:8px}
@media (forced-colors:active){.menu{border:1px solid}}
`;

export const moreSheet = new CSSStyleSheet();
moreSheet.replaceSync(CSS);
