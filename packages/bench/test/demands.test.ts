// The measurements that the bench was asked for, sentence by sentence, so that none disappears unnoticed.
import { describe, expect, it } from 'vitest';
import { PEERS } from '../src/suites/field/peers/index.js';
import { findSuite, suiteNames } from '../src/suites/index.js';
import { type Suite, specsOf } from '../src/types.js';

const subjects = ({ name }: Pick<Suite, 'name'>) => specsOf(findSuite(name)).map(({ subject }) => subject);
const has = (suite: string, wanted: readonly string[]) =>
  expect(subjects({ name: suite })).toEqual(expect.arrayContaining([...wanted]));
/** Numbers after these words in a suite's subjects. */
const numbers = (suite: string, before: string) =>
  subjects({ name: suite }).flatMap((subject) => {
    const [name, text] = subject.split(`${before}.`);
    const match = /^(\d+)(KiB|MiB|B)?$/.exec(text ?? '');
    if (name !== '' || match === null) return [];
    return [Number(match[1]) * { KiB: 2 ** 10, MiB: 2 ** 20, B: 1 }[match[2] ?? 'B']!];
  });
const ends = (suite: string, before: string) => {
  const all = numbers(suite, before);
  return [Math.min(...all), Math.max(...all), all.length >= 5];
};
const BACKENDS = ['kvm', 'wasm', 'process'];

it('floors in C', () => {
  const floors = [
    'c.call',
    'c.syscall',
    'c.entry',
    'c.cold',
    'c.pthread',
    'c.fork_wait',
    'c.posix_spawn',
    'c.memcpy.16MiB',
  ];
  has('floor', floors);
  has('field', floors.slice(0, -1));
});

describe('subjects', () => {
  const more: Record<string, string[]> = { kvm: ['v8'], wasm: ['component'] };
  const kinds = (backend: string) => ['js', 'c', 'wasm', ...(more[backend] ?? [])];
  const states = ['cold', 'snapshot', 'pooled.callSync', 'pooled.call', 'kept.callSync', 'kept.call'];
  it.each(BACKENDS)('%s: each kind of program, in each state, by each way to call', (backend) =>
    has(
      'field',
      kinds(backend).flatMap((kind) => states.map((state) => `${backend}.${kind}.${state}`)),
    ),
  );

  it('the alternatives to Colony are measured', () => {
    const names = ['worker_threads', 'piscina', 'node_vm', 'isolated_vm', 'quickjs_emscripten', 'workerd', 'extism'];
    const all = [...names, 'child_process.fork', 'bubblewrap.node', 'deno'];
    expect(PEERS.map(({ name }) => name)).toEqual(expect.arrayContaining(all));
    has(
      'field',
      all.map((name) => `${name}.warm`),
    );
  });
});

describe('workloads', () => {
  it.each(BACKENDS)('%s: fib(0) to fib(30) and the crossover, base64, JSON, AES, SHA-256', (backend) => {
    for (const language of ['c', 'js']) {
      expect(ends('work', `${backend}.${language}.fib`)).toEqual([0, 30, true]);
      has('work', [`${backend}.${language}.fib.crossover`]);
    }
    has('work', [`${backend}.js.base64.1MiB`, `${backend}.js.json.256KiB`]);
    has('work', [`${backend}.c.aes128cbc.16KiB`, `${backend}.c.sha256.16KiB`]);
  });

  it.each(BACKENDS)('%s: images, pages, hypercalls of both kinds, bytes both ways', (backend) => {
    const image = backend === 'kvm' ? ['kvm.cold.image', 'kvm.pooled.image'] : [`${backend}.image`];
    for (const line of image) expect(ends('scale', line)).toEqual([16 * 2 ** 10, 64 * 2 ** 20, true]);
    expect(ends('scale', `${backend}.dirty`)).toEqual([1, 4096, true]);
    for (const way of ['sync', 'async']) expect(ends('scale', `${backend}.hypercalls.${way}`)).toEqual([0, 1000, true]);
    for (const way of ['in', 'out']) expect(ends('scale', `${backend}.bytes.${way}`)).toEqual([0, 16 * 2 ** 20, true]);
    expect(ends('scale', `${backend}.js.idle.memory`)).toEqual([1, 10_000, true]);
  });

  it('reset alone, by the pages written', () => expect(ends('scale', 'kvm.reset')).toEqual([1, 4096, true]));

  it.each(BACKENDS)('%s: callers, HTTP, deadlines', (backend) => {
    for (const language of ['js', 'c'])
      for (const callers of [1, 2, 4, 8, 16, 32, 64])
        has(
          'load',
          ['rate', 'latency', 'p99'].map((part) => `${backend}.${language}.callers.${callers}.${part}`),
        );
    has('load', ['http.native.latency', `http.${backend}.js.latency`, `http.${backend}.js.rate`]);
    for (const language of ['js', 'c', 'wasm']) has('load', [`${backend}.${language}.kill.call`]);
  });

  it('bursts with cold and warm pools, and contexts that live', () => {
    for (const cell of ['kvm.js', 'kvm.c', 'wasm.js', 'process.c'])
      has(
        'load',
        ['warm', 'cold'].flatMap((pool) => [`${cell}.burst.${pool}.latency`, `${cell}.burst.${pool}.p99`]),
      );
    has('load', ['live.fresh.missing', 'live.kept.missing']);
  });

  it('where the time goes', () => {
    const phases = ['codec', 'entry_and_exit', 'guest', 'reset', 'unexplained'];
    for (const language of ['c', 'js']) {
      has(
        'phases',
        phases.map((phase) => `kvm.${language}.callSync.phase.${phase}`),
      );
      has('phases', [`kvm.${language}.call.phase.thread_hop`, `kvm.${language}.hypercalls10.phase.entries_and_exits`]);
    }
  });
});

it("the references' figures", () => {
  has('boot', [
    'c.boot.protected',
    'c.boot.paging',
    'c.boot.total',
    'c.create',
    'c.pooled.apart',
    'c.pthread',
    'c.fork_wait',
  ]);
  has('boot', ['kvm.pooled.clean', 'kvm.pooled.apart', 'env.real.fib.20', 'env.protected.fib.20', 'env.long.fib.20']);
});

it('each figure to reach is a target', () => {
  const targets = suiteNames().flatMap((name) => findSuite(name).targets);
  const wanted: [subject: string, floor: string | null, atMost: number][] = [
    ['kvm.c.pooled.callSync', 'c.hotset16', 1.15],
    ['kvm.js.pooled.callSync', 'isolated_vm.cold', 1 / 20],
    ['kvm.js.pooled.callSync', 'quickjs_emscripten.context', 1 / 10],
    ['kvm.js.pooled.callSync', 'worker_threads.cold', 1 / 200],
    ['kvm.js.pooled.callSync', 'c.fork_wait', 1],
    ['kvm.v8.pooled.callSync', 'c.entry', 1.5],
    ['kvm.v8.pooled.callSync', 'isolated_vm.cold', 0.08],
    ['kvm.v8.fib20', 'isolated_vm.fib20', 0.5],
    ['kvm.v8.fib.25', 'node.fib.25', 1.25],
    ['kvm.js.half.even.p99', 'kvm.js.half.even.median', 3],
    ['kvm.js.callers.2.each', 'kvm.js.callers.1.each', 1 / 1.8],
    ['live.fresh.missing', null, 0],
    ['kvm.js.kill.callSync.worst', null, 5000],
  ];
  for (const [subject, floor, atMost] of wanted)
    expect(targets, subject).toContainEqual(expect.objectContaining({ subject, floor, atMost }));
});
