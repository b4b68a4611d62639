/** Failures that are known, by name and with a reason: a failure beyond them is a regression, a pass of one of them news. */
import { readFileSync } from 'node:fs';
import type { Verdict } from './run.js';

/** Paths by reason. */
export type KnownFailures = Readonly<Record<string, readonly string[]>>;
export type Engine = 'quickjs-ng' | 'v8';

const file = new URL('../../test262/expected.json', import.meta.url);

export function knownFailures(engine: Engine): KnownFailures {
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<Engine, KnownFailures>)[engine];
}

/** kvm and wasm run one engine, and so fail the same tests. */
export function engineOf(backend: string): Engine {
  return backend === 'process' ? 'v8' : 'quickjs-ng';
}

/** Paths that failed and should not have, and that passed and should not have. */
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
