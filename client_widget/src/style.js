// @ts-check
/**
 * The panel's looks, as a constructed sheet: neither a style element nor a style attribute passes a strict CSP.
 * What matters hangs on the dialog, which begins anew: a page's `* { all: unset }` reaches the host, and not into it.
 * What is seldom seen is in style-more.js, moderators' part in desk-style.js.
 */

/** A quotation of the article, and how much of it is shown at most. */
export const QUOTE = (/** @type {number} */ lines) =>
  `margin:0;padding-inline-start:11px;border-inline-start:2px solid var(--line);color:var(--soft);display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:${lines};overflow:hidden`;

// --s: small type; --x: the space at the edges; --r: corners; --way, --at, --flip: what logical properties do not reach.
const CSS = `
@media not print{:host{display:contents!important}}
dialog{all:initial;color-scheme:inherit;--s:calc(var(--postil-font-size,15px)*.867);--x:var(--postil-space,20px);--r:var(--postil-radius,12px);--step:38px;
--sunk:var(--postil-sunk,light-dark(#f5f3ee,#14161a));--good:var(--postil-good,light-dark(#2f7d4f,#74c295));--warn:var(--postil-warn,light-dark(#8a5200,#e0aa5a));--bad:var(--postil-bad,light-dark(#a8321f,#ef9080));
position:fixed;inset-block:0;inset-inline-end:0;z-index:var(--postil-z,2147483647);box-sizing:border-box;width:var(--postil-width,440px);max-width:100vw;display:flex;flex-direction:column;background:var(--surface);color:var(--ink);border-inline-start:1px solid var(--line);font-family:var(--postil-font,var(--page));font-size:var(--postil-font-size,15px);line-height:1.5;overflow-wrap:anywhere;contain:content;container-type:inline-size}
dialog:not([open]),.foot:empty,.strip:empty,.list>li:empty,.foot .composer:not(:focus-within):has(textarea:placeholder-shown):not(:has(.error:not([hidden]))) :is(.tools,.under),li[data-editing] :is(.body,.actions){display:none}
[dir=rtl]{--way:270deg;--at:100%;--flip:-1}
svg:not(.face){width:18px;height:18px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
svg.face{width:28px}
h2,p,ol{margin:0}
h2{font-family:var(--postil-heading-font,inherit);font-size:1.133em;line-height:1.3;outline:0;text-wrap:pretty}
b,.to a,.act,.primary,.load,.pill,.badge,.tabs{font-weight:600}
.where,.bar,.strip,.badge,.when,.to,.label,.shut,.actions,.load,.under,.error{font-size:var(--s)}
.where,.soft,.tool,.bar,.strip,.when,.to,.to a,.shut,.actions,.tomb,.empty,.quiet,.under,.body blockquote,::placeholder{color:var(--soft);opacity:1}
.badge,.load,.text,.body [href],.fresh,.act[aria-pressed=true],.act[aria-expanded=false]:not(.more){color:var(--accent)}
.tool:hover,.quiet:hover,.act:hover,.tabs :hover,.empty b{color:var(--ink)}
.tool:hover,.quiet:hover,.tomb,.body pre{background:var(--sunk)}
.text:hover,a.when:hover,button.label:hover,.news:hover,.to a:hover{text-decoration:underline}
.pill,.primary{padding:0 16px;min-height:32px;background:var(--accent);color:var(--on-accent);line-height:32px}
.act,.text,.label,.load{min-height:28px;min-width:24px;border-radius:4px}
.head,.actions,.under,.tools,.bar,.tabs button,article header,.label,.tomb,.shut{display:flex;align-items:center}
.head{align-items:start;gap:4px;padding:20px 16px 8px var(--x);position:relative}
.titles,.space{flex:1;min-width:0}
.tool{display:grid;place-items:center;width:32px;height:32px;border-radius:8px;flex:none}
[aria-disabled=true]{opacity:.4;cursor:default}
[data-action=menu] svg{stroke-width:3}
.strip,.bar,.foot{padding:0 var(--x)}
.strip{border-bottom:1px solid var(--line)}
.tabs{display:flex;flex-wrap:wrap;column-gap:24px;margin-bottom:-1px}
.tabs button{gap:6px;min-width:72px;min-height:36px;flex:0 1 auto;padding-bottom:2px;white-space:nowrap}
.tabs span:first-child{overflow:hidden;text-overflow:ellipsis}
.tabs span+span{min-width:2.2em;text-align:start}
.tabs [aria-selected=true]{padding:0;border-bottom:2px solid var(--accent);color:var(--ink)}
.bar{position:relative;gap:12px;min-height:44px;white-space:nowrap}
.about{flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis}
.bar:has(.pill:not([hidden])) .about{flex:0 1 calc(50% - 5em)}
.live{margin-inline-end:14px}
.live::before,.fresh::before{content:"";display:inline-block;width:7px;height:7px;margin-inline-end:8px;border-radius:50%;background:var(--soft);vertical-align:1px}
.live[data-state=live]::before{background:var(--good)}
.live[data-state=offline]::before{background:var(--bad)}
.fresh::before{margin:0;background:var(--accent)}
select,input,textarea{all:unset;box-sizing:border-box;min-width:0}
select{field-sizing:content;line-height:28px;cursor:pointer}
:is(select,input,textarea):focus-visible{outline:2px solid var(--accent);outline-offset:2px}
option{background:var(--surface);color:var(--ink)}
.sort{margin-inline-start:auto}.sort::after{content:"▾";margin-inline-start:4px}
.pill{position:absolute;inset-inline-start:50%;translate:calc(-50%*var(--flip,1));width:max-content;max-width:100%;border-radius:16px;box-shadow:0 2px 8px rgb(0 0 0/.16)}
.scroll{flex:1;min-height:0;overflow-y:auto;overscroll-behavior:contain;overflow-anchor:none;padding:4px 0 20px;outline-offset:-2px}
.list{display:flow-root;list-style:none;padding:0}
.list>li{contain:content;overflow-clip-margin:14px;--in:calc(min(var(--depth),3)*var(--step));margin:0 var(--x);padding-inline-start:var(--in);background:repeating-linear-gradient(var(--way,90deg),transparent 0 calc(var(--step)/2 - 6px),var(--line) 0 calc(var(--step)/2 - 4px),transparent 0 var(--step)) var(--at,0) 0/var(--in) 100% no-repeat}
article{position:relative;box-sizing:border-box;padding:12px;padding-inline-start:49px;margin:0 -12px;border-radius:var(--r)}
article:focus{outline:0}
li[data-focus]>article{background:var(--wash)}
article header{flex-wrap:wrap;column-gap:9px;min-height:28px;margin-inline-start:-37px}
a.when,.to a{text-decoration:none}
.fold{margin-block:-2px;margin-inline:auto -6px;width:28px;height:28px}
.label{gap:4px;color:var(--warn)}
.label svg{width:14px;height:14px}
.body{unicode-bidi:isolate;contain:content}
.body>*{margin:0 0 8px}
.body>:last-child{margin-bottom:0}
.body blockquote{padding-inline-start:11px;border-inline-start:2px solid var(--line)}
.body :is(ul,ol){padding-inline-start:22px}
.body pre{padding:8px 12px;border-radius:8px;overflow-x:auto}
.body :is(code,pre){font:var(--s)/1.5 var(--postil-mono,ui-monospace,monospace)}
.actions{flex-wrap:wrap;column-gap:18px;margin-top:4px}
.list>li:has(.news){position:relative;z-index:1}
.news{position:absolute;inset-block-end:-8px;inset-inline-start:49px;min-height:24px;font-weight:600;font-size:var(--s);color:var(--accent);z-index:1}
.tomb .news{inset-inline-start:12px;inset-block-end:-18px}
.extra{display:contents}
li>.tomb{padding:8px 12px;margin:8px 0}
.slot{margin-inline-start:37px}
.slot>*{margin-bottom:12px}
.empty{padding:48px 32px;text-align:center}
.empty b{display:block}
.empty:has(>.load:only-child){padding:4px var(--x);text-align:start}
.foot{padding-block:12px max(12px,env(safe-area-inset-bottom));border-top:1px solid var(--line)}
.shut{min-height:48px}
.trap{position:absolute;inset-inline-start:-9999px;width:1px;height:1px;overflow:hidden}
.box,input{border:1px solid var(--line);border-radius:var(--r)}
.box{background:light-dark(#fdfcfa,var(--sunk))}
.box:focus-within{border-color:var(--accent);box-shadow:0 0 0 3px var(--wash)}
textarea{display:block;width:100%;min-height:46px;max-height:36vh;padding:12px 13px;overflow-y:auto;field-sizing:content;white-space:pre-wrap;cursor:text}
.box textarea:focus-visible{outline:0}
textarea:placeholder-shown{direction:inherit}
.tools{flex-wrap:wrap;gap:2px;padding:5px 6px;border-top:1px solid var(--line)}
.primary,.quiet,input{border-radius:8px}
.quiet{padding:0 12px;min-height:32px}
.under{flex-wrap:wrap;gap:0 8px;min-height:28px;padding-top:6px}
input{min-height:32px;padding:0 10px;cursor:text}
.error{color:var(--bad);padding-top:6px;flex-basis:100%}
[data-shape=sheet]{inset:auto 0 0;width:auto;max-width:none;height:82%;padding-top:16px;border:0;border-radius:18px 18px 0 0;box-shadow:0 -8px 40px rgb(0 0 0/.2);--step:20px}
[data-shape=sheet] .head{padding-top:8px}
@container (max-width:20em){.pill{z-index:1;top:100%}.scroll{padding-top:2.4em;scroll-padding-top:4em}}
@media (prefers-reduced-motion:no-preference){
dialog[open]{animation:in .18s ease-out}
@keyframes in{from{opacity:.4;translate:0 24px}}
}
@media (forced-colors:active){.pill,.primary,.box,.tomb,dialog{border:1px solid}.live::before,.fresh::before{background:CanvasText}.face{forced-color-adjust:none}.tabs button{border-color:Canvas}.tabs [aria-selected=true]{border-color:Highlight}}
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);
