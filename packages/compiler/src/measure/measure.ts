/** Measures the start-up of a context: the time to create it, the size of its snapshot, the cost of a fresh call. */
import { type ContextOptions, createContext, js } from '@colony/core';

export interface Start {
  readonly backend: string;
  /** Milliseconds to create the context and to make its first call; the backend is already open. */
  readonly cold: number;
  /** Bytes of guest memory in the state that calls start from; absent if the backend has no snapshots. */
  readonly snapshot?: number;
  /** By one call; absent if the backend does not count them. */
  readonly pagesWritten?: number;
  /** Median of fresh calls, microseconds. */
  readonly call: number;
  /** The message of the error that the call threw; it was measured nevertheless. */
  readonly threw?: string;
}

export interface Measured {
  readonly general: Start | { readonly failed: string };
  readonly bespoke: Start | { readonly failed: string };
}

export interface MeasureOptions {
  readonly backend?: ContextOptions['backend'];
  /** Arguments of the call. */
  readonly args?: readonly unknown[];
}

export interface Startable {
  readonly options: ContextOptions;
  readonly function: string;
  readonly args: readonly unknown[];
}

const CALLS = 300;
/** After so many calls the backend knows the pages that every call writes. */
const SETTLED = 8;

async function attempt(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

async function start({ options, function: name, args }: Startable): Promise<Start> {
  const began = performance.now();
  const context = await createContext(options);
  try {
    const once = () => (context.capabilities.callSync ? context.callSync(name, ...args) : context.call(name, ...args));
    const threw = await attempt(once);
    const cold = performance.now() - began;
    const times: number[] = [];
    for (let i = 0; i < SETTLED + CALLS; i++) {
      const at = performance.now();
      await attempt(once);
      if (i >= SETTLED) times.push((performance.now() - at) * 1000);
    }
    const { dirtyPages } = context.stats();
    const snapshot = context.capabilities.snapshot ? { snapshot: (await context.snapshot()).size } : {};
    const pages = dirtyPages > 0 ? { pagesWritten: dirtyPages } : {};
    const call = times.sort((a, b) => a - b)[CALLS >> 1]!;
    return { backend: context.backend, cold, ...snapshot, ...pages, call, ...(threw === undefined ? {} : { threw }) };
  } finally {
    await context.dispose();
  }
}

async function startOr(subject: Startable | string): Promise<Start | { failed: string }> {
  if (typeof subject === 'string') return { failed: subject };
  try {
    return await start(subject);
  } catch (error) {
    return { failed: (error as Error).message.split('\n')[0]! };
  }
}

/**
 * Measures the general context, then the bespoke one. A text in place of the general one is the reason for its absence.
 */
export async function measureStart(general: Startable | string, bespoke: Startable): Promise<Measured> {
  const { backend = 'auto' } = bespoke.options;
  // Opens the backend and boots its engine, which counts for neither context.
  await (await createContext({ backend, program: js('export const nothing = () => {};') })).dispose();
  return { general: await startOr(general), bespoke: await startOr(bespoke) };
}

const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`;

function row(name: string, figures: Measured['general']): string {
  if ('failed' in figures) return `  ${name}: ${figures.failed}`;
  const { backend, cold, snapshot, pagesWritten, call, threw } = figures;
  const parts = [
    `cold ${cold.toFixed(1)} ms`,
    ...(snapshot === undefined ? [] : [`snapshot ${kib(snapshot)}`]),
    ...(pagesWritten === undefined ? [] : [`pages written by a call ${pagesWritten}`]),
    `fresh call ${call.toFixed(1)} us`,
    ...(threw === undefined ? [] : [`the call throws: ${threw}`]),
  ];
  return `  ${name}, on ${backend}: ${parts.join(', ')}`;
}

export function measuredText(name: string, measured: Measured): string {
  return [`Start-up of ${name}, measured`, row('general', measured.general), row('bespoke', measured.bespoke), ''].join(
    '\n',
  );
}
