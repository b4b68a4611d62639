/** Draws the chart of pool sizes as SVG, without a browser or a canvas. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { PoolRow } from './pools.js';

/** Okabe and Ito's colours, which colour-blind people can distinguish. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73'];

const SHARES = [
  { key: 'p50', name: 'median' },
  { key: 'p99', name: '99%' },
  { key: 'p999', name: '99.9%' },
] as const;

const x = { field: 'pool', type: 'quantitative', title: 'idle shells kept', scale: { type: 'symlog' } } as const;

function poolSpec(rows: readonly PoolRow[]): TopLevelSpec {
  const latencies = rows.flatMap((row) =>
    SHARES.map(({ key, name }) => ({ pool: row.pool, costs: row.costs, share: name, ms: row[key] * 1000 })),
  );
  const memory = rows.map(({ pool, costs, meanMiB, peakMiB }) => ({ pool, costs, meanMiB, peakMiB }));
  const line = { type: 'line', point: true } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    hconcat: [
      {
        ...{
          width: 320,
          height: 240,
          title: 'From arrival to answer, less the wait',
          data: { values: latencies },
          mark: line,
        },
        encoding: {
          x,
          y: { field: 'ms', type: 'quantitative', title: 'ms', scale: { type: 'log' } },
          color: { field: 'costs', type: 'nominal', title: 'machine', scale: { range: COLOURS } },
          strokeDash: { field: 'share', type: 'nominal', title: 'of the calls' },
          shape: { field: 'share', type: 'nominal', title: 'of the calls' },
        },
      },
      {
        ...{ width: 320, height: 240, title: 'Memory of shells, mean', data: { values: memory }, mark: line },
        encoding: {
          x,
          y: { field: 'meanMiB', type: 'quantitative', title: 'MiB', scale: { type: 'log' } },
          color: { field: 'costs', type: 'nominal', title: 'machine', scale: { range: COLOURS } },
        },
      },
    ],
  };
}

export async function poolChart(rows: readonly PoolRow[]): Promise<string> {
  const { spec } = compile(poolSpec(rows));
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
