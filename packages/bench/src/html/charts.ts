/** The charts of a report: each with a caption, its picture, and its data as a table. */
import type { Comparison, ComparisonRow } from '../compare.js';
import { BOUNDARIES, type Boundary } from '../isolation/boundaries.js';
import type { Report, ReportSubject } from '../report/index.js';
import { changed, comparisonGrid } from '../tables/comparison.js';
import type { Grid } from '../tables/grid.js';
import { distributionGrid, summaryGrid } from '../tables/results.js';
import { MOST_FACTOR } from '../tables/units.js';
import { type BandRow, bandChart } from './bands.js';
import { lineChart, linePoints, tailChart } from './lines.js';
import { comparisonChart, ratioChart } from './ratios.js';
import type { ChartSpec } from './render.js';

export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: ChartSpec;
  readonly data: Grid;
}

/** Rows of one picture: as many as fit on a printed page. */
const MOST_ROWS = 36;
const MOST_TAILS = 8;

const BANDS =
  'Each bar is all samples of all trials: palest from the 1st to the 99th percentile, then 5th to 95th, darkest the middle half; the line is the median, the dots the least and the greatest.';

function chunks<T>(all: readonly T[], most: number): T[][] {
  const parts = Math.max(1, Math.ceil(all.length / most));
  const size = Math.ceil(all.length / parts);
  return Array.from({ length: parts }, (_, i) => all.slice(i * size, (i + 1) * size));
}

const rowOf = (report: Report, subject: string, part: string): BandRow[] => {
  const distribution = report.distributions[subject];
  return distribution === undefined ? [] : [{ subject, part, distribution, grid: report.quantileGrid }];
};

/** Costs of the subjects that isolate, by boundary, the strongest first. */
function costFigures(report: Report): Figure[] {
  const order = (Object.keys(BOUNDARIES) as Boundary[]).reverse();
  const measured = report.isolation.rows
    // Lines of points have their own charts.
    .filter(({ unit, subject }) => unit === 'us' && report.distributions[subject] && !hasPoint(report, subject))
    .sort((a, b) => order.indexOf(a.boundary) - order.indexOf(b.boundary) || a.cost! - b.cost!);
  if (measured.length === 0) return [];
  return chunks(measured, MOST_ROWS).map((part, index, all) => ({
    id: `cost-${index + 1}`,
    title: `What isolation costs${all.length > 1 ? ` (${index + 1} of ${all.length})` : ''}`,
    caption: `By boundary, the strongest first. Read it beside the table above: what is further left may protect from less. ${BANDS}`,
    spec: bandChart(
      part.flatMap(({ subject, boundary }) => rowOf(report, subject, boundary)),
      'us',
    ),
    data: distributionGrid(
      report,
      part.map(({ subject }) => subject),
      'full',
    ),
  }));
}

const hasPoint = (report: Report, subject: string) =>
  report.subjects.some((known) => known.subject === subject && known.point !== null);

/** Charts of the other subjects, by group and unit. Subjects of a line chart are left out. */
function groupFigures(report: Report): Figure[] {
  const drawn = new Set(report.isolation.rows.filter(({ unit }) => unit === 'us').map(({ subject }) => subject));
  const left = report.subjects.filter(
    ({ subject, point }) => report.distributions[subject] && !drawn.has(subject) && point === null,
  );
  const groups = new Map<string, ReportSubject[]>();
  for (const one of left) {
    const name = `${one.group}${one.unit === 'us' ? '' : ` (${one.unit})`}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups].flatMap(([name, subjects]) =>
    chunks(subjects, MOST_ROWS).map((part, index, all) => ({
      id: `group-${name.replace(/\W+/g, '-')}-${index + 1}`,
      title: `${name[0]!.toUpperCase()}${name.slice(1)}${all.length > 1 ? ` (${index + 1} of ${all.length})` : ''}`,
      caption: BANDS,
      spec: bandChart(
        part.flatMap(({ subject }) => rowOf(report, subject, '')),
        part[0]!.unit,
      ),
      data: distributionGrid(
        report,
        part.map(({ subject }) => subject),
        'full',
      ),
    })),
  );
}

/** Percentiles above the median, where users wait, for the subjects of targets. */
function tailFigures(report: Report): Figure[] {
  const named = new Set(report.targets.map(({ subject }) => subject));
  const chosen = report.subjects.filter(
    ({ subject, unit }) => named.has(subject) && unit === 'us' && (report.distributions[subject]?.n ?? 0) >= 20,
  );
  const subjects = chosen.slice(0, MOST_TAILS).map(({ subject }) => subject);
  if (subjects.length === 0) return [];
  return [
    {
      id: 'tails',
      title: 'Tails',
      caption:
        'For subjects that have a target: what share of calls takes at most so long, from the median to the rarest. A line that stays flat is one to rely on. Percentiles that the samples are too few for are left out.',
      spec: tailChart(
        subjects.map((subject) => ({ subject, distribution: report.distributions[subject]! })),
        report.quantileGrid,
      ),
      data: distributionGrid(report, subjects, 'full'),
    },
  ];
}

function lineFigures(report: Report): Figure[] {
  return report.charts.flatMap((chart) => {
    const points = linePoints(report, chart.id);
    if (points.length === 0) return [];
    const { id, title, caption } = chart;
    const unit = points[0]!.unit;
    const note = ' Points are medians, bands the middle half of all samples.';
    const data = distributionGrid(
      report,
      points.map(({ subject }) => subject),
      'full',
    );
    return [{ id: `chart-${id}`, title, caption: `${caption}${note}`, spec: lineChart(chart, points, unit), data }];
  });
}

/** A ratio of thousands says only that the floor is next to nothing, and flattens all others. */
function ratioFigures(report: Report): Figure[] {
  const positive = report.summary.filter(
    ({ ratio, subject }) => ratio !== null && ratio > 0 && !hasPoint(report, subject),
  );
  const rows = positive.filter(({ ratio }) => ratio! <= MOST_FACTOR);
  if (rows.length === 0) return [];
  const left = positive.length - rows.length;
  const leftOut = left === 0 ? '' : ` ${left} of more than ${MOST_FACTOR} times are left out.`;
  return chunks(rows, MOST_ROWS).map((part, index, all) => ({
    id: `ratios-${index + 1}`,
    title: `Against the floors${all.length > 1 ? ` (${index + 1} of ${all.length})` : ''}`,
    caption: `How many times the floor each subject takes, with the 95% interval. At 1 it costs what the machine charges at least.${leftOut}`,
    spec: ratioChart(part),
    data: summaryGrid({ ...report, summary: part }),
  }));
}

/** The largest differences, changes first; the table holds the whole comparison. */
export function comparisonFigure(comparison: Comparison): Figure[] {
  const distance = ({ ratio }: ComparisonRow) => Math.abs(Math.log(ratio));
  const rows = comparison.rows
    .filter(({ ratio }) => ratio > 0 && Number.isFinite(ratio))
    .sort((a, b) => Number(changed(b.change)) - Number(changed(a.change)) || distance(b) - distance(a));
  if (rows.length === 0) return [];
  const few = rows.length > MOST_ROWS ? ` The ${MOST_ROWS} that differ most; all are in the table.` : '';
  const caption =
    'The ratio of medians with its 95% interval. The grey band is the noise: a verdict needs the whole interval outside it.';
  return [
    {
      ...{ id: 'comparison', title: 'New against old', caption: `${caption}${few}` },
      spec: comparisonChart(rows.slice(0, MOST_ROWS)),
      data: { ...comparisonGrid(comparison), notes: [] },
    },
  ];
}

export const figuresOf = (report: Report): Figure[] => [
  ...costFigures(report),
  ...tailFigures(report),
  ...lineFigures(report),
  ...ratioFigures(report),
  ...groupFigures(report),
];
