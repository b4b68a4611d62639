/** The page's style: light, dark and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --dim: #57606a; --page: #fff; --line: #d0d7de; --part: #f3f5f7; --warn: #8a4600; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e2e6ea; --dim: #9aa5b1; --page: #15181c; --line: #363c44; --part: #1f242a; --warn: #f0b35e; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 68rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
header p { margin: .1rem 0; color: var(--dim); }
.warning { color: var(--warn); font-weight: 600; }
.note { color: var(--dim); font-size: .85rem; margin: .4rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
section > h2 + .wide caption, details caption { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
th, td { padding: .22rem .7rem .22rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 400; }
thead th { font-weight: 600; white-space: nowrap; }
tbody th[scope=row] { font-family: ui-monospace, monospace; font-size: .95em; overflow-wrap: anywhere; min-width: 11rem; }
.number { text-align: right; white-space: nowrap; }
.part th { background: var(--part); padding: .5rem .6rem; font-weight: 600; }
table:has(.part) :is(tbody th[scope=row], thead th:first-child) { padding-left: .6rem; }
figure { margin: 1.75rem 0 2.25rem; }
figcaption { color: var(--dim); font-size: .88rem; margin-bottom: .5rem; }
figcaption h3 { color: var(--text); font-size: 1rem; margin: 0; }
figure svg { display: block; max-width: 100%; height: auto; }
details { margin-top: .4rem; font-size: .9rem; }
summary { cursor: pointer; color: var(--dim); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; font-size: .88rem; margin: 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --text: #000; --dim: #333; --page: #fff; --line: #bbb; --part: #eee; --warn: #000; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  .wide { overflow: visible; }
  table { font-size: 6.8pt; }
  thead { display: table-header-group; }
  thead th { white-space: normal; }
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
