/** The report as one self-contained page. */
import { pageOf as documentOf, escapeHtml, type Section, tableOf } from '@colony/page';
import type { Comparison } from '../compare.js';
import type { Facts } from '../facts.js';
import type { Report } from '../report/index.js';
import { changesGrid } from '../tables/comparison.js';
import { factLines, QUICK_WARNING, skippedOf } from '../tables/facts.js';
import type { Grid } from '../tables/grid.js';
import { isolationGrid, lawsGrid, probesGrid } from '../tables/isolation.js';
import { summaryGrid, targetGrid } from '../tables/results.js';
import { answersOf } from './answers.js';
import { comparisonFigure, type Figure, figuresOf } from './charts.js';
import { toSvg } from './render.js';

const paragraphs = (lines: readonly string[]) => lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n');

/**
 * If a picture cannot be drawn, the page reports it: the data is in the table below, and an hour of measuring is not
 * lost.
 */
async function pictureOf({ title, spec }: Figure): Promise<string> {
  try {
    const svg = (await toSvg(spec)).replace('<svg ', `<svg role="img" aria-label="${escapeHtml(title)}" `);
    return `<div class="picture">${svg}</div>`;
  } catch (error) {
    return `<p class="warning">Not drawn: ${escapeHtml((error as Error).message)}</p>`;
  }
}

async function figureOf(figure: Figure): Promise<string> {
  const { id, title, caption, data } = figure;
  return `<figure id="${escapeHtml(id)}">
<figcaption><h3>${escapeHtml(title)}</h3>${escapeHtml(caption)}</figcaption>
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

const sectionOf = (grid: Grid | undefined): Section[] =>
  grid === undefined || grid.rows.length === 0 ? [] : [{ id: grid.id, title: grid.title, html: tableOf(grid) }];

async function comparisonSection(comparison: Comparison | undefined): Promise<Section[]> {
  if (comparison === undefined) return [];
  const changes = changesGrid(comparison);
  // Unchanged subjects are in the charts' tables.
  const table = changes.rows.length > 0 ? tableOf(changes) : paragraphs(changes.notes ?? []);
  const html = `${table}\n${await figures(comparisonFigure(comparison))}`;
  return [{ id: changes.id, title: changes.title, html }];
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
  return `<dl>${entries.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('\n')}</dl>`;
}

function skippedGrid(report: Report): Grid | undefined {
  const rows = skippedOf(report).map(({ subject, reason, trials }) => [subject, reason, String(trials)]);
  return { id: 'skipped', title: 'Not measured', head: ['subject', 'reason', 'trials'], right: [2], code: [0], rows };
}

const METHOD = [
  'A trial is a process of its own. In it, all subjects take turns, round by round, there and back; set-up is outside the timer, no sample is dropped as an outlier.',
  'Intervals are 95% bootstrap intervals in two stages: trials are drawn, then rounds within them. A verdict is given only where the whole interval is on one side.',
  'How each figure comes about, and how to read it: packages/docs/internals/benchmarks.md.',
];

export async function pageOf(report: Report, comparison?: Comparison): Promise<string> {
  return documentOf({
    kicker: `Colony benchmark: ${report.suite}`,
    headline: report.headline.question,
    ...(report.quick ? { warning: QUICK_WARNING } : {}),
    answers: answersOf(report, comparison),
    notes: factLines(report),
    sections: [
      // Boundaries come first, because speed alone should not decide a choice.
      ...sectionOf(isolationGrid(report)),
      ...sectionOf(lawsGrid(report)),
      ...sectionOf(probesGrid(report, true)),
      ...sectionOf(targetGrid(report)),
      ...(await comparisonSection(comparison)),
      { id: 'charts', title: 'Charts', html: await figures(figuresOf(report)) },
      ...sectionOf(summaryGrid(report)),
      ...sectionOf(skippedGrid(report)),
      { id: 'machine', title: 'The machine', html: factsList(report.facts) },
      { id: 'method', title: 'How it was measured', html: paragraphs(METHOD) },
    ],
  });
}
