/**
 * A recursion of known length, on the host and in the guest. It shows from which length on a call's cost no longer
 * matters.
 */
import { timed } from '../../timing.js';
import type { Chart, Group, Sampler, Spec } from '../../types.js';
import { BACKENDS, boundaryOf, freshCall, nameOf, SCRIPT_CELLS, type ScriptCell, scriptOptions } from '../cells.js';
import { Contexts, cProgram, PATIENT } from '../contexts.js';
import { spec } from '../spec.js';
import { crossover } from './crossover.js';
import { inNode, QuickJsInV8 } from './reference.js';
import { FIB, WARM_FIB } from './sources.js';

export const NUMBERS = [0, 5, 8, 10, 12, 14, 16, 18, 20, 22, 24, 25, 26, 28, 30] as const;
const LARGEST = NUMBERS.at(-1);

/** Calls of fib that fib(n) makes, itself included: 1 to 2,692,537. */
export const callsOf = (n: number): number => (n < 2 ? 1 : callsOf(n - 1) + callsOf(n - 2) + 1);

const subject = (line: string, n: number) => `${line}.fib.${n}`;

const C_CHART = 'work.fib.c';
const JS_CHART = 'work.fib.js';

export const CHARTS: readonly Chart[] = [
  {
    id: C_CHART,
    title: 'fib(n) in C: the cost of isolation for longer and longer work',
    caption:
      'Each line is flat while the call costs more than the work, and bends into the line of C on the host where the work outweighs the call. Subjects *.c.fib.crossover give the point above which isolation adds less than 5%.',
    x: { label: 'calls of fib in fib(n), n from 0 to 30', scale: 'log' },
    y: { label: 'time of a call, us', scale: 'log' },
  },
  {
    id: JS_CHART,
    title: 'fib(n) in JavaScript: the cost of isolation, and that of the engine',
    caption:
      'kvm and wasm bend into the line of QuickJS in V8, their interpreter without isolation. kvm.v8 and process bend into that of Node. The distance between those two lines is the cost of an interpreter against a compiler.',
    x: { label: 'calls of fib in fib(n), n from 0 to 30', scale: 'log' },
    y: { label: 'time of a call, us', scale: 'log' },
  },
];

const at = (chart: string, line: string, n: number) => ({ point: { chart, line, x: callsOf(n) } });

export const FIB_IN_C: readonly Spec[] = NUMBERS.map((n) =>
  spec(subject('c', n), `fib(${n}) in C on the host`, [], at(C_CHART, 'host', n)),
);

const C_SPECS = BACKENDS.flatMap((backend) =>
  NUMBERS.map((n) =>
    spec(subject(`${backend}.c`, n), `fresh call of fib(${n}): ${nameOf(backend, 'c')}`, [subject('c', n)], {
      boundary: boundaryOf(backend, 'c'),
      ...at(C_CHART, backend, n),
    }),
  ),
);

/** A backend's line has its name; that of V8 in a virtine has the cell's. */
const lineOf = ({ name }: ScriptCell) => name.replace(/\.js$/, '');

const JS_SPECS = SCRIPT_CELLS.flatMap((cell) =>
  NUMBERS.map((n) => {
    const floors = [...new Set([cell.engine, 'node'])].map((line) => subject(line, n));
    const more = { boundary: cell.boundary, ...at(JS_CHART, lineOf(cell), n) };
    return spec(subject(cell.name, n), `fresh call of fib(${n}): ${cell.what}`, floors, more);
  }),
);

const REFERENCES = NUMBERS.flatMap((n) => [
  spec(subject('node', n), `fib(${n}) in JavaScript in this process, compiled by V8`, [subject('c', n)], {
    boundary: 'none',
    ...at(JS_CHART, 'Node, no isolation', n),
  }),
  spec(subject('ref.quickjs', n), `fib(${n}) in QuickJS as WebAssembly in V8, without reset`, [subject('node', n)], {
    boundary: 'engine in wasm',
    ...at(JS_CHART, 'QuickJS in V8, no reset', n),
  }),
]);

/** Native run time from which on isolation adds less than 5%. In nanoseconds, as all measured times. */
function crossing(cell: string, native: string): Spec {
  const from = [native, cell].flatMap((line) => NUMBERS.map((n) => subject(line, n)));
  return spec(
    `${cell}.fib.crossover`,
    `run time of fib on ${native} above which ${cell} takes less than 5% longer`,
    [],
    {
      derived: {
        from,
        whole: true,
        of: (medians) => crossover(medians.slice(0, NUMBERS.length), medians.slice(NUMBERS.length)),
        none: `there is no crossover: at fib(${LARGEST}) ${cell} takes more than 5% longer than ${native}`,
      },
    },
  );
}

const CROSSINGS = [
  ...BACKENDS.map((backend) => crossing(`${backend}.c`, 'c')),
  ...SCRIPT_CELLS.map(({ name, engine }) => crossing(name, engine)),
];

export const fib: Group = {
  name: 'fib',
  specs: [...REFERENCES, ...C_SPECS, ...JS_SPECS, ...CROSSINGS],
  async open() {
    const contexts = new Contexts();
    const engine = await QuickJsInV8.create(FIB).catch((error: Error) => error);
    const native = inNode<{ fib(n: number): number }>(FIB);
    const samplers: Record<string, Sampler | Error> = {};
    for (const n of NUMBERS) {
      const batch = Math.max(1, Math.floor(4096 / callsOf(n)));
      samplers[subject('node', n)] = timed(() => native.fib(n), batch);
      samplers[subject('ref.quickjs', n)] =
        engine instanceof Error ? engine : timed(() => engine.call('fib', n), Math.max(1, Math.floor(batch / 100)));
    }
    const cells = [
      ...BACKENDS.map((backend) => ({
        name: `${backend}.c`,
        options: { backend, program: cProgram('work.c'), pool: {} },
      })),
      ...SCRIPT_CELLS.map((cell) => ({ name: cell.name, options: scriptOptions(cell, FIB, WARM_FIB) })),
    ];
    for (const { name, options } of cells) {
      for (const n of NUMBERS)
        samplers[subject(name, n)] = await contexts.sampler({ ...options, limits: PATIENT }, (context) =>
          freshCall(context, 'fib', n),
        );
    }
    return { samplers, close: () => contexts.close() };
  },
};
