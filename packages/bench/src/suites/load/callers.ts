/** 1 to 64 concurrent callers: throughput and tail latency; and the tail at half of the highest throughput. */
import type { Chart, Environment, Group, Sampler, Spec, Target } from '../../types.js';
import { boundaryOf } from '../cells.js';
import { counted } from '../spec.js';
import { CELLS, type Cell, OpenCells } from './cells.js';
import { closedLoop, evenly, type Finished, openLoop, poisson, timePerCall } from './loops.js';
import { onceSpec, quantile, sampled, shared } from './once.js';

const CALLERS = [1, 2, 4, 8, 16, 32, 64] as const;
/** Numbers of callers; the best of them gives the capacity. */
const CAPACITY = [2, 4, 8] as const;
const HALF = ['kvm.js', 'kvm.c', 'wasm.js', 'process.c'];
const ARRIVALS = [
  { kind: 'even', what: 'evenly spaced arrivals' },
  { kind: 'poisson', what: 'Poisson arrivals' },
] as const;
const SEED = 4;

/** Milliseconds and calls for one number of callers, and arrivals at half load. */
const budgetOf = ({ name }: Cell, { quick }: Environment) => {
  if (!quick) return { milliseconds: 400, most: 4000 };
  // Each call starts a Node process: one call each by 64 callers takes seconds.
  return { milliseconds: 50, most: name === 'process.js' ? 8 : 500 };
};
const warmUpOf = ({ quick }: Environment) => ({ milliseconds: quick ? 20 : 200, most: 1000 });
const arrivalsOf = ({ quick }: Environment) => ({ seconds: quick ? 0.1 : 1.5, most: quick ? 100 : 4000 });

const named = (cell: Cell, callers: number, part: string) => `${cell.name}.callers.${callers}.${part}`;
const against = (cell: Cell, callers: number, part: string) => (callers === 1 ? [] : [named(cell, 1, part)]);

function callerSpecs(cell: Cell, callers: number): Spec[] {
  const of = (part: string) => named(cell, callers, part);
  const who = `with ${counted(callers, 'caller')}: ${cell.what}`;
  const point = (chart: string) => ({ chart, line: cell.name, x: callers });
  return [
    {
      ...onceSpec(
        of('latency'),
        `latency of a null call ${who}`,
        against(cell, callers, 'latency'),
        'us',
        point('latency'),
      ),
      // One row for each backend and language in the table of boundaries.
      ...(callers === 1 && { boundary: boundaryOf(cell.backend, cell.language) }),
    },
    onceSpec(of('p99'), `p99 latency of a null call ${who}`, [], 'us', point('tail')),
    onceSpec(of('each'), `wall time per finished null call ${who}`, against(cell, callers, 'each')),
    {
      ...{ subject: of('rate'), what: `null calls a second ${who}`, unit: 'per second', floors: [] },
      ...{ point: point('throughput'), derived: { from: [of('each')], of: ([nanoseconds = 0]) => 1e9 / nanoseconds } },
    },
  ];
}

function halfSpecs(cell: Cell): Spec[] {
  return ARRIVALS.flatMap(({ kind, what }) => {
    const of = (part: string) => `${cell.name}.half.${kind}.${part}`;
    const load = `latency of a null call at half load, ${what}: ${cell.what}`;
    return [
      onceSpec(of('latency'), load),
      onceSpec(of('median'), `median ${load}`),
      onceSpec(of('p99'), `p99 ${load}`, [of('median')]),
    ];
  });
}

const halved = CELLS.filter(({ name }) => HALF.includes(name));

export const CALLER_TARGETS: readonly Target[] = [
  ...ARRIVALS.flatMap(({ kind, what }) =>
    ['kvm.js', 'kvm.c'].map((cell) => ({
      ...{ what: `tail at half load, ${what}`, subject: `${cell}.half.${kind}.p99` },
      ...{ floor: `${cell}.half.${kind}.median`, atMost: 3 },
    })),
  ),
];

export const CALLER_CHARTS: readonly Chart[] = [
  {
    ...{ id: 'throughput', title: 'Calls a second against concurrent callers' },
    caption: 'A function that does nothing, by call, on 2 cores. Each caller calls again when it has its answer.',
    ...{ x: { label: 'callers', scale: 'log' }, y: { label: 'calls a second', scale: 'log' } },
  },
  {
    ...{ id: 'latency', title: 'Latency against concurrent callers' },
    caption:
      'Median latency of a call of a function that does nothing. Where throughput no longer grows, latency grows with the callers.',
    ...{ x: { label: 'callers', scale: 'log' }, y: { label: 'us', scale: 'log' } },
  },
  {
    ...{ id: 'tail', title: 'Tail latency against concurrent callers' },
    caption: '99th percentile of the latency of a call of a function that does nothing.',
    ...{ x: { label: 'callers', scale: 'log' }, y: { label: 'us', scale: 'log' } },
  },
];

/** The runs of one backend and language, each run once a trial. */
class Runs {
  readonly #loops = new Map<number, () => Promise<Finished>>();

  constructor(
    readonly cell: Cell,
    readonly cells: OpenCells,
    readonly environment: Environment,
  ) {
    for (const callers of CALLERS)
      this.#loops.set(
        callers,
        shared(() => this.#closed(callers)),
      );
  }

  /** Warms up once: some concurrent callers fill the pool, one alone warms the compilers. */
  readonly #call = shared(async (): Promise<() => Promise<unknown>> => {
    const context = await this.cells.context(this.cell);
    const call = () => context.call('nothing');
    await closedLoop(call, 8, warmUpOf(this.environment));
    await closedLoop(call, 1, warmUpOf(this.environment));
    return call;
  });

  async #closed(callers: number): Promise<Finished> {
    const call = await this.#call();
    return closedLoop(call, callers, budgetOf(this.cell, this.environment));
  }

  closed(callers: number): Promise<Finished> {
    return this.#loops.get(callers)!();
  }

  /** The least wall time per call, nanoseconds. */
  async #fastest(): Promise<number> {
    const medians: number[] = [];
    for (const callers of CAPACITY) medians.push(quantile(timePerCall(await this.closed(callers), callers), 0.5));
    return Math.min(...medians);
  }

  async half(kind: 'even' | 'poisson'): Promise<number[]> {
    const perSecond = 1e9 / (await this.#fastest()) / 2;
    const { seconds, most } = arrivalsOf(this.environment);
    const count = Math.max(10, Math.min(most, Math.round(perSecond * seconds)));
    const arrivals = kind === 'even' ? evenly(count, perSecond) : poisson(count, perSecond, SEED);
    const call = await this.#call();
    await openLoop(call, arrivals.slice(0, Math.ceil(count / 10)));
    return openLoop(call, arrivals);
  }
}

function samplersOf(runs: Runs): Record<string, Sampler> {
  const samplers: Record<string, Sampler> = {};
  for (const callers of CALLERS) {
    const run = () => runs.closed(callers);
    const name = (part: string) => named(runs.cell, callers, part);
    samplers[name('latency')] = sampled(run, ({ latencies }) => latencies);
    samplers[name('p99')] = sampled(run, ({ latencies }) => [quantile(latencies, 0.99)]);
    samplers[name('each')] = sampled(run, (finished) => timePerCall(finished, callers));
  }
  for (const { kind } of ARRIVALS) {
    const run = shared(() => runs.half(kind));
    const name = (part: string) => `${runs.cell.name}.half.${kind}.${part}`;
    samplers[name('latency')] = sampled(run, (latencies) => latencies);
    samplers[name('median')] = sampled(run, (latencies) => [quantile(latencies, 0.5)]);
    samplers[name('p99')] = sampled(run, (latencies) => [quantile(latencies, 0.99)]);
  }
  return samplers;
}

export const callers: Group = {
  name: 'callers',
  specs: [
    ...CELLS.flatMap((cell) => CALLERS.flatMap((count) => callerSpecs(cell, count))),
    ...halved.flatMap(halfSpecs),
  ],
  async open(environment) {
    const cells = new OpenCells();
    const samplers = CELLS.map((cell) => samplersOf(new Runs(cell, cells, environment)));
    return { samplers: Object.assign({}, ...samplers), close: () => cells.close() };
  },
};
