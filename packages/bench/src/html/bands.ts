/** Distributions side by side: nested bands of quantiles for each subject. */
import type { Distribution } from '../distribution.js';
import type { Unit } from '../types.js';
import { type ChartSpec, PALETTE, WIDTH } from './render.js';
import { labelExpr, scaleFor, scaleSpec } from './scales.js';

export interface BandRow {
  readonly subject: string;
  /** Heads the rows that share it; '' for none. */
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

export function bandChart(rows: readonly BandRow[], unit: Unit): ChartSpec {
  const values = rows.map(datum);
  const scale = scaleFor(rows.flatMap(({ distribution: { min, max } }) => [min, max]));
  const x = {
    type: 'quantitative' as const,
    scale: scaleSpec(scale),
    axis: { title: null, labelExpr: labelExpr(unit), ...(scale.values ? { values: scale.values } : {}) },
  };
  const y = {
    field: 'subject',
    type: 'nominal' as const,
    sort: null,
    axis: { title: null, ticks: false, domain: false },
  };
  const band = ({ from, to, opacity, size }: (typeof BANDS)[number]) => ({
    mark: { type: 'bar' as const, height: size, opacity, color: PALETTE[0], cornerRadius: 2 },
    encoding: { y, x: { ...x, field: `q${from * 100}` }, x2: { field: `q${to * 100}` } },
  });
  const dot = (field: string) => ({
    mark: { type: 'point' as const, filled: true, size: 9, color: 'currentColor', opacity: 0.6 },
    encoding: { y, x: { ...x, field } },
  });
  const layer = [
    ...BANDS.map(band),
    {
      mark: { type: 'tick' as const, thickness: 2, size: 13, color: PALETTE[1], opacity: 1 },
      encoding: { y, x: { ...x, field: 'median' } },
    },
    ...['min', 'max'].map(dot),
  ];
  const parts = [...new Set(rows.map(({ part }) => part))];
  const base = { data: { values } };
  if (parts.length === 1 && parts[0] === '')
    return { ...base, width: WIDTH, height: { step: STEP }, layer } as unknown as ChartSpec;
  return {
    ...base,
    facet: {
      row: {
        field: 'part',
        type: 'nominal',
        sort: parts,
        title: null,
        header: { labelOrient: 'top', labelAnchor: 'start', labelAngle: 0, labelFontWeight: 'bold', labelPadding: 2 },
      },
    },
    spacing: 6,
    spec: { width: WIDTH, height: { step: STEP }, layer },
    resolve: { scale: { y: 'independent' } },
  } as unknown as ChartSpec;
}
