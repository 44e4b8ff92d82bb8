/** The report's style sheet: system type, ample white, one accent per series, light and dark. No request leaves the page. */
export const reportStyle = `
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1c1e21; --soft: #5d646d; --rule: #e3e4e0; --tint: #f3f3ef;
  --tone-1: #2763a5; --tone-2: #c05a12; --tone-3: #2f7d4f; --good: #2f7d4f; --bad: #a8433a; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e7e5; --soft: #9aa1a9; --rule: #2c3035; --tint: #1e2125;
  --tone-1: #7db1ec; --tone-2: #eb9a5c; --tone-3: #77c596; --good: #77c596; --bad: #e08d85; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .35rem; font-weight: 650; }
h2 { font-size: 1.15rem; margin: 3rem 0 .9rem; font-weight: 650; }
h3 { font-size: .95rem; margin: 0; font-weight: 600; }
p { margin: 0 0 .75rem; max-width: 44rem; }
.soft, .caption { color: var(--soft); }
.caption { font-size: .82rem; margin: .35rem 0 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2.25rem 2rem; }
.headline { display: flex; flex-wrap: wrap; gap: 1.25rem 2.75rem; margin: 1.75rem 0 0; padding: 0; list-style: none; }
.headline b { display: block; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.25; }
.headline span { color: var(--soft); font-size: .82rem; }
figure { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem; align-items: baseline; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: 0; padding: 0; list-style: none; font-size: .8rem; color: var(--soft); }
.key { display: inline-block; width: .95rem; height: .2rem; margin-right: .4rem; vertical-align: middle; border-radius: 1px; background: currentColor; }
svg { display: block; width: 100%; height: auto; margin-top: .4rem; overflow: visible; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); }
.line { fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linejoin: round; }
.dot { fill: currentColor; }
.band { fill: currentColor; fill-opacity: .14; }
.not-valid * { color: var(--soft); stroke-dasharray: 4 4; }
.tone-1 { color: var(--tone-1); } .tone-2 { color: var(--tone-2); } .tone-3 { color: var(--tone-3); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; color: var(--soft); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, pre { font: .84rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
td code { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { background: var(--tint); padding: .9rem 1rem; overflow-x: auto; border-radius: 4px; margin: .6rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); }
.good::before { content: "✓ "; } .bad::before { content: "· "; }
.completions { margin: 0; padding: 0; list-style: none; }
details { margin: .5rem 0; } summary { cursor: pointer; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .82rem; }
`;
