/** Line charts over x, from subjects that have a point in a chart; and tail charts. */
import type { Distribution } from '../distribution.js';
import type { Report } from '../report/index.js';
import type { Chart, Unit } from '../types.js';
import { type ChartSpec, PALETTE, SHAPES, WIDTH } from './render.js';
import { countExpr, labelExpr, type Scale, scaleFor, scaleSpec } from './scales.js';

const HEIGHT = 300;

export interface LinePoint {
  readonly subject: string;
  readonly line: string;
  readonly unit: Unit;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export function linePoints(report: Report, chart: string): LinePoint[] {
  return report.subjects.flatMap(({ subject, unit, point }) => {
    const distribution = report.distributions[subject];
    if (point === null || point === undefined || point.chart !== chart || distribution === undefined) return [];
    const at = (probability: number) =>
      distribution.quantiles[report.quantileGrid.indexOf(probability)] ?? distribution.median;
    return [{ subject, unit, line: point.line, x: point.x, y: distribution.median, low: at(0.25), high: at(0.75) }];
  });
}

/** A backend has the same colour in every picture; subjects without isolation are grey. */
const OWN: readonly (readonly [name: RegExp, place: number])[] = [
  [/^kvm\b/, 0],
  [/^wasm\b/, 1],
  [/^process\b/, 2],
  [/^(host|native|c|node)\b/i, 7],
];

/** Assigns each line a place in palette and shapes: its own place if that is free, else the first free one. */
export function placesOf(lines: readonly string[], most: number): number[] {
  const taken = new Set<number>();
  const own = lines.map((line) => {
    const place = OWN.find(([name]) => name.test(line))?.[1];
    if (place === undefined || taken.has(place)) return undefined;
    taken.add(place);
    return place;
  });
  return own.map((place, index) => {
    if (place !== undefined) return place;
    const free = Array.from({ length: most }, (_, i) => i).find((i) => !taken.has(i)) ?? index % most;
    taken.add(free);
    return free;
  });
}

const lineEncoding = (lines: readonly string[]) => {
  const places = placesOf(lines, PALETTE.length);
  const many = (of: readonly string[]) => places.map((place) => of[place]);
  const legend =
    lines.length > 1 ? { title: null, orient: 'bottom' as const, columns: lines.length > 4 ? 2 : lines.length } : null;
  return {
    color: { field: 'line', type: 'nominal', sort: null, scale: { domain: lines, range: many(PALETTE) }, legend },
    shape: { field: 'line', type: 'nominal', sort: null, scale: { domain: lines, range: many(SHAPES) }, legend },
  };
};

const axis = ({ values }: Scale, title: string, label?: string) => ({
  title,
  ...(values ? { values } : {}),
  ...(label === undefined ? {} : { labelExpr: label }),
});
const quantitative = (field: string, scale: Scale, own: object) => ({
  ...{ field, type: 'quantitative' },
  scale: scaleSpec(scale),
  axis: own,
});

export function lineChart(chart: Chart, points: readonly LinePoint[], unit: Unit): ChartSpec {
  const across = scaleFor(
    points.map(({ x }) => x),
    chart.x.scale,
  );
  const up = scaleFor(
    points.flatMap(({ low, high }) => [low, high]),
    chart.y.scale,
  );
  const measured = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  // Label the measured values of x if they are few.
  const xs = measured.length <= 12 && across.type !== 'linear' ? { ...across, values: measured } : across;
  const lines = [...new Set(points.map(({ line }) => line))];
  const x = quantitative('x', xs, axis(xs, chart.x.label, countExpr(/bytes/.test(chart.x.label))));
  const y = quantitative('y', up, axis(up, chart.y.label, labelExpr(unit)));
  const { color, shape } = lineEncoding(lines);
  return {
    data: { values: points },
    ...{ width: WIDTH, height: HEIGHT },
    layer: [
      {
        mark: { type: 'area', opacity: 0.16 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      { mark: { type: 'line', strokeWidth: 1.8 }, encoding: { x, y, color } },
      { mark: { type: 'point', filled: true, size: 45, opacity: 1 }, encoding: { x, y, color, shape } },
    ],
  } as unknown as ChartSpec;
}

/** Percentiles need at least this many samples beyond them. */
const BEYOND = 3;

export function tailChart(
  subjects: readonly { readonly subject: string; readonly distribution: Distribution }[],
  grid: readonly number[],
): ChartSpec {
  const values = subjects.flatMap(({ subject, distribution: { n, quantiles } }) =>
    grid.flatMap((p, index) =>
      p >= 0.5 && p < 1 && n * (1 - p) >= BEYOND ? [{ line: subject, x: 1 / (1 - p), y: quantiles[index]! }] : [],
    ),
  );
  const up = scaleFor(values.map(({ y }) => y));
  const across: Scale = {
    type: 'log',
    domain: [2, Math.max(100, ...values.map(({ x }) => x))],
    values: [2, 4, 10, 20, 50, 100, 200, 1000],
  };
  const percentile = "'p' + format(100 * (1 - 1 / datum.value), '~r')";
  const x = quantitative('x', across, axis(across, 'percentile', percentile));
  const y = quantitative('y', up, axis(up, '', labelExpr('us')));
  const { color, shape } = lineEncoding([...new Set(values.map(({ line }) => line))]);
  return {
    data: { values },
    ...{ width: WIDTH, height: HEIGHT },
    layer: [
      { mark: { type: 'line', strokeWidth: 1.8 }, encoding: { x, y, color } },
      { mark: { type: 'point', filled: true, size: 30, opacity: 1 }, encoding: { x, y, color, shape } },
    ],
  } as unknown as ChartSpec;
}
