// The page in a real browser: it draws, loads nothing, logs no errors, and prints its data.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compare } from '../src/compare.js';
import { figuresOf } from '../src/html/charts.js';
import { placesOf } from '../src/html/lines.js';
import { pageOf } from '../src/html/page.js';
import { toSvg } from '../src/html/render.js';
import { scaleFor } from '../src/html/scales.js';
import type { Report } from '../src/report/index.js';

const execute = promisify(execFile);
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Points of a chart, subjects that have none, their floors; and, without KVM, skipped subjects. */
const SUBJECTS = '^(kvm|wasm)\\.c\\.(fib\\.(0|5|10)$|sha256)';

let folder = '';
let report: Report;
let page = '';
const path = (name: string) => join(folder, name);

/** Also returns stderr, which contains the page's console. */
async function chromium(...args: string[]): Promise<{ stdout: string; console: string[] }> {
  const common = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${path('profile')}`,
  ];
  const { stdout, stderr } = await execute('chromium', [...common, '--enable-logging=stderr', '--v=0', ...args], {
    maxBuffer: 1 << 26,
    timeout: 280_000,
  });
  return { stdout, console: stderr.split('\n').filter((line) => /:CONSOLE[:(]/.test(line)) };
}

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

interface Seen {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly marks: number;
  readonly texts: number;
  readonly rows: number;
  readonly overflow: boolean;
}

/** Added to the test's copy of the page, because the page itself has no script. */
const LOOK = `<script>
const box = (element) => element.getBoundingClientRect();
const seen = [...document.querySelectorAll('figure')].map((figure) => {
  const svg = figure.querySelector('svg');
  const drawn = svg ? [...svg.querySelectorAll('.role-mark path, .role-mark line')].filter((mark) => box(mark).width + box(mark).height > 0) : [];
  return {
    id: figure.id,
    width: svg ? box(svg).width : 0,
    height: svg ? box(svg).height : 0,
    marks: drawn.length,
    texts: svg ? [...svg.querySelectorAll('text')].filter((text) => box(text).width > 0).length : 0,
    rows: figure.querySelectorAll('details tbody tr').length,
    overflow: svg ? box(svg).right > document.documentElement.clientWidth : false,
  };
});
console.error('a console that is listened to');
document.title = 'seen';
document.body.textContent = JSON.stringify(seen);
</script>`;

it('every chart is drawn, is not empty, and has its data as a table', { timeout: 300_000 }, async () => {
  writeFileSync(path('look.html'), page.replace('</body>', `${LOOK}</body>`));
  const { stdout, console } = await chromium('--dump-dom', `file://${path('look.html')}`);
  // The script's own line proves that errors would have been logged.
  expect(console.filter((line) => line.includes('listened to'))).toHaveLength(1);
  const body = /<body>(.*)<\/body>/s.exec(stdout)?.[1] ?? '';
  const seen = JSON.parse(body.replaceAll('&amp;', '&')) as Seen[];
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

it('no complaint on the console, nothing loaded, no script; a picture of it', { timeout: 300_000 }, async () => {
  const shot = `--screenshot=${path('page.png')}`;
  const { console } = await chromium(shot, '--window-size=1100,2000', `file://${path('page.html')}`);
  expect(console).toEqual([]);
  expect(statSync(path('page.png')).size).toBeGreaterThan(30_000);
  expect(page).not.toMatch(/<script|<iframe|@import|url\(/i);
  const attributes = [...page.matchAll(/\s(?:src|href|srcset)="([^"]*)"/g)].map(([, value]) => value);
  expect(attributes).toEqual(['data:,']);
});

it('on paper the tables of the charts are open', { timeout: 300_000 }, async () => {
  await chromium(`--print-to-pdf=${path('page.pdf')}`, '--no-pdf-header-footer', `file://${path('page.html')}`);
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
    'What was measured',
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
