/**
 * Generates the page on a guest's JavaScript as Markdown from the results of runs, so that it describes only tested
 * behaviour.
 */
import { readFileSync } from 'node:fs';
import { COMMIT, PACKAGE } from './corpus.js';
import { engineOf, type KnownFailures, knownFailures } from './expected.js';
import type { Counts, Report } from './report.js';
import { EXCLUDED_FEATURES } from './select.js';

/** The backends that run the whole selection; the third runs a part of it for comparison. */
export const WHOLE = ['kvm', 'wasm'] as const;
const COMPARED = 'process';

export function results(backend: string): Report {
  const file = new URL(`../../test262/results/${backend}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const number = (value: number) => value.toLocaleString('en-US');
const code = (text: string) => `\`${text}\``;

/** Rounded down, so that it is never 100% if a test fails. */
export function share({ tests, passed }: Counts): string {
  if (tests === 0) return '';
  return passed === tests ? '100%' : `${(Math.floor((10_000 * passed) / tests) / 100).toFixed(2)}%`;
}

const shareOfPart = (counts: Counts | undefined) =>
  counts === undefined ? '' : `${share(counts)} of ${number(counts.tests)}`;

function sum(report: Report, prefix = ''): Counts {
  const areas = Object.entries(report.areas).filter(([name]) => name.startsWith(prefix));
  const total = (key: keyof Counts) => areas.reduce((so, [, counts]) => so + counts[key], 0);
  return { tests: total('tests'), passed: total('passed') };
}

function areasTable(whole: readonly Report[], part: Report): string {
  const head = [
    row('area', 'tests', ...whole.map(({ backend }) => backend), `${part.backend} (a sample)`),
    row('---', '--:', ...whole.map(() => '--:'), '--:'),
  ];
  const sums = ['', 'language/', 'built-ins/'].map((prefix) =>
    row(
      `**${prefix === '' ? 'all' : prefix.slice(0, -1)}**`,
      number(sum(whole[0]!, prefix).tests),
      ...whole.map((report) => share(sum(report, prefix))),
      shareOfPart(sum(part, prefix)),
    ),
  );
  const names = Object.keys(whole[0]!.areas).sort();
  const areas = ['language/', 'built-ins/'].flatMap((prefix) => names.filter((name) => name.startsWith(prefix)));
  const rows = areas.map((name) =>
    row(
      name,
      number(whole[0]!.areas[name]!.tests),
      ...whole.map(({ areas }) => share(areas[name]!)),
      shareOfPart(part.areas[name]),
    ),
  );
  return [...head, ...sums, ...rows].join('\n');
}

function excludedTable({ excluded }: Report): string {
  const rows = Object.entries(excluded).map(([reason, by]) => {
    const named = Object.entries(by).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const total = named.reduce((so, [, count]) => so + count, 0);
    return {
      total,
      text: row(reason, number(total), named.map(([name, n]) => `${code(name)} ${number(n)}`).join(', ')),
    };
  });
  rows.sort((a, b) => b.total - a.total);
  return [
    row('why', 'tests', 'excluded by, with the number of tests'),
    row('---', '--:', '---'),
    ...rows.map(({ text }) => text),
  ].join('\n');
}

/** Listed features that no test of this copy uses. */
function unmet({ excluded }: Report): readonly string[] {
  const met = new Set(Object.values(excluded).flatMap((by) => Object.keys(by)));
  return Object.values(EXCLUDED_FEATURES)
    .flat()
    .filter((feature) => !met.has(feature));
}

/** Groups paths by folder if a folder has many, because single names would fill pages. */
function places(paths: readonly string[]): string {
  if (paths.length <= 12) return paths.map(code).join('<br>');
  const folders = new Map<string, number>();
  for (const path of paths) {
    const folder = path.split('/').slice(0, -1).slice(0, 3).join('/');
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  return [...folders].map(([folder, count]) => `${code(folder)} ${count}`).join('<br>');
}

function failuresTable(known: KnownFailures): string {
  const rows = Object.entries(known)
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, paths]) => row(reason, paths.length, places(paths)));
  return [row('why', 'tests', 'where'), row('---', '--:', '---'), ...rows].join('\n');
}

/** Returns the whole page. */
export function languagePage(): string {
  const whole = WHOLE.map(results);
  const part = results(COMPARED);
  const absent = unmet(whole[0]!);
  const left = Object.values(whole[0]!.excluded).flatMap((by) => Object.values(by));
  return `<!-- Made by \`npm run test262:table -w @colony/matrix\` from packages/matrix/test262. Do not edit. -->
# The JavaScript of a guest

This page has the share of [test262](https://github.com/tc39/test262) that passes: the language and the built-in objects of ES2023,
without Intl. Each test is a fresh call of an ordinary program, in strict and sloppy mode as the test demands. It counts as passed if all
its runs pass. A run takes test262 (commit ${code(COMMIT.slice(0, 12))}) from Debian's source package ${code(`${PACKAGE.name} ${PACKAGE.version}`)}.
Nothing of test262 is in this repository.

On kvm and wasm the engine is the same build of quickjs-ng (npm \`quickjs-wasi\`), and the same tests fail. On process it is the
V8 of Node (${part.node} in this run). There each fresh call is a fresh process, so only an evenly spread part of the selection ran.

${areasTable(whole, part)}

To make the page again, run \`npm run test262 -w @colony/matrix -- --backend kvm --json test262/results/kvm.json\`, the same for wasm, and for
process with \`--files ${part.files}\`; then \`npm run test262:table -w @colony/matrix\`.

## Failures on kvm and wasm

${number(sum(whole[0]!).tests - sum(whole[0]!).passed)} tests fail, here by reason. They are listed by name in \`packages/matrix/test262/expected.json\`. A run that fails another test, or
passes one of these, is not accepted: \`npm test\` runs an even sample on both backends.

${failuresTable(knownFailures(engineOf('kvm')))}

## Failures on process

These tests of the sample fail, for comparison.

${failuresTable(knownFailures(engineOf('process')))}

## Tests outside of the selection

${number(left.reduce((a, b) => a + b, 0))} of the copy's tests are excluded. The table has them by the first reason: a feature as test262 names it, a harness
file, a folder, or a demand of the test on its host.

${excludedTable(whole[0]!)}

No test of this copy has these features, which are excluded, too: ${absent.map(code).join(', ')}.
The unpacked part of the copy has neither \`intl402\` nor \`annexB\`.
`;
}
