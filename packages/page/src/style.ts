/** The style of every page: light, dark, narrow and on paper. */

const COLOURS = `
:root { color-scheme: light dark; --text: #1b1f24; --dim: #57606a; --page: #fff; --line: #d0d7de; --part: #f3f5f7; --link: #0a58b5;
  --warn: #8a4600; --good: #1a6b35; --bad: #b3261e; --own: #e4eefb; --package: #eceff3; --grant: #fdf0cf; --grant-line: #b07d00;
  --accepted: #fbe1de; --hit: #d9480f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e2e6ea; --dim: #9aa5b1; --page: #15181c; --line: #363c44; --part: #1f242a; --link: #7ab4f5; --warn: #f0b35e;
    --good: #6fce8d; --bad: #ff8a80; --own: #1d3350; --package: #2a3038; --grant: #4a3a10; --grant-line: #e0ab2c;
    --accepted: #4d211e; --hit: #ffa94d; }
}`;

const TEXT = `
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.65rem; line-height: 1.2; margin: 0 0 .75rem; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
a { color: var(--link); }
code, pre { font: .93em/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--part); padding: .7rem; overflow-x: auto; margin: .2rem 0; border-radius: 4px; font-size: .85rem; }
.kicker { margin: 0; color: var(--dim); }
.warning { color: var(--warn); font-weight: 600; }
.bad { color: var(--bad); } .good { color: var(--good); }
.note { color: var(--dim); font-size: .85rem; margin: .2rem 0; overflow-wrap: anywhere; }
small { display: block; color: var(--dim); font-size: .85em; font-weight: 400; }
details { margin-top: .4rem; }
summary { cursor: pointer; color: var(--dim); }
dl { display: grid; grid-template-columns: fit-content(12rem) 1fr; gap: .15rem 1.25rem; font-size: .88rem; margin: 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }`;

const HEADER = `
.answers { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.answers li { background: var(--part); border-radius: 6px; padding: .7rem .9rem; font-size: .9rem; line-height: 1.4; overflow-wrap: anywhere;
  color: var(--text); border-left: 4px solid var(--line); }
.answers b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.answers .good { border-left-color: var(--good); } .answers .bad { border-left-color: var(--bad); }
.contents { list-style: none; margin: 1.25rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .9rem; }`;

const TABLES = `
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 400; }
thead th { font-weight: 600; }
tbody th[scope=row] { min-width: 11rem; }
th small { max-width: 34rem; }
.number { text-align: right; white-space: nowrap; }
.part th { background: var(--part); padding: .5rem .6rem; font-weight: 600; }
table:has(.part) :is(tbody th[scope=row], thead th:first-child) { padding-left: .6rem; }`;

const PICTURES = `
figure { margin: 1.75rem 0 2.25rem; }
figcaption { color: var(--dim); font-size: .88rem; margin-bottom: .5rem; }
figcaption h3 { color: var(--text); margin: 0; }
.picture { overflow-x: auto; }
figure svg { display: block; max-width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; color: var(--dim); font-size: .88rem; margin: .3rem 0; }
.legend i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; border: 1px solid var(--dim); border-radius: 3px; vertical-align: -.1em; }
.graph { overflow: auto; border: 1px solid var(--line); border-radius: 6px; max-height: 36rem; }
.graph.live { overflow: hidden; height: min(36rem, 70vh, var(--height)); }
.graph.live svg { width: 100%; height: 100%; touch-action: none; cursor: grab; display: block; }
.graph.live svg:active { cursor: grabbing; }
.graph text { font: 12px ui-monospace, monospace; fill: var(--text); }
.graph rect { stroke: var(--dim); }
.edges path { fill: none; stroke: var(--dim); opacity: .6; }
.own rect, i.own { fill: var(--own); background: var(--own); } .package rect, i.package { fill: var(--package); background: var(--package); }
.grant rect, i.grant { fill: var(--grant); background: var(--grant); stroke: var(--grant-line); }
.accepted rect, i.accepted { fill: var(--accepted); background: var(--accepted); stroke: var(--bad); }
.searching .node:not(.hit) { opacity: .35; }
.hit rect { stroke: var(--hit); stroke-width: 2; } .current rect { stroke-width: 4; }
.tools { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin: .4rem 0; }
.tools button, .tools input { font: inherit; font-size: .88rem; color: inherit; background: var(--part); border: 1px solid var(--line);
  border-radius: 4px; padding: .2rem .6rem; min-height: 2rem; }
.tools input { flex: 1 1 10rem; max-width: 20rem; }
.tools output { color: var(--dim); font-size: .88rem; }`;

/** A row becomes its first cell, and below it a label and a value for each other cell. */
const NARROW = `
@media screen and (max-width: 640px) {
  body { padding: 1rem .9rem 3rem; }
  .answers { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
  table, tbody, tr, tbody th, tbody td { display: block; }
  thead { display: none; }
  tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  th, td { border: 0; padding: 0; }
  tbody th[scope=row] { min-width: 0; font-weight: 600; padding-left: 0 !important; }
  td[data-label] { display: flex; justify-content: space-between; gap: 1rem; text-align: right; white-space: normal !important; overflow-wrap: anywhere; }
  td[data-label]::before { content: attr(data-label); color: var(--dim); text-align: left; flex: none; max-width: 50%; }
  td:not([data-label]) { display: none; }
  .part th { padding: .5rem .6rem; }
  .picture svg { min-width: 36rem; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
}`;

const PAPER = `
@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --text: #000; --dim: #333; --page: #fff; --line: #bbb; --part: #eee; --warn: #000; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  .contents, .tools { display: none; }
  .wide { overflow: visible; }
  table { font-size: 6.8pt; }
  thead { display: table-header-group; }
  tbody th[scope=row] { min-width: 0; }
  details tbody th[scope=row] { white-space: nowrap; }
  .number { white-space: normal; }
  tr, figure svg, h2, figcaption { break-inside: avoid; }
  h2, figcaption, .part { break-after: avoid; }
  th, td { padding-right: .4rem; }
  figure svg { max-height: 230mm; }
  details::details-content { display: block; content-visibility: visible; height: auto; }
  details > summary { list-style: none; }
  details > summary::marker { content: ''; }
}
`;

export const STYLE = [COLOURS, TEXT, HEADER, TABLES, PICTURES, NARROW, PAPER].join('');
