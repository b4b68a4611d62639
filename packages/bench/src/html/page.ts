/** The report as one self-contained page, without scripts or external resources. */
import type { Comparison } from '../compare.js';
import type { Facts } from '../facts.js';
import type { Report } from '../report/index.js';
import { changesGrid } from '../tables/comparison.js';
import { factLines, skippedOf } from '../tables/facts.js';
import type { Grid } from '../tables/grid.js';
import { isolationGrid, lawsGrid, probesGrid } from '../tables/isolation.js';
import { summaryGrid, targetGrid } from '../tables/results.js';
import { comparisonFigure, type Figure, figuresOf } from './charts.js';
import { escaped, paragraphs, tableOf } from './markup.js';
import { toSvg } from './render.js';
import { STYLE } from './style.js';

/**
 * If a picture cannot be drawn, the page reports it: the data is in the table below, and an hour of measuring is not
 * lost.
 */
async function pictureOf({ title, spec }: Figure): Promise<string> {
  try {
    return (await toSvg(spec)).replace('<svg ', `<svg role="img" aria-label="${escaped(title)}" `);
  } catch (error) {
    return `<p class="warning">Not drawn: ${escaped((error as Error).message)}</p>`;
  }
}

async function figureOf(figure: Figure): Promise<string> {
  const { id, title, caption, data } = figure;
  return `<figure id="${escaped(id)}">
<figcaption><h3>${escaped(title)}</h3>${escaped(caption)}</figcaption>
${await pictureOf(figure)}
<details><summary>The data of this chart</summary>
${tableOf(data)}
</details>
</figure>`;
}

async function figures(all: readonly Figure[]): Promise<string> {
  const drawn: string[] = [];
  for (const figure of all) drawn.push(await figureOf(figure));
  return drawn.join('\n');
}

const section = (id: string, title: string, content: string) =>
  content === '' ? '' : `<section id="${id}"><h2>${escaped(title)}</h2>\n${content}</section>\n`;

const gridSection = (grid: Grid | undefined) =>
  grid === undefined || grid.rows.length === 0 ? '' : section(grid.id, grid.title, tableOf(grid));

async function comparisonSection(comparison: Comparison | undefined): Promise<string> {
  if (comparison === undefined) return '';
  const changes = changesGrid(comparison);
  // Unchanged subjects are in the charts' tables.
  const table = changes.rows.length > 0 ? tableOf(changes) : paragraphs(changes.notes ?? []);
  return section('compared', changes.title, `${table}\n${await figures(comparisonFigure(comparison))}`);
}

function factsList(facts: Facts): string {
  const entries: [string, string][] = [
    ['measured', facts.time],
    ['commit', facts.commit ?? 'unknown'],
    ['processor', `${facts.cpu.model}, ${facts.cpu.count} CPUs, governor ${facts.cpu.governor ?? 'unknown'}`],
    ['memory', `${facts.memoryMiB} MiB; transparent huge pages ${facts.hugePages ?? 'unknown'}`],
    ['kernel', facts.kernel],
    ['hypervisor below', facts.hypervisor ?? 'none that shows itself'],
    [
      'KVM',
      `${facts.kvm.flavour}; modules ${facts.kvm.modules.join(', ') || 'none'}; device ${facts.kvm.device ? 'there' : 'missing'}`,
    ],
    ['clock', facts.clocksource ?? 'unknown'],
    ['load before the run', facts.load.map((load) => load.toFixed(2)).join(', ')],
    ...Object.entries(facts.versions),
    ['flags of the floors', facts.floorFlags],
    ...Object.entries(facts.mitigations).map(([name, state]): [string, string] => [name.replaceAll('_', ' '), state]),
  ];
  return `<dl>${entries.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join('\n')}</dl>`;
}

function skippedGrid(report: Report): Grid | undefined {
  const rows = skippedOf(report).map(({ subject, reason, trials }) => [subject, reason, String(trials)]);
  return { id: 'skipped', title: 'Not measured', head: ['subject', 'reason', 'trials'], right: [2], rows };
}

const METHOD = [
  'A trial is a process of its own. In it, all subjects take turns, round by round, there and back; set-up is outside the timer, no sample is dropped as an outlier.',
  'Intervals are 95% bootstrap intervals in two stages: trials are drawn, then rounds within them. A verdict is given only where the whole interval is on one side.',
  'How each figure comes about, and how to read it: packages/docs/internals/benchmarks.md.',
];

export async function pageOf(report: Report, comparison?: Comparison): Promise<string> {
  const title = `Colony benchmark: ${report.suite}`;
  const lines = factLines(report);
  const warning = report.quick ? `<p class="warning">${escaped(lines.pop()!)}</p>` : '';
  const what: Grid = {
    ...{ id: 'subjects', title: 'What was measured', right: [], head: ['subject', 'in the timer', 'measured against'] },
    rows: report.subjects.map(({ subject, what, floors }) => [subject, what, floors.join(', ')]),
  };
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}, ${escaped(report.facts.time.slice(0, 10))}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1>
${warning}${paragraphs(lines)}
</header>
<main>
${gridSection(isolationGrid(report))}${gridSection(lawsGrid(report))}${gridSection(probesGrid(report, true))}${gridSection(targetGrid(report))}${await comparisonSection(comparison)}${section('charts', 'Charts', await figures(figuresOf(report)))}${gridSection(summaryGrid(report))}${gridSection(what)}${gridSection(skippedGrid(report))}${section('machine', 'The machine', factsList(report.facts))}${section('method', 'How it was measured', paragraphs(METHOD))}
</main>
</body>
</html>
`;
}
