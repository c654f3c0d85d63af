// @ts-check
/** The panel's looks, as a constructed sheet: neither a style element nor a style attribute passes a strict CSP. */

/** A quotation of the article, and how much of it is shown at most. */
export const QUOTE = (/** @type {number} */ lines) =>
  `margin:0;padding-inline-start:11px;border-inline-start:2px solid var(--line);color:var(--soft);display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:${lines};overflow:hidden`;

const CSS = `
:host{--sunk:var(--postil-sunk,light-dark(#f5f3ee,#14161a));--good:light-dark(#2f7d4f,#74c295);--warn:light-dark(#8a5200,#e0aa5a);--bad:light-dark(#a8321f,#ef9080)}
dialog{all:unset;position:fixed;inset:0 0 0 auto;z-index:var(--postil-z,2147483000);box-sizing:border-box;width:440px;max-width:100vw;height:100dvh;display:flex;flex-direction:column;background:var(--surface);color:var(--ink);border-inline-start:1px solid var(--line);overflow-wrap:anywhere;contain:content}
dialog:not([open]){display:none}
:host(:dir(rtl)) dialog{inset:0 auto 0 0}
dialog::backdrop{background:rgb(0 0 0/.06)}
.grip{display:none}
svg:not(.face){width:18px;height:18px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
svg.face{width:28px}
h2{font:600 17px/1.3 var(--sans);margin:0;outline:0;text-wrap:pretty}
p{margin:0}
.space{flex:1}
.head{display:flex;gap:4px;padding:20px 16px 16px 20px;border-bottom:1px solid var(--line);position:relative}
.titles{flex:1;min-width:0}
.where{font-size:12px;line-height:16px;color:var(--soft);margin-bottom:2px}
.tool{display:grid;place-items:center;width:32px;height:32px;border-radius:8px;color:var(--soft);flex:none}
.tool:hover,.quiet:hover{background:var(--sunk);color:var(--ink)}
.tool[aria-disabled=true]{opacity:.35;cursor:default}
.tool[data-action=menu] svg{stroke-width:3}
.menu{position:absolute;inset-inline-end:56px;top:52px;z-index:2;padding:4px;border:1px solid var(--line);border-radius:8px;background:var(--surface);box-shadow:0 4px 16px rgb(0 0 0/.12)}
.menu p{padding:4px 12px;font-size:13px;color:var(--soft)}
.menu button{width:100%;padding:8px 12px;border-radius:6px;font-weight:500}
.menu button:hover{background:var(--sunk)}
.head:has(+.strip:not(:empty)){border:0;padding-bottom:8px}
.strip{padding:0 20px 12px;border-bottom:1px solid var(--line);font-size:13px;color:var(--soft)}
.strip:empty{display:none}
.tabs{display:flex;column-gap:24px;margin-bottom:-13px}
.tabs:has(:nth-child(3)){flex-wrap:wrap}
.tabs+.line{margin-top:20px}
.tabs button{display:flex;gap:6px;min-width:0;max-width:100%;min-height:36px;line-height:34px;border-bottom:2px solid transparent;font-weight:600;white-space:nowrap}
.tabs button:first-child{flex:none}
.tabs button>:first-child{overflow:hidden;text-overflow:ellipsis}
.tabs button:hover{color:var(--ink)}
.tabs button[aria-selected=true]{color:var(--ink);border-color:var(--accent)}
.line{display:flex;gap:4px;align-items:center;min-height:28px;color:var(--accent)}
.line:hover span{text-decoration:underline}
.line svg{width:16px;height:16px;flex:none;margin-inline-start:-5px}
:host(:dir(rtl)) .line svg{scale:-1 1}
.strip blockquote{${QUOTE(3)};margin-top:4px}
.bar{position:relative;display:flex;align-items:center;justify-content:space-between;min-height:44px;padding:0 20px;font-size:13px;color:var(--soft)}
.live::before{content:"";display:inline-block;width:7px;height:7px;margin-inline-end:8px;border-radius:50%;background:var(--soft);vertical-align:1px}
.live[data-state=live]::before{background:var(--good)}
.live[data-state=offline]::before{background:var(--bad)}
select{all:unset;field-sizing:content;box-sizing:border-box;font-size:13px;line-height:28px;cursor:pointer}
select:focus-visible,input:focus-visible,textarea:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
option{background:var(--surface);color:var(--ink)}
.sort{display:flex;align-items:center}.sort::after{content:"▾";margin-inline-start:4px}
.pill{position:absolute;inset-inline-start:50%;translate:-50%;padding:0 16px;min-height:32px;border-radius:16px;background:var(--accent);color:var(--on-accent);font:600 14px/32px var(--sans);white-space:nowrap;box-shadow:0 2px 8px rgb(0 0 0/.16)}
:host(:dir(rtl)) .pill{translate:50%}
.scroll{flex:1;min-height:0;overflow-y:auto;overscroll-behavior:contain;overflow-anchor:none;padding:4px 0 20px;outline-offset:-2px}
ol.list{list-style:none;margin:0;padding:0}
li{display:flow-root}
.list>li{--in:calc(var(--depth)*38px);margin:0 20px;padding-inline-start:var(--in);background:repeating-linear-gradient(90deg,transparent 0 13px,var(--line) 13px 15px,transparent 15px 38px) 0 0/var(--in) 100% no-repeat}
:host(:dir(rtl)) .list>li{background:repeating-linear-gradient(270deg,transparent 0 13px,var(--line) 13px 15px,transparent 15px 38px) 100% 0/var(--in) 100% no-repeat}
article{position:relative;box-sizing:border-box;padding-block:12px;padding-inline:49px 12px;margin:0 -12px;border-radius:12px}
article:focus{outline:0}
li[data-focus]>article{background:var(--wash)}
article header{display:flex;align-items:center;flex-wrap:wrap;column-gap:9px;min-height:28px;margin-inline-start:-37px}
article b{font-weight:600}
.badge{font:600 12px/16px var(--sans);color:var(--accent)}
.when{font-size:13px;color:var(--soft);text-decoration:none}
a.when:hover{text-decoration:underline}
.fold{margin-block:-2px;margin-inline:auto -6px;width:28px;height:28px;opacity:.6}
.fold:hover,.fold:focus-visible{opacity:1}
.to{font-size:13px;color:var(--soft)}
.label{font-size:13px;color:var(--warn)}
button.label{display:flex;align-items:center;gap:4px;min-height:24px;border-radius:4px}
button.label:hover{text-decoration:underline}
button.label svg:not(.face){width:14px;height:14px}
.then{margin:4px 0 12px;padding:8px 12px;border-radius:8px;background:var(--sunk);font-size:13px}
.then dt{font-weight:600;color:var(--soft)}
.then dd{margin:0}
.then dd+dt{margin-top:8px}
.then b{display:block}
.then blockquote{${QUOTE(9)}}
.body{unicode-bidi:isolate;contain:content}
article.hidden:not(.mine) .body{background:var(--sunk);border-radius:8px;padding:8px 12px;margin-block:4px}
article.pending .body{opacity:.75}
article.hidden.mine .body{color:var(--soft)}
.own>span{display:block}
.own .text{color:var(--accent);font-weight:600}
.good{color:var(--good)}
.late{position:absolute;inset-block-end:-4px;inset-inline:49px 12px;white-space:nowrap;overflow:hidden}
li:has(.slot>*) .late{position:static}
.late>span{overflow:hidden;text-overflow:ellipsis}
.trap{position:absolute;inset-inline-start:-9999px;width:1px;height:1px;overflow:hidden}
.hint{flex:1 1 100%;font-size:13px;color:var(--soft)}
.question>.box{flex:1 1 100%}
.question textarea{min-height:92px}
.shut{display:flex;align-items:center;min-height:48px;font-size:13px;color:var(--soft)}
.body>*{margin:0 0 8px}
.body>:last-child{margin-bottom:0}
.body a{color:var(--accent);text-underline-offset:2px}
.body a:not([href]){color:inherit}
.body blockquote{margin-inline:0;padding-inline-start:11px;border-inline-start:2px solid var(--line);color:var(--soft)}
.body :is(ul,ol){padding-inline-start:22px}
.body pre{padding:8px 12px;border-radius:8px;background:var(--sunk);overflow-x:auto}
.body :is(code,pre){font:13px/1.5 ui-monospace,monospace}
.plain{white-space:pre-line}
.actions{display:flex;flex-wrap:wrap;column-gap:18px;margin-top:4px;font-size:13px;color:var(--soft)}
.act{min-height:28px;min-width:24px;font-weight:600;border-radius:4px}
.act:hover{color:var(--ink)}
.act[aria-pressed=true],.act[aria-expanded=false]:not(.more){color:var(--accent)}
.extra{display:none;column-gap:18px;align-items:center}
li[data-open] .extra{display:contents}
li[data-open] .more{display:none}
li[data-editing] :is(.body,.actions){display:none}
li>article.tomb{background:var(--sunk);padding:8px 12px;margin:8px 0;color:var(--soft);font-size:14px;display:flex;align-items:center}
.slot{margin-inline-start:37px}
.slot>*{margin-bottom:12px}
.load{display:block;min-height:32px;line-height:32px;color:var(--accent);font-weight:600;font-size:13px}
.empty{padding:48px 32px;text-align:center;color:var(--soft)}
.empty:has(>.load:only-child){padding:4px 20px;text-align:start}
.empty b{display:block;color:var(--ink);font-weight:600}
.foot{padding:12px 20px max(12px,env(safe-area-inset-bottom));border-top:1px solid var(--line)}
.foot:empty{display:none}
.box{border:1px solid var(--line);border-radius:12px;background:light-dark(color-mix(in srgb,var(--sunk) 30%,var(--surface)),var(--sunk));transition:border-color .12s,box-shadow .12s}
.box:focus-within{border-color:var(--accent);box-shadow:0 0 0 3px color-mix(in srgb,var(--accent) 18%,transparent)}
textarea{all:unset;display:block;box-sizing:border-box;width:100%;min-height:46px;max-height:36vh;padding:12px 13px;overflow-y:auto;field-sizing:content;white-space:pre-wrap;cursor:text}
.box textarea:focus-visible{outline:0}
::placeholder{color:var(--soft);opacity:1}
.tools{display:flex;align-items:center;gap:2px;padding:5px 6px;border-top:1px solid var(--line)}
.primary{padding:0 16px;min-height:32px;border-radius:8px;background:var(--accent);color:var(--on-accent);font-weight:600}
.primary:hover{filter:brightness(1.1)}
.primary[aria-disabled=true]{opacity:.6;cursor:default}
.quiet{padding:0 12px;min-height:32px;border-radius:8px;color:var(--soft);font-weight:500}
.under{display:flex;align-items:center;gap:8px;min-height:28px;padding-top:6px;font-size:13px;line-height:20px;color:var(--soft)}
.under:not(:has(.name)):has(.who:empty,.kept:only-child:empty){display:none}
.text{min-height:24px}
.text:hover{text-decoration:underline}
input{all:unset;box-sizing:border-box;min-height:32px;padding:0 10px;border:1px solid var(--line);border-radius:8px;color:var(--ink);font-size:14px;cursor:text;min-width:0}
.name{width:180px}
.foot:not(:focus-within) .composer:has(textarea:placeholder-shown):not(:has(.error:not([hidden]))) :is(.tools,.under){display:none}
.error{color:var(--bad);font-size:13px;padding-top:6px}
.question{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:12px;border:1px solid var(--line);border-radius:12px;font-size:14px}
.question>:is(b,select,input){flex:1 1 100%;font-weight:600}
.question>:is(select,input){font-weight:400;font-size:14px}
.question select{appearance:auto;padding:0 10px;line-height:30px;border:1px solid var(--line);border-radius:8px}
.error{flex-basis:100%}
@media (max-width:719px){
dialog,:host(:dir(rtl)) dialog{inset:auto 0 0;width:100vw;height:82dvh;border:0;border-radius:18px 18px 0 0;box-shadow:0 -8px 40px rgb(0 0 0/.2)}
.grip{display:block;padding:10px 0 2px;touch-action:none;cursor:grab}
.grip::before{content:"";display:block;width:40px;height:4px;margin:auto;border-radius:2px;background:var(--line)}
.head{padding-top:8px}.pill{font-size:13px;padding:0 12px}
li{display:flow-root}
.list>li{--in:calc(min(var(--depth),2)*22px)}
}
@media (prefers-reduced-motion:no-preference){
dialog[open]{animation:in .18s ease-out}
@keyframes in{from{opacity:.4;transform:translateX(24px)}}
@media (max-width:719px){@keyframes in{from{transform:translateY(40%)}}}
li[data-focus]>article{transition:background .6s}
}
@media (forced-colors:active){.pill,.primary,.box,.tomb,dialog{border:1px solid}.live::before{background:CanvasText}.face{forced-color-adjust:none}
.tabs button{border-color:Canvas}.tabs button[aria-selected=true]{border-color:Highlight}}
`;

export const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);
