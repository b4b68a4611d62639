/**
 * Makes very many calls on one backend; one in a hundred crashes its guest. Reports wrong results and leaked resources.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { childProcesses, descriptorCount, suiteProgramOf } from '@colony/conformance';
import { ColonyError, type Context, createContext, openBackend } from '@colony/core';
import type { BackendName, Kind } from './cells.js';

export interface SoakReport {
  readonly backend: BackendName;
  readonly calls: number;
  readonly crashes: number;
  /** The first few calls with a wrong value or code. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
  /** Growth from before to after, minus the growth that the backend's pools explain. */
  readonly leakedChildren: number;
  readonly leakedDescriptors: number;
  /** Resident set: before, after, and the growth beyond a tenth. */
  readonly mebibytes: { readonly before: number; readonly after: number; readonly beyondTenth: number };
  readonly seconds: number;
}

/** Concurrent calls; each lane has its own contexts. */
const LANES = 6;
const MIB = 2 ** 20;

/** Relative number of calls for each kind of program: a JavaScript call on process starts a Node process. */
const SHARES: Readonly<Record<BackendName, Readonly<Record<Kind, number>>>> = {
  kvm: { js: 1, native: 1, wasm: 1 },
  wasm: { js: 1, native: 1, wasm: 1 },
  process: { js: 1, native: 60, wasm: 60 },
};

export interface Crash {
  readonly kinds: readonly Kind[];
  /** An export of the suite's programs. */
  readonly name: string;
  readonly args: readonly number[];
  /** The codes with which it may end. */
  readonly codes: RegExp;
}

/** Ways to crash, used in turn. */
export const CRASHES: readonly Crash[] = [
  { kinds: ['native', 'wasm'], name: 'giveUp', args: [], codes: /^ERR_GUEST_(TRAP|FAULT)$/ },
  { kinds: ['native', 'wasm'], name: 'outOfBounds', args: [], codes: /^ERR_GUEST_(TRAP|FAULT)$/ },
  { kinds: ['native', 'wasm'], name: 'divide', args: [1, 0], codes: /^ERR_GUEST_(TRAP|FAULT)$/ },
  {
    kinds: ['js', 'native', 'wasm'],
    name: 'recurse',
    args: [1e7],
    codes: /^ERR_(GUEST_(TRAP|FAULT|THROWN)|LIMIT_MEMORY)$/,
  },
  { kinds: ['js', 'native', 'wasm'], name: 'allocate', args: [2 ** 30], codes: /^ERR_LIMIT_MEMORY$/ },
  { kinds: ['js', 'native', 'wasm'], name: 'loop', args: [], codes: /^ERR_LIMIT_(WALL|CPU)_TIME$/ },
];

interface Lane {
  readonly contexts: Readonly<Record<Kind, Context>>;
  readonly order: readonly Kind[];
}

async function makeLane(backend: BackendName): Promise<Lane> {
  const make = async (kind: Kind) =>
    await createContext({
      backend,
      program: await suiteProgramOf(kind),
      policy: { limits: { memory: '24 MiB', wallTime: '2 min', cpuTime: '2 min' } },
    });
  const [js, native, wasm] = await Promise.all([make('js'), make('native'), make('wasm')]);
  const order = (Object.entries(SHARES[backend]) as [Kind, number][]).flatMap(([kind, share]) =>
    Array.from({ length: share }, () => kind),
  );
  return { contexts: { js, native, wasm }, order };
}

/** Describes the failure of one call; undefined for a correct call. */
async function callOnce({ contexts, order }: Lane, i: number): Promise<string | undefined> {
  const kind = order[i % order.length]!;
  if (i % 100 === 99) return await crashInTurn(contexts, Math.floor(i / 100));
  const context = contexts[kind];
  const bump = i % 3 === 0;
  const value = bump ? await context.call('bump') : await context.call('add', i, 7);
  return value === (bump ? 1 : i + 7) ? undefined : `call ${i} in ${kind} gave ${String(value)}`;
}

/** Describes a wrong end of a crash; undefined for a correct end. */
export async function crashOnce(context: Context, kind: Kind, crash: Crash): Promise<string | undefined> {
  const { name, args, codes } = crash;
  try {
    await context.with({ limits: name === 'loop' ? { wallTime: 25 } : {} }).call(name, ...args);
    return `crash ${name} in ${kind} gave a value`;
  } catch (error) {
    const code = ColonyError.is(error) ? error.code : String(error);
    return codes.test(code) ? undefined : `crash ${name} in ${kind} ended with ${code}`;
  }
}

async function crashInTurn(contexts: Lane['contexts'], turn: number): Promise<string | undefined> {
  const crash = CRASHES[turn % CRASHES.length]!;
  const kind = crash.kinds[Math.floor(turn / CRASHES.length) % crash.kinds.length]!;
  return await crashOnce(contexts[kind], kind, crash);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function measure(backend: BackendName) {
  // Twice: finalizers of the first round release objects that the second collects.
  for (let round = 0; round < 2; round++) {
    collect();
    await sleep(300);
  }
  const { children = 0, workers = 0 } = (await openBackend(backend)).stats();
  const DESCRIPTORS_EACH = 6;
  return {
    children: childProcesses() - children,
    descriptors: descriptorCount() - DESCRIPTORS_EACH * (children + workers),
    mebibytes: process.memoryUsage.rss() / MIB,
  };
}

type Measured = Awaited<ReturnType<typeof measure>>;

/**
 * Milliseconds after which missing resources count as lost, because an ended process may not have been waited for yet.
 */
const PATIENCE = 30_000;

/** Measures until the earlier level is reached again. */
async function atRest(backend: BackendName, before: Measured): Promise<Measured> {
  for (const end = performance.now() + PATIENCE; ; ) {
    const now = await measure(backend);
    const isBack = now.children <= before.children && now.descriptors <= before.descriptors;
    if (isBack || performance.now() > end) return now;
  }
}

/**
 * As many unmeasured calls as measured ones. Pools and allocators settle by then. On kvm the resident set grows from
 * 213 to 241 MiB over the first 60,000 calls and stays at 244 MiB over the next 60,000.
 */
const warmUp = (calls: number): number => Math.max(calls, LEAST_WARM_UP);
const LEAST_WARM_UP = 3000;

/** Warms up; then makes and measures all calls. */
export async function soak(backend: BackendName, calls: number): Promise<SoakReport> {
  const started = performance.now();
  const lanes = await Promise.all(Array.from({ length: LANES }, () => makeLane(backend)));
  const wrong: string[] = [];
  let crashes = 0;
  const run = async (times: number) => {
    let next = 0;
    const work = async (lane: Lane) => {
      for (let i = next++; i < times; i = next++) {
        if (i % 100 === 99) crashes++;
        const complaint = await callOnce(lane, i).catch((error) => `call ${i} failed: ${String(error)}`);
        if (complaint !== undefined) wrong.push(complaint);
      }
    };
    await Promise.all(lanes.map(work));
  };
  await run(warmUp(calls));
  const before = await measure(backend);
  crashes = 0;
  await run(calls);
  const after = await atRest(backend, before);
  await Promise.all(lanes.flatMap(({ contexts }) => Object.values(contexts).map((context) => context.dispose())));
  return {
    backend,
    calls,
    crashes,
    wrong: wrong.slice(0, 10),
    wrongCount: wrong.length,
    leakedChildren: Math.max(0, after.children - before.children),
    leakedDescriptors: Math.max(0, after.descriptors - before.descriptors),
    mebibytes: {
      before: Math.round(before.mebibytes),
      after: Math.round(after.mebibytes),
      beyondTenth: Math.max(0, Math.round(after.mebibytes - before.mebibytes * 1.1)),
    },
    seconds: Math.round((performance.now() - started) / 1000),
  };
}
