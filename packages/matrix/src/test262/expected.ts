/**
 * Known failures, by name and with a reason. Any other failure is a regression, and a pass of a known failure is
 * reported, too.
 */
import { readFileSync } from 'node:fs';
import type { Verdict } from './run.js';

/** Paths by reason. */
export type KnownFailures = Readonly<Record<string, readonly string[]>>;
export type Engine = 'quickjs-ng' | 'v8';

const file = new URL('../../test262/expected.json', import.meta.url);

export function knownFailures(engine: Engine): KnownFailures {
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<Engine, KnownFailures>)[engine];
}

/** kvm and wasm run the same engine, so the same tests fail on both. */
export function engineOf(backend: string): Engine {
  return backend === 'process' ? 'v8' : 'quickjs-ng';
}

/** Returns unexpected failures and unexpected passes. */
export function compare(
  verdicts: readonly Verdict[],
  failures: KnownFailures,
): { readonly surprises: readonly string[]; readonly healed: readonly string[] } {
  const known = new Set(Object.values(failures).flat());
  return {
    surprises: verdicts.filter(({ path, passed }) => !passed && !known.has(path)).map(({ path }) => path),
    healed: verdicts.filter(({ path, passed }) => passed && known.has(path)).map(({ path }) => path),
  };
}
