/** Entry of a process that holds contexts and measures itself. Sends one number. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Context, createContext, js } from '@colony/core';

export interface Held {
  readonly kind: 'same' | 'distinct' | 'called' | 'parked' | 'parked-kernel';
  readonly count: number;
}

const SOURCE = 'export function nothing() {}';

/** KiB of this process's memory that its end would free; shared pages count by share. */
function proportional(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]);
}

/**
 * KVM gives each machine a kernel thread of its own (Linux 6.12 and newer), which is listed with the process's threads.
 */
const KERNELS_OWN = /^kvm-/;

function threads(): { ours: number; kernel: number } {
  const names = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8'));
  const kernel = names.filter((name) => KERNELS_OWN.test(name)).length;
  return { ours: names.length - kernel, kernel };
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function create(kind: Held['kind'], number: number): Promise<Context> {
  const source = kind === 'distinct' ? `${SOURCE}\nexport const number = () => ${number};` : SOURCE;
  return createContext({ backend: 'kvm', program: js(source) });
}

/** Memory that each of `count` contexts adds; the first contexts account for what all share. */
async function memory({ kind, count }: Held): Promise<number> {
  const contexts: Context[] = [];
  const add = async () => {
    const context = await create(kind, contexts.length);
    if (kind === 'called') context.callSync('nothing');
    contexts.push(context);
  };
  for (let i = 0; i < 20; i++) await add();
  await rest(300);
  const before = proportional();
  for (let i = 0; i < count; i++) await add();
  await rest(300);
  const after = proportional();
  if (contexts.length !== count + 20) throw new Error('contexts are missing');
  return (after - before) / count;
}

/** Threads that `count` contexts add while each waits for a slow host function. */
async function parked(count: number): Promise<{ ours: number; kernel: number }> {
  let waiting = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const make = () =>
    createContext({
      backend: 'kvm',
      program: js`export function nothing() {} export async function wait() { return await host.wait() }`,
      hypercalls: {
        wait: async () => {
          waiting++;
          await released;
        },
      },
      policy: { hypercalls: { wait: true }, limits: { wallTime: '60 s' } },
    });
  const contexts = await Promise.all(Array.from({ length: count }, make));
  // The first call starts the threads that a process needs once.
  await (await make()).call('nothing');
  const before = threads();
  const calls = contexts.map((context) => context.call('wait'));
  while (waiting < count) await rest(5);
  await rest(50);
  const during = threads();
  release();
  await Promise.all(calls);
  return { ours: during.ours - before.ours, kernel: during.kernel - before.kernel };
}

async function measure(held: Held): Promise<number> {
  if (held.kind === 'parked') return (await parked(held.count)).ours;
  if (held.kind === 'parked-kernel') return (await parked(held.count)).kernel;
  return memory(held);
}

process.once('message', async (held: Held) => {
  const value = await measure(held);
  process.send?.(value, () => process.exit(0));
});
