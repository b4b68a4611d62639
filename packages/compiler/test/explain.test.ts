import { expect, it } from 'vitest';
import { lookAt, pictureOf, WIDTHS } from '../../../scripts/lib/chromium.mjs';
import { reportHtml, type VirtineReport } from '../src/index.js';
import { Project, project } from './ts/project.js';

const TEXT = `import ms from 'ms';
import { virtine } from '@colony/compiler/runtime';
import { log } from './log.js';
const rate = 3;
export const f = virtine((x: string) => ms(x as '1d') * rate + log());
export const g = virtine((x: number) => x);
`;
const FILES = { 'main.ts': TEXT, 'log.ts': 'export const log = () => Date.now();\n' };

it('is one page with the same bytes for the same input, wherever the project stands', async () => {
  const [one, two] = await Promise.all([new Project(FILES).compile('main.ts'), new Project(FILES).compile('main.ts')]);
  const html = reportHtml(one.virtines);
  expect(reportHtml([...two.virtines].reverse())).toBe(html);
  expect(html).not.toMatch(/\/tmp\/|https?:| src=|@import|url\(/);
});

it('draws the way to each part, and what needs a grant', async () => {
  const { virtines } = await new Project(FILES).compile('main.ts');
  const html = reportHtml(virtines);
  const [picture] = /<svg[\s\S]*?<\/svg>/.exec(html)!;
  const boxes = [...picture.matchAll(/<g class="node (\w+)" transform="translate\((\d+) ([\d.]+)\)"><title>([^<]*)/g)];
  const named = (name: string) => boxes.find(([, , , , title]) => title!.startsWith(`${name} (`))!;
  expect(named('f').slice(1, 3)).toEqual(['own', '0']);
  expect(named('log').slice(1, 3)).toEqual(['own', '230']);
  expect(named('Date.now').slice(1, 3)).toEqual(['grant', '460']);
  expect(named('parse')[1]).toBe('package');
  // No two boxes overlap, and each except the first has one edge.
  expect(new Set(boxes.map(([, , x, y]) => `${x} ${y}`)).size).toBe(boxes.length);
  expect(picture.match(/<path /g)).toHaveLength(boxes.length - 1);
  for (const part of virtines[0]!.inside) expect(html).toContain(`${part.file}:${part.line}:${part.column}`);
  expect(html).toContain('&quot;clock&quot;: true');
});

it('draws a chain of 20,000 calls and a virtine with 20,000 calls in time that grows with their number', async () => {
  const [report] = (await new Project(FILES).compile('main.ts')).virtines as [VirtineReport];
  const step = (name: string) => ({ name, file: 'main.ts', line: 1, column: 1 });
  const chain = Array.from({ length: 20_000 }, (_, index) => step(`f${index}`));
  const root = step(report.name);
  const part = (because: readonly ReturnType<typeof step>[]) => ({ ...report.inside[0]!, because });
  const deep = { ...report, inside: [part([root, ...chain])] };
  const wide = { ...report, inside: chain.map((entered) => part([root, entered])) };
  for (const made of [deep, wide]) {
    const [picture] = /<svg[\s\S]*?<\/svg>/.exec(reportHtml([made]))!;
    // The grant of `log` stays.
    expect(picture.match(/<g class="node /g)!.length).toBeGreaterThan(20_000);
  }
});

it('answers first what the virtines ask for, and has a table of them', async () => {
  const { virtines } = await new Project(FILES).compile('main.ts');
  const html = reportHtml(virtines);
  expect(html).toContain('<h1>1 of 2 virtines asks the host for clock</h1>');
  const [f, g] = virtines as [VirtineReport, VirtineReport];
  expect(html).toContain(
    `<th scope="row"><a href="#main.ts-${f.line}-${f.column}"><code>f</code></a></th><td data-label="place">`,
  );
  expect(html).toContain(`<section id="main.ts-${g.line}-${g.column}"><h2>g (main.ts:${g.line}:${g.column})</h2>`);
  expect(reportHtml([f])).toContain('<h1>f asks the host for clock</h1>');
  expect(reportHtml([g])).toContain('<h1>g asks the host for nothing</h1>');
  expect(reportHtml([g])).toContain('<li class="good"><b>nothing</b>is asked of the host</li>');
});

it.each(WIDTHS)('at %i pixels: a picture, no complaint, and the drawing at its root', async (width) => {
  const html = reportHtml((await new Project(FILES).compile('main.ts')).virtines);
  const { png, console } = await pictureOf(html, `explain-${width}`, { width, height: 1500 });
  expect(console).toEqual([]);
  expect(png.length).toBeGreaterThan(20_000);
  const { seen } = await lookAt(
    html,
    () => {
      const isInside = [...document.querySelectorAll('.graph')].map((graph) => {
        const [frame, root] = [graph, graph.querySelector('.node rect')!].map((one) => one.getBoundingClientRect());
        return (
          root!.left >= frame!.left &&
          root!.right <= frame!.right &&
          root!.top >= frame!.top &&
          root!.bottom <= frame!.bottom
        );
      });
      return { isInside, overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth };
    },
    { width },
  );
  expect(seen).toEqual({ isInside: [true, true], overflow: 0 });
});

it('shows what was refused, and takes names for text', async () => {
  const bad = `export async function f() {\n  'use virtine';\n  return process.cwd();\n}\n`;
  const { refusals } = await project(bad).refusals('main.ts');
  expect(reportHtml([], refusals)).toMatch(
    /Refused: no program was made, for 1 reason[\s\S]*main\.ts:3:10: virtine f: .*process/,
  );
  const odd = `export async function f() {\n  'use virtine';\n  return host['<img src=x>']();\n}\nimport { host } from '@colony/compiler/runtime';\n`;
  const html = reportHtml((await project(odd).compile('main.ts')).virtines);
  expect(html).toContain('host.&lt;img src=x&gt;');
  expect(html).not.toContain('<img');
});
