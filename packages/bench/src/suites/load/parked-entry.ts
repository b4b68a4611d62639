/**
 * Entry of a process whose contexts all wait for a host function. Measures the memory that each adds to the process and
 * takes from the system.
 */
import { readFileSync } from 'node:fs';
import { type Context, createContext, js } from '@colony/core';

/** KiB that the system still has available. This includes the kernel's memory for machines. */
const available = () => Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
/** KiB of this process, shared pages by share, without the kernel's memory for machines. */
const proportional = () => Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]);
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const waiting: (() => void)[] = [];
const wait = () => new Promise<void>((resolve) => waiting.push(resolve));
const make = (): Promise<Context> =>
  createContext({
    backend: 'kvm',
    program: js`export async function wait() { await host.wait() }`,
    hypercalls: { wait },
    policy: { hypercalls: { wait: true }, limits: { wallTime: '120 s' } },
  });

async function until(count: number): Promise<void> {
  while (waiting.length < count) await rest(5);
  await rest(200);
}

/** KiB for each context. */
export interface Parked {
  readonly own: number;
  readonly system: number;
}

async function measure(count: number): Promise<Parked> {
  const contexts = await Promise.all(Array.from({ length: count }, make));
  // The first few waiting calls allocate what a process needs once.
  const few = contexts.slice(0, 4).map((context) => context.call('wait'));
  await until(few.length);
  const before = { own: proportional(), system: available() };
  const calls = contexts.slice(4).map((context) => context.call('wait'));
  await until(count);
  const after = { own: proportional(), system: available() };
  for (const resolve of waiting) resolve();
  await Promise.all([...few, ...calls]);
  const perCall = (kib: number) => kib / (count - 4);
  return { own: perCall(after.own - before.own), system: perCall(before.system - after.system) };
}

process.once('message', async (count: number) => {
  const parked = await measure(count);
  process.send?.(parked, () => process.exit(0));
});
