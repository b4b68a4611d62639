// Counts instructions per call, on a machine whose clock counts them (--clock instructions): those of this process, its
// kernel and the guest together. A repeated call costs exactly the same, except if the kernel's own timers fall into
// it.
import assert from 'node:assert/strict';
import { createContext } from '@colony/core';
import { buildFloor, FloorProcess } from '../../packages/bench/dist/floor-process.js';
import { runChecks } from './checks.mjs';
import { asking, javascript, nothing } from './programs.mjs';

/** Calls before the first counted one: then the hot set is known, and V8 has compiled the code. */
const WARM = 200;
const COUNTED = 60;
const TOLERANCE = 0.02;
const HYPERCALLS = 10;
const limits = { wallTime: '300 s', cpuTime: '300 s', startTime: '300 s' };
const backend = 'kvm';

/** @param {readonly number[]} samples @returns the median, with which half of them must agree */
function settled(samples) {
  const middle = samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
  const near = samples.filter((sample) => Math.abs(sample - middle) <= middle * TOLERANCE).length;
  assert.ok(near >= samples.length / 2, `only ${near} of ${samples.length} calls took about ${middle} instructions`);
  return middle;
}

/** @param {() => unknown} call */
function count(call) {
  for (let i = 0; i < WARM; i++) call();
  const samples = Array.from({ length: COUNTED }, () => {
    const start = process.hrtime.bigint();
    call();
    return Number(process.hrtime.bigint() - start);
  });
  return settled(samples);
}

/** @param {string} name @param {number} instructions */
const show = (name, instructions) =>
  console.log(`  ${name.padEnd(58)} ${Math.round(instructions).toLocaleString('en')}`);

const floor = new FloorProcess(buildFloor());
const js = await createContext({ backend, program: javascript, policy: { limits } });
const c = await createContext({ backend, program: nothing, policy: { limits } });
const asks = await createContext({
  ...{
    backend,
    program: asking,
    hypercalls: { ping: () => undefined },
    policy: { hypercalls: { ping: true }, limits },
  },
});

/** @param {string} subject */
const floorOf = async (subject) => settled((await floor.sampler(subject)(COUNTED)).slice(COUNTED / 2));

console.log('Instructions per call, emulated SVM:');
await runChecks({
  'reading the clock': async () =>
    show(
      'reading the clock twice, which every figure includes',
      count(() => undefined),
    ),
  'floor: an entry and an exit': async () => show('C floor: an entry and an exit', await floorOf('c.entry')),
  'floor: 16 pages written and reset': async () =>
    show('C floor: the same with 16 pages written and copied back', await floorOf('c.hotset16')),
  'a C call': async () =>
    show(
      'callSync of a C function that does nothing',
      count(() => c.callSync('nothing')),
    ),
  'a JavaScript call': async () =>
    show(
      'callSync of a JavaScript function that does nothing',
      count(() => js.callSync('nothing')),
    ),
  'a hypercall': async () => {
    const none = count(() => asks.callSync('ask', 0));
    const ten = count(() => asks.callSync('ask', HYPERCALLS));
    assert.ok(ten > none);
    show('a hypercall from C to a host function, a tenth of ten', (ten - none) / HYPERCALLS);
  },
});
await Promise.all([floor.close(), js.dispose(), c.dispose(), asks.dispose()]);
