/** The section of one virtine in the page: the picture of its calls, its policy with reasons, and its parts. */
import { escapeHtml, graphOf, type Row, tableOf } from '@colony/page';
import { jsonOf } from '../policy/json.js';
import { type Step, showChain } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import { describeNative, describePart } from './native.js';
import { callTree } from './tree.js';
import type { Inside, VirtineReport } from './types.js';
import { differs, kib, names, sizeLine } from './words.js';

/** Longer tables are closed at first. */
const LONG = 12;

export const sectionId = ({ file, line, column }: VirtineReport): string => `${file}-${line}-${column}`;

const code = (text: string) => `<code>${escapeHtml(text)}</code>`;
const pre = (text: string) => `<pre>${escapeHtml(text)}</pre>`;
const json = (value: unknown) => pre(jsonOf(value, 2));
const chainOf = (chain: readonly Step[]) => names(chain, ' → ');

/** Nothing without rows. */
const part = (title: string, rows: readonly unknown[], html: () => string): string =>
  rows.length === 0 ? '' : `<h3>${title}</h3>\n${html()}`;

const list = (lines: readonly string[]) => `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}</ul>`;

function table(title: string, head: readonly string[], right: readonly number[], rows: readonly Row[]): string {
  const html = tableOf({ title, head, right, code: [0], rows });
  return rows.length > LONG ? `<details><summary>${rows.length} rows</summary>\n${html}</details>` : html;
}

const LEGEND = `<p class="legend"><span><i class="own"></i>the project</span><span><i class="package"></i>packages</span>
<span><i class="grant"></i>needs a grant</span><span><i class="accepted"></i>accepted, but works in no context</span></p>`;

const reasons = (grants: VirtineReport['grants']) =>
  grants
    .map(({ grant, what, chain }) => `<p>${code(grant)}: ${escapeHtml(what)}</p>\n${pre(showChain(chain, ''))}`)
    .join('\n');

function insideTable(inside: readonly Inside[]): string {
  const isNative = inside.some(({ native }) => native !== undefined);
  const head = ['part', 'place', 'because of', ...(isNative ? ['machine code'] : [])];
  const rows = inside.map((one) => [
    { text: one.name, note: one.kind },
    ...[showPlace(one), chainOf(one.because)],
    ...(isNative ? [one.native === undefined ? '' : describePart(one.native)] : []),
  ]);
  return table('Inside', head, [], rows);
}

function policies(report: VirtineReport): string[] {
  const { policy, written, effective, profiled } = report;
  return [
    `<h3>Policy, the least that allows all of it</h3>\n${json(policy)}`,
    ...(written === undefined ? [] : [`<h3>Policy, as written, which is used</h3>\n${json(written)}`]),
    ...(differs(report) ? [`<h3>Policy that it runs under, as it is built in</h3>\n${json(effective)}`] : []),
    ...(profiled === undefined
      ? []
      : [
          `<h3>Limits, from the profile ${code(profiled.from)} of ${profiled.calls} calls on ${escapeHtml(profiled.backend)}</h3>\n${json(profiled.limits)}`,
        ]),
  ];
}

function shippedHtml(outcomes: NonNullable<VirtineReport['shipped']>): string {
  const lines = outcomes.map(({ backend, refused }) =>
    refused === undefined ? `for ${backend}` : `not for ${backend}: ${refused}`,
  );
  return list(lines) + outcomes.map(({ because = [] }) => reasons(because)).join('\n');
}

function partsOf({ inside, captured, accepted, modules, native }: VirtineReport): string[] {
  return [
    part('Accepted, though it works in no context', accepted, () =>
      table(
        'Accepted',
        ['what', 'because of'],
        [],
        accepted.map(({ subject, chain }) => [subject, chainOf(chain)]),
      ),
    ),
    part('Inside, and because of which calls', inside, () => insideTable(inside)),
    part('Captured', captured, () =>
      table(
        'Captured',
        ['name', 'how', 'why'],
        [],
        captured.map(({ name, how, why }) => [name, how, why]),
      ),
    ),
    part('Modules', modules, () =>
      table(
        'Modules',
        ['file', 'inside', 'of'],
        [1, 2],
        modules.map(({ file, inside: size, before }) => [file, kib(size), kib(before)]),
      ),
    ),
    part('Environment', native === undefined ? [] : [native], () => factsOf(describeNative(native!))),
  ];
}

const factsOf = (facts: ReturnType<typeof describeNative>) =>
  `<dl>${facts.map(([label, text]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`).join('\n')}</dl>`;

export function virtineHtml(report: VirtineReport): string {
  const { grants, denied = [], initialisation, shipped = [], warnings } = report;
  return [
    `<p>Program ${code(report.program.filename)}: ${escapeHtml(sizeLine(report))}.</p>\n<p class="note">Hash ${code(report.program.hash)}</p>`,
    part('Warnings', warnings, () => list(warnings)),
    `<h3>The calls that lead to each part</h3>\n${LEGEND}\n${graphOf(callTree(report))}`,
    ...policies(report),
    part('Grants, and why', grants, () => reasons(grants)),
    part('Denied, until the word <code>virtine</code> says what of it is allowed', denied, () => reasons(denied)),
    ...partsOf(report),
    part('Runs once, before the snapshot that calls start from', initialisation, () => list(initialisation)),
    part('Shipped after that', shipped, () => shippedHtml(shipped)),
  ]
    .filter((html) => html !== '')
    .join('\n');
}
