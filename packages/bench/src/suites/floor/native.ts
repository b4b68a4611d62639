/** Virtines from C, through the public interface: every call is fresh, its reset included. */
import type { ContextOptions } from '@colony/core';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Spec } from '../../types.js';
import { Contexts, cProgram, PATIENT, tag } from '../contexts.js';
import { spec } from '../spec.js';

/** native/host_kernels.c has the same numbers. */
const INTEGER_ROUNDS = 20_000_000;
const FLOATING_ROUNDS = 4_000_000;
const ASKS = 10;
const PAGES = [16, 64, 256] as const;

const perHypercall = (medians: readonly number[]) => ((medians[1] ?? 0) - (medians[0] ?? 0)) / ASKS;
const added = (medians: readonly number[]) => (medians[1] ?? 0) - (medians[0] ?? 0);

const SPECS: readonly Spec[] = [
  spec('kvm.native.callSync', 'callSync of a C function that does nothing, in a virtine, with full reset', [
    'c.hotset16',
    'c.entry',
  ]),
  spec('kvm.native.call', 'call (asynchronous) of a C function that does nothing, in a virtine on another thread', [
    'c.hotset16',
  ]),
  spec(
    'kvm.native.call.added',
    'call less callSync of a C function that does nothing, in a virtine: the cost of another thread',
    [],
    {
      derived: { from: ['kvm.native.callSync', 'kvm.native.call'], of: added },
    },
  ),
  ...PAGES.map((n) =>
    spec(`kvm.native.dirty${n}`, `callSync of a C function that writes ${n} pages, in a virtine, with full reset`, [
      `c.hotset${n}`,
    ]),
  ),
  spec('kvm.native.ask0', 'callSync of a C function that may make hypercalls and makes none, in a virtine', []),
  spec('kvm.native.ask10', 'callSync of a C function that makes 10 hypercalls to a host function, in a virtine', []),
  spec(
    'kvm.native.hypercall',
    'one hypercall of a virtine to a host function: a tenth of what 10 add to a callSync',
    ['c.hypercall'],
    {
      derived: { from: ['kvm.native.ask0', 'kvm.native.ask10'], of: perHypercall },
    },
  ),
  spec(
    'kvm.native.async0',
    'call (asynchronous) of a C function that may make hypercalls and makes none, in a virtine',
    [],
  ),
  spec(
    'kvm.native.async10',
    'call (asynchronous) of a C function in a virtine, parked by 10 hypercalls to an async host function',
    [],
  ),
  spec(
    'kvm.native.async_hypercall',
    'one hypercall of a virtine to an async host function: a tenth of what 10 add to a call',
    ['c.hypercall'],
    {
      derived: { from: ['kvm.native.async0', 'kvm.native.async10'], of: perHypercall },
    },
  ),
  spec('kvm.compute.int', 'callSync of the integer kernel in C, in a virtine', ['c.compute.int']),
  spec('kvm.compute.float', 'callSync of the floating-point kernel in C, in a virtine', ['c.compute.float']),
];

const asking = (ping: () => unknown): ContextOptions => ({
  program: cProgram('asks.c'),
  hypercalls: { ping },
  policy: { hypercalls: { ping: true } },
});

export const native: Group = {
  name: 'native virtines',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    const nothing = await contexts.create({ program: cProgram('null.c') });
    const sync = await contexts.create(asking(() => undefined));
    const async = await contexts.create(asking(async () => undefined));
    const pages = PAGES.map((n) => contexts.create({ program: cProgram('pages.c', tag(n)) }));
    const dirty = (await Promise.all(pages)).map((context, index) =>
      timed(() => context.callSync('dirty', PAGES[index])),
    );
    const compute = await contexts.create({ program: cProgram('compute.c'), limits: PATIENT });
    return {
      samplers: {
        'kvm.native.callSync': timed(() => nothing.callSync('nothing')),
        'kvm.native.call': timedAsync(() => nothing.call('nothing')),
        ...Object.fromEntries(PAGES.map((n, index) => [`kvm.native.dirty${n}`, dirty[index]!])),
        'kvm.native.ask0': timed(() => sync.callSync('ask', 0)),
        'kvm.native.ask10': timed(() => sync.callSync('ask', ASKS)),
        'kvm.native.async0': timedAsync(() => async.call('ask', 0)),
        'kvm.native.async10': timedAsync(() => async.call('ask', ASKS)),
        'kvm.compute.int': timed(() => compute.callSync('integer', INTEGER_ROUNDS)),
        'kvm.compute.float': timed(() => compute.callSync('floating', FLOATING_ROUNDS)),
      },
      close: () => contexts.close(),
    };
  },
};
