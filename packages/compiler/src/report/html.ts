/** The synthesis report as one self-contained page, without scripts or other files. */
import { jsonOf } from '../policy/json.js';
import { refusalCode } from '../refusals/index.js';
import type { Refusal } from '../refusals/refusal.js';
import { type Step, showChain } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import { escapeHtml } from './escape.js';
import { sortReports } from './json.js';
import { describeNative, describePart } from './native.js';
import { callTree } from './tree.js';
import type { Inside, VirtineReport } from './types.js';
import { differs, names as joined, kib, sizeLine } from './words.js';

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c2330; background: #fff; }
h2 { border-top: 1px solid #cfd6e0; padding-top: 1.5rem; } h3 { margin-bottom: .3rem; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0; }
pre, code { font: 13px/1.4 ui-monospace, monospace; } pre { background: #f3f5f8; padding: .7rem; overflow-x: auto; margin: .2rem 0; }
.picture { overflow: auto; border: 1px solid #cfd6e0; padding: .7rem; max-height: 40rem; }
svg text { font: 12px ui-monospace, monospace; fill: #1c2330; } .edges path { fill: none; stroke: #9aa6b5; }
rect { stroke: #7d8b9c; } .own rect { fill: #e4eefb; } .package rect { fill: #eceff3; } .grant rect { fill: #fdf0cf; stroke: #b07d00; } .accepted rect, .refused { fill: #fbe1de; stroke: #b3261e; }
.refused { color: #b3261e; }`;

const code = (text: string) => `<code>${escapeHtml(text)}</code>`;
const pre = (text: string) => `<pre>${escapeHtml(text)}</pre>`;
const names = (chain: readonly Step[]) => joined(chain, ' → ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return ['<table>', line(head, 'th'), ...rows.map((row) => line(row, 'td')), '</table>'].join('\n');
}

function section(title: string, rows: readonly unknown[], body: string): string[] {
  return rows.length === 0 ? [] : [`<h3>${title}</h3>`, body];
}

const reasons = (grants: VirtineReport['grants']) =>
  grants
    .map(({ grant, what, chain }) => `<p>${code(grant)}: ${escapeHtml(what)}</p>${pre(showChain(chain, ''))}`)
    .join('\n');

function insideTable(inside: readonly Inside[]): string {
  const isNative = inside.some(({ native }) => native !== undefined);
  const row = ({ native, ...part }: Inside) => [
    `${part.kind} ${code(part.name)}`,
    escapeHtml(showPlace(part)),
    escapeHtml(names(part.because)),
    ...(native === undefined ? [] : [escapeHtml(describePart(native))]),
  ];
  return table(['part', 'place', 'because of', ...(isNative ? ['machine code'] : [])], inside.map(row));
}

function one(report: VirtineReport): string {
  const { modules, inside, captured, grants, denied = [], accepted, warnings, initialisation, native } = report;
  const json = (value: unknown) => pre(jsonOf(value, 2));
  return [
    `<h2 id="${escapeHtml(`${report.file}-${report.line}`)}">${code(report.name)} ${escapeHtml(`(${showPlace(report)})`)}</h2>`,
    `<p>Program ${code(report.program.filename)}: ${sizeLine(report)}.<br>Hash ${code(report.program.hash)}</p>`,
    '<h3>The cut of the call graph</h3>',
    '<p>The shortest way to each part. Blue: the project; grey: packages; yellow: needs a grant; red: accepted, but works in no context.</p>',
    `<div class="picture">${callTree(report)}</div>`,
    '<h3>Policy, the least that allows all of it</h3>',
    json(report.policy),
    ...(report.written === undefined ? [] : ['<h3>Policy, as written, which is used</h3>', json(report.written)]),
    ...(differs(report) ? ['<h3>Policy that it runs under, as it is built in</h3>', json(report.effective)] : []),
    ...section('Grants, and why', grants, reasons(grants)),
    ...section('Denied, until the word <code>virtine</code> says what of it is allowed', denied, reasons(denied)),
    ...section(
      'Accepted, though it works in no context',
      accepted,
      table(
        ['what', 'because of'],
        accepted.map(({ subject, chain }) => [code(subject), escapeHtml(names(chain))]),
      ),
    ),
    ...section('Inside, and because of which calls', inside, insideTable(inside)),
    ...section(
      'Captured',
      captured,
      table(
        ['name', 'how', 'why'],
        captured.map(({ name, how, why }) => [code(name), escapeHtml(how), escapeHtml(why)]),
      ),
    ),
    ...section('Runs once, before the snapshot that calls start from', initialisation, list(initialisation)),
    ...section('Shipped after that', report.shipped ?? [], shippedList(report.shipped ?? [])),
    ...section(
      'Modules',
      modules,
      table(
        ['file', 'inside', 'of'],
        modules.map(({ file, ...size }) => [escapeHtml(file), kib(size.inside), kib(size.before)]),
      ),
    ),
    ...(native === undefined ? [] : ['<h3>Environment</h3>', environment(native)]),
    ...section('Warnings', warnings, list(warnings)),
  ].join('\n');
}

const shippedList = (outcomes: NonNullable<VirtineReport['shipped']>) =>
  list(
    outcomes.map(({ backend, refused }) =>
      refused === undefined ? `for ${backend}` : `not for ${backend}: ${refused}`,
    ),
  ) + outcomes.map(({ because = [] }) => reasons(because)).join('\n');

const environment = (native: NonNullable<VirtineReport['native']>) =>
  table(
    ['what', ''],
    describeNative(native).map(([label, text]) => [escapeHtml(label), escapeHtml(text)]),
  );

const list = (lines: readonly string[]) => `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}</ul>`;

function refused(refusals: readonly Refusal[]): string[] {
  if (refusals.length === 0) return [];
  const paragraphOf = ({ rule, virtine, message, advice, chain, ...place }: Refusal) =>
    `<p class="refused">${escapeHtml(`${showPlace(place)}: ${virtine === '' ? '' : `virtine ${virtine}: `}${message} (${refusalCode(rule)})`)}</p>${chain.length === 0 ? '' : pre(showChain(chain, ''))}${advice === '' ? '' : `<p>What to do: ${escapeHtml(advice)}</p>`}`;
  return ['<h2>Refused: no program was made</h2>', ...refusals.map(paragraphOf)];
}

/** The same input gives the same bytes. `refusals`: the `details.refusals` of a failed build. */
export function reportHtml(reports: readonly VirtineReport[], refusals: readonly Refusal[] = []): string {
  const body = [...refused(refusals), ...sortReports(reports).map(one)];
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Virtines: what is inside, and why</title>',
    `<style>${STYLE}</style></head>`,
    `<body><h1>Virtines: what is inside, and why</h1>`,
    ...body,
    '</body></html>',
    '',
  ].join('\n');
}
