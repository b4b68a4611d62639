/** A backend's claimed capabilities are true, and it refuses the others. */
import assert from 'node:assert/strict';
import { type Boundary, createContext, LIMIT_KINDS, MECHANISMS, type ProgramKind } from '@colony/core';
import { eventually, fails, sleep } from '../expect.js';
import { descendants, openDescriptors } from '../host.js';
import type { Law, Tools } from '../law.js';
import { granted, suiteProgramOf } from '../programs/index.js';
import { confinement } from './confinement.js';
import { needsAsync, needsLimit, type Row, theme } from './define.js';

const KINDS = ['js', 'native', 'wasm', 'component'] as const satisfies readonly ProgramKind[];
const SPELLED = { js: 'JavaScript', native: 'C', wasm: 'Wasm', component: 'component' } as const;
const ALL_BOUNDARIES: readonly Boundary[] = ['virtual-machine', 'wasm', 'process', 'thread', 'none'];

const adds = async (t: Tools) => assert.equal(await (await t.context()).call('add', 20, 1), 21);

async function refusesKind(t: Tools, kind: ProgramKind): Promise<void> {
  const program = await suiteProgramOf(kind);
  const error = await fails('ERR_UNSUPPORTED', () => createContext({ backend: t.backend.name, program }));
  assert.match(error.message, new RegExp(kind), 'the message should name the kind');
}

/** One law for each kind of program: it runs, or it is refused. */
const kinds: readonly Law[] = KINDS.map((kind) =>
  Object.freeze({
    name: `${SPELLED[kind]} programs run, or are refused`,
    theme: 'capabilities' as const,
    async run(t: Tools) {
      const program = await suiteProgramOf(kind);
      if (!t.backend.capabilities.programs.includes(kind)) return await refusesKind(t, kind);
      const context = await t.context({ program });
      assert.equal(await context.call('add', 20, 1), 21);
      assert.equal(context.program.kind, kind);
    },
  }),
);

/** A policy that demands a limit gets a context only if the backend enforces the limit. */
const limitLaws = LIMIT_KINDS.map(
  (limit): Row => [
    `a policy may demand that the limit "${limit}" is enforced`,
    async (t: Tools) => {
      const context = await t.context({ policy: { isolation: { limits: [limit] } } });
      assert.equal(await context.call('add', 1, 2), 3);
    },
    {
      programKinds: KINDS.slice(0, 3),
      needs: needsLimit(limit),
      refusal: async (t: Tools) => {
        const error = await fails('ERR_POLICY_DENIED', () => t.context({ policy: { isolation: { limits: [limit] } } }));
        assert.match(error.message, new RegExp(limit));
      },
    },
  ],
);

async function demands(t: Tools): Promise<void> {
  const { boundary, mechanisms } = t.capabilities;
  const good = await t.context({ policy: { isolation: { boundary: [boundary], mechanisms } } });
  assert.equal(await good.call('add', 1, 2), 3);
  const others = ALL_BOUNDARIES.filter((candidate) => candidate !== boundary);
  await fails('ERR_POLICY_DENIED', () => t.context({ policy: { isolation: { boundary: others } } }));
  for (const mechanism of MECHANISMS.filter((candidate) => !mechanisms.includes(candidate))) {
    const error = await fails('ERR_POLICY_DENIED', () =>
      t.context({ policy: { isolation: { mechanisms: [mechanism] } } }),
    );
    assert.match(error.message, new RegExp(mechanism), 'the message should name the missing capability');
  }
}

/** Milliseconds in which a child that starts beside the guest's child is ready, on an idle machine. */
const SOON = 4000;

/** Runs the check while a guest waits for a host function, so that the guest exists during the check. */
async function whileParked(t: Tools, check: () => Promise<void>): Promise<void> {
  let arrived = () => {};
  let release = (_: number) => {};
  const parked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const gate = new Promise<number>((resolve) => {
    release = resolve;
  });
  const ask = () => {
    arrived();
    return gate;
  };
  // The check may wait long on a busy machine, so the wall time is large.
  const context = await t.context(granted({ 'host.ask': ask }, { wallTime: 300_000 }));
  const call = context.call('askHost', 1);
  await Promise.race([parked, call]);
  try {
    await check();
  } catch (error) {
    release(7);
    await call.catch(() => undefined);
    throw error;
  }
  release(7);
  assert.equal(await call, 7);
}

/** Checks traces of the boundary in this process instead of asking the backend. */
async function boundaryIsThere(t: Tools): Promise<void> {
  const { boundary } = t.capabilities;
  await whileParked(t, async () => {
    // The guest waits for the host function, so its process exists.
    if (boundary === 'process') assert.ok(descendants().length > 0, 'the guest does not run in its own process');
    if (boundary === 'virtual-machine') {
      const kinds = [...openDescriptors().keys()].join(' ');
      assert.match(kinds, /kvm-vm/, 'there is no virtual machine');
    }
  });
}

/** Reads the claimed mechanisms from /proc, for every process that could be a guest's. */
async function mechanismsAreApplied(t: Tools): Promise<void> {
  await whileParked(t, async () => {
    await sleep(50);
    await eventually(() => confinement(t.capabilities.mechanisms), SOON);
  });
}

export const capabilities: readonly Law[] = [
  ...kinds,
  ...theme('capabilities', [
    ['the suite adds two numbers', adds, { programKinds: KINDS }],
    ...limitLaws,
    ['a policy may demand a boundary and mechanisms', demands, { programKinds: KINDS.slice(0, 3) }],
    [
      'the claimed boundary exists',
      boundaryIsThere,
      {
        programKinds: KINDS.slice(0, 3),
        needs: needsAsync,
        needsWhat: 'without async hypercalls a guest cannot be inspected',
      },
    ],
    [
      'the claimed mechanisms are applied',
      mechanismsAreApplied,
      {
        programKinds: KINDS.slice(0, 3),
        needs: (f) => needsAsync(f) && f.capabilities.boundary === 'process' && process.platform === 'linux',
        needsWhat: 'the boundary is not a process that could be inspected',
      },
    ],
  ]),
];
