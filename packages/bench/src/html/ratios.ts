/** Ratios with their intervals: to floors, and from a new run to an old one. */
import { type ComparisonRow, NOISE } from '../compare.js';
import type { SummaryRow } from '../report/index.js';
import { type ChartSpec, PALETTE, WIDTH } from './render.js';
import { scaleFor } from './scales.js';

const STEP = 17;

interface Ratio {
  readonly name: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly kind: string;
}

interface Kinds {
  readonly domain: readonly string[];
  readonly colors: readonly string[];
  readonly shapes: readonly string[];
}

function chart(rows: readonly Ratio[], title: string, kinds?: Kinds, noise?: number): ChartSpec {
  // An interval's end may be zero or negative if a derived subject is close to zero.
  const positive = rows.map((row) => ({
    ...row,
    low: Math.max(row.low, row.ratio / 1000),
    high: Math.max(row.high, row.ratio),
  }));
  const edges = [1, ...(noise === undefined ? [] : [1 - 2 * noise, 1 + 2 * noise])];
  const scale = scaleFor([...edges, ...positive.flatMap(({ low, high }) => [low, high])], 'log');
  const x = {
    type: 'quantitative',
    scale: { type: 'log', domain: scale.domain, nice: false },
    axis: { title, labelExpr: "format(datum.value, '~r')", values: scale.values },
  };
  const y = { field: 'name', type: 'nominal', sort: null, axis: { title: null, ticks: false, domain: false } };
  const color = kinds && {
    field: 'kind',
    type: 'nominal',
    scale: { domain: kinds.domain, range: kinds.colors },
    legend: { title: null, orient: 'bottom' },
  };
  const shape = kinds && { field: 'kind', type: 'nominal', scale: { domain: kinds.domain, range: kinds.shapes } };
  const shown = kinds ? { color, shape } : {};
  const at = (value: number) => ({ x: { datum: value, ...x } });
  // Drawn once, not once per row.
  const once = { values: [{}] };
  return {
    data: { values: positive },
    ...{ width: WIDTH, height: { step: STEP } },
    layer: [
      ...(noise === undefined
        ? []
        : [
            {
              data: once,
              mark: { type: 'rect', color: 'currentColor', opacity: 0.1 },
              encoding: { ...at(1 - noise), x2: { datum: 1 + noise } },
            },
          ]),
      { data: once, mark: { type: 'rule', color: 'currentColor', opacity: 0.5 }, encoding: at(1) },
      {
        mark: { type: 'rule', strokeWidth: 3, opacity: 0.5, color: PALETTE[0] },
        encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' }, ...(kinds ? { color } : {}) },
      },
      {
        mark: { type: 'point', filled: true, size: 45, opacity: 1, color: PALETTE[0] },
        encoding: { y, x: { ...x, field: 'ratio' }, ...shown },
      },
    ],
  } as unknown as ChartSpec;
}

export const ratioChart = (rows: readonly SummaryRow[]): ChartSpec =>
  chart(
    rows.map(({ subject, floor, ratio, ratioInterval }) => ({
      name: `${subject} / ${floor}`,
      ratio: ratio!,
      low: ratioInterval?.low ?? ratio!,
      high: ratioInterval?.high ?? ratio!,
      kind: '',
    })),
    'times the floor',
  );

const KINDS: Kinds = {
  domain: ['slower', 'faster', 'more', 'less', 'within the noise', 'too few trials'],
  colors: [PALETTE[1], PALETTE[0], PALETTE[3], PALETTE[2], PALETTE[7], PALETTE[7]],
  shapes: ['triangle-right', 'triangle-left', 'triangle-up', 'triangle-down', 'circle', 'cross'],
};

export const comparisonChart = (rows: readonly ComparisonRow[]): ChartSpec =>
  chart(
    rows.map(({ subject, ratio, interval, change }) => ({ name: subject, ratio, ...interval, kind: change })),
    'new / old',
    KINDS,
    NOISE,
  );
