// The page in a real browser: it draws, loads nothing, logs no errors, and prints its data.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { escapeHtml, textOf } from '@colony/page';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lookAt, pictureOf, print, WIDTHS } from '../../../scripts/lib/chromium.mjs';
import { compare } from '../src/compare.js';
import { answersOf } from '../src/html/answers.js';
import { figuresOf } from '../src/html/charts.js';
import { placesOf } from '../src/html/lines.js';
import { pageOf } from '../src/html/page.js';
import { toSvg } from '../src/html/render.js';
import { scaleFor } from '../src/html/scales.js';
import type { Report } from '../src/report/index.js';
import { findSuite, suiteNames } from '../src/suites/index.js';
import { factor } from '../src/tables/units.js';
import { specsOf } from '../src/types.js';

const execute = promisify(execFile);
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Points of a chart, subjects that have none, their floors; and, without KVM, skipped subjects. */
const SUBJECTS = '^(kvm|wasm)\\.c\\.(fib\\.(0|5|10)$|sha256)';

let folder = '';
let report: Report;
let page = '';
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'colony-page-'));
  const args = ['--suite', 'work', '--quick', '--rounds', '2', '--only', SUBJECTS, '--cache', folder];
  const first = ['--json', path('old.json')];
  await execute(process.execPath, [main, ...args, ...first]);
  const second = ['--json', path('new.json'), '--html', path('page.html'), '--compare', path('old.json')];
  await execute(process.execPath, [main, ...args, ...second]);
  report = JSON.parse(readFileSync(path('new.json'), 'utf8')) as Report;
  page = readFileSync(path('page.html'), 'utf8');
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('every chart is drawn, is not empty, and has its data as a table', { timeout: 300_000 }, async () => {
  const { seen, console } = await lookAt(page, () => {
    const box = (element: Element) => element.getBoundingClientRect();
    const isDrawn = (element: Element) => box(element).width + box(element).height > 0;
    window.console.error('a console that is listened to');
    return [...document.querySelectorAll('figure')].map((figure) => {
      const svg = figure.querySelector('svg');
      const all = (selector: string) => [...(svg?.querySelectorAll(selector) ?? [])].filter(isDrawn).length;
      return {
        ...{ id: figure.id, width: svg ? box(svg).width : 0, height: svg ? box(svg).height : 0 },
        ...{ marks: all('.role-mark path, .role-mark line'), texts: all('text') },
        rows: figure.querySelectorAll('details tbody tr').length,
        overflow: svg ? box(svg).right > document.documentElement.clientWidth : false,
      };
    });
  });
  // The script's own line proves that errors would have been logged.
  expect(console.filter((line) => line.includes('listened to'))).toHaveLength(1);
  const expected = [...figuresOf(report).map(({ id }) => id), 'comparison'];
  expect(seen.map(({ id }) => id).sort()).toEqual(expected.sort());
  expect(expected.length).toBeGreaterThan(3);
  for (const { id, width, height, marks, texts, rows, overflow } of seen) {
    expect(width, id).toBeGreaterThan(200);
    expect(height, id).toBeGreaterThan(30);
    expect(marks, id).toBeGreaterThan(0);
    expect(texts, id).toBeGreaterThan(2);
    expect(rows, id).toBeGreaterThan(0);
    expect(overflow, id).toBe(false);
  }
});

it('nothing is loaded, no script', () => {
  expect(page).not.toMatch(/<script|<iframe|@import|url\(/i);
  const attributes = [...page.matchAll(/\s(?:src|href|srcset)="([^"]*)"/g)].map(([, value]) => value);
  expect(attributes.filter((value) => !value!.startsWith('#'))).toEqual(['data:,']);
});

it.each(WIDTHS)(
  'at %i pixels: a picture, no complaint, and each cost in sight',
  { timeout: 300_000 },
  async (width) => {
    const { png, console } = await pictureOf(page, `bench-${width}`, { width, height: 2000 });
    expect(console).toEqual([]);
    expect(png.length).toBeGreaterThan(30_000);
    const { seen } = await lookAt(
      page,
      () => {
        const edge = document.documentElement.clientWidth;
        const costs = [...document.querySelectorAll('#isolation td.number')].map((cell) =>
          cell.getBoundingClientRect(),
        );
        const hidden = costs.filter(({ left, right, width: size }) => left < 0 || right > edge || size === 0).length;
        return { hidden, rows: costs.length, overflow: document.documentElement.scrollWidth - edge };
      },
      { width },
    );
    expect(seen).toEqual({ hidden: 0, rows: report.isolation.rows.length, overflow: 0 });
  },
);

it('on paper the tables of the charts are open', { timeout: 300_000 }, async () => {
  await print(page, path('page.pdf'));
  const { stdout } = await execute('pdftotext', ['-layout', path('page.pdf'), '-']);
  const tables = page.match(/<summary>/g)?.length ?? 0;
  expect(stdout.match(/The data of this chart/g)).toHaveLength(tables);
  // A column that only the closed tables have.
  expect(stdout).toMatch(/p75 -/);
  const [subject] = Object.keys(report.distributions);
  expect(stdout.split(subject!).length).toBeGreaterThan(2);
});

it('the page says what it must: boundaries first, the machine, what was skipped', () => {
  const order = [
    'Isolation beside cost',
    'Against the old report',
    'Charts',
    'Against the floors',
    'The machine',
    'How it was',
  ];
  const places = order.map((title) => page.indexOf(`<h2>${title}`));
  expect(places.every((place) => place > 0)).toBe(true);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(page).toContain('Not protected: ');
  expect(page).toContain(report.facts.kernel.split(' ')[0]!);
  expect(page).toContain('<html lang="en">');
  expect(page).toMatch(/<title>Colony benchmark: work/);
});

it('the page opens with the question and its answers, and each subject has its explanation', () => {
  expect(page).toContain(`<h1>${report.headline.question}</h1>`);
  const answers = Object.keys(report.headline.answers).filter((subject) => report.distributions[subject]);
  expect(page.match(/<li[^>]*><b>/g)).toHaveLength(answers.length);
  for (const { what } of report.subjects) expect(page).toContain(`<small>${escapeHtml(what)}</small>`);
  // A quick run has no verdicts, and says why.
  expect(page).toContain('<p class="warning">A quick run');
  expect(page).not.toMatch(/>(missed|reached)</);
  expect(page).not.toMatch(/\d us\b/);
});

it.each(suiteNames())('the answers of the suite %s are subjects that it has', (name) => {
  const suite = findSuite(name);
  const subjects = specsOf(suite).map(({ subject }) => subject);
  const answers = Object.keys(suite.headline.answers);
  expect(answers.filter((subject) => !subjects.includes(subject))).toEqual([]);
  expect(answers.length).toBeGreaterThan(1);
  expect(suite.headline.question).toMatch(/^[A-Z].*\?$/);
});

it('a card has the ratio to the floor, what was wanted, and a mood only with a verdict', () => {
  const row = { subject: 'a', unit: 'us', median: 12, floor: 'f', ratio: 1.2 };
  const target = { subject: 'a', floor: 'f', atMost: 1.1, verdict: 'missed' };
  const made = { headline: { question: '?', answers: { a: 'a call', b: 'not measured' } }, summary: [row] };
  const answers = (targets: readonly object[]) => answersOf({ ...made, targets } as unknown as Report);
  expect(answers([target])).toEqual([
    { value: '12.0 µs', what: 'a call', note: 'a: 1.200 times f, at most 1.100 wanted', mood: 'bad' },
  ]);
  expect(answers([{ ...target, verdict: 'not judged' }])[0]).not.toHaveProperty('mood');
  expect(answers([])).toEqual([{ value: '12.0 µs', what: 'a call', note: 'a: 1.200 times f' }]);
});

it('a ratio of thousands is not drawn beside others, and the caption counts it', () => {
  const drawn = figuresOf(report).find(({ id }) => id === 'ratios-1')!;
  const subject = drawn.data.rows.map(([first]) => textOf(first!))[0]!;
  const summary = report.summary.map((row) => (row.subject === subject ? { ...row, ratio: 200_000 } : row));
  const again = figuresOf({ ...report, summary }).find(({ id }) => id === 'ratios-1')!;
  expect(again.caption).toMatch(/ \d of more than 1000 times are left out\.$/);
  expect(JSON.stringify(again.spec)).not.toContain(`"${subject} / `);
  expect(JSON.stringify(drawn.spec)).toContain(`"${subject} / `);
  expect(factor(200_000)).toBe('over 1000');
});

it('whatever a report holds is text in the page', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  const skipped = [{ trial: 1, subject: evil, reason: `"${evil}` }];
  const facts = { ...report.facts, kernel: evil };
  const made = await pageOf({ ...report, skipped, facts }, compare(report, report));
  expect(made).not.toContain('<img');
  expect(made).toContain('&lt;img src=x');
});

it('a specification that is wrong is an error, not an empty picture', async () => {
  const wrong = {
    data: { values: [{ a: 1 }] },
    mark: 'bar',
    encoding: { x: { field: 'a', type: 'quantitative', scale: { type: 'log', zero: true } } },
  };
  await expect(toSvg(wrong as Parameters<typeof toSvg>[0])).rejects.toThrow('not as it should be');
});

it('axes: logarithmic over orders of magnitude, with zero where there is one', () => {
  expect(scaleFor([1, 1000])).toMatchObject({ type: 'log', values: expect.arrayContaining([1, 10, 100, 1000]) });
  expect(scaleFor([10, 20])).toMatchObject({ type: 'linear', domain: [0, 21] });
  expect(scaleFor([0, 1000], 'log').type).toBe('symlog');
  expect(scaleFor([-5, 10]).domain[0]).toBeLessThan(-5);
});

it('a backend has its own colour in every chart, and no two lines of a chart share one', () => {
  expect(placesOf(['host', 'kvm', 'wasm', 'process'], 8)).toEqual([7, 0, 1, 2]);
  expect(placesOf(['Node, no isolation', 'QuickJS in V8', 'kvm', 'process', 'wasm'], 8)).toEqual([7, 3, 0, 2, 1]);
  expect(placesOf(['kvm sync', 'kvm async', 'wasm sync', 'wasm async'], 8)).toEqual([0, 2, 1, 3]);
  const many = placesOf(
    Array.from({ length: 8 }, (_, index) => `line ${index}`),
    8,
  );
  expect(new Set(many).size).toBe(8);
});
