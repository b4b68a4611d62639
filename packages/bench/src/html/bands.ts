/** Distributions side by side: nested bands of quantiles for each subject. */
import type { Distribution } from '../distribution.js';
import type { Unit } from '../types.js';
import { type ChartSpec, PALETTE, WIDTH } from './render.js';
import { labelExpr, type Scale, scaleFor, scaleSpec } from './scales.js';

export interface BandRow {
  readonly subject: string;
  /** Heading of the rows that share it; '' for no heading. */
  readonly part: string;
  readonly distribution: Distribution;
  readonly grid: readonly number[];
}

const BANDS = [
  { from: 0.01, to: 0.99, opacity: 0.22, size: 8 },
  { from: 0.05, to: 0.95, opacity: 0.35, size: 10 },
  { from: 0.25, to: 0.75, opacity: 0.75, size: 12 },
] as const;
const STEP = 17;

const at = ({ distribution, grid }: BandRow, probability: number) =>
  distribution.quantiles[grid.indexOf(probability)] ?? distribution.median;

function datum(row: BandRow): Record<string, string | number> {
  const { subject, part, distribution } = row;
  const { min, max, median } = distribution;
  const bands = BANDS.flatMap(({ from, to }): [string, number][] => [
    [`q${from * 100}`, at(row, from)],
    [`q${to * 100}`, at(row, to)],
  ]);
  return { subject, part, min, max, median, ...Object.fromEntries(bands) };
}

/** The rows of one part; only the last part of a picture has an axis below it. */
function partOf(rows: readonly BandRow[], unit: Unit, scale: Scale, last: boolean): object {
  const axis = {
    ...{ title: null, labelExpr: labelExpr(unit) },
    ...(scale.values ? { values: scale.values } : {}),
    ...(last ? {} : { labels: false, ticks: false, domain: false }),
  };
  const x = { type: 'quantitative', scale: scaleSpec(scale), axis };
  const y = { field: 'subject', type: 'nominal', sort: null, axis: { title: null, ticks: false, domain: false } };
  const band = ({ from, to, opacity, size }: (typeof BANDS)[number]) => ({
    mark: { type: 'bar', height: size, opacity, color: PALETTE[0], cornerRadius: 2 },
    encoding: { y, x: { ...x, field: `q${from * 100}` }, x2: { field: `q${to * 100}` } },
  });
  const dot = (field: string) => ({
    mark: { type: 'point', filled: true, size: 9, color: 'currentColor', opacity: 0.6 },
    encoding: { y, x: { ...x, field } },
  });
  const middle = {
    mark: { type: 'tick', thickness: 2, size: 13, color: PALETTE[1], opacity: 1 },
    encoding: { y, x: { ...x, field: 'median' } },
  };
  const part = rows[0]!.part;
  return {
    ...(part === ''
      ? {}
      : { title: { text: part, anchor: 'start', frame: 'group', fontSize: 11, color: 'currentColor', offset: 4 } }),
    data: { values: rows.map(datum) },
    ...{ width: WIDTH, height: { step: STEP } },
    layer: [...BANDS.map(band), middle, dot('min'), dot('max')],
  };
}

export function bandChart(rows: readonly BandRow[], unit: Unit): ChartSpec {
  const scale = scaleFor(rows.flatMap(({ distribution: { min, max } }) => [min, max]));
  const parts = [...new Set(rows.map(({ part }) => part))];
  const drawn = parts.map((part, index) =>
    partOf(
      rows.filter((row) => row.part === part),
      unit,
      scale,
      index === parts.length - 1,
    ),
  );
  // `flush` aligns the plots below each other, however long their labels are.
  const whole = drawn.length === 1 ? drawn[0] : { vconcat: drawn, bounds: 'flush', spacing: 26 };
  return whole as unknown as ChartSpec;
}
