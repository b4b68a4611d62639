/** Failures that are known, by name and with a reason: a failure beyond them is a regression, a pass of one of them news. */
import { readFileSync } from 'node:fs';
import type { Verdict } from './run.js';

/** `{ engine: { reason: [path, ...] } }`. */
type Expected = Readonly<Record<Engine, Readonly<Record<string, readonly string[]>>>>;
export type Engine = 'quickjs-ng' | 'v8';

const file = new URL('../../test262/expected.json', import.meta.url);

export function expected(engine: Engine): ReadonlyMap<string, string> {
  const all = (JSON.parse(readFileSync(file, 'utf8')) as Expected)[engine];
  return new Map(Object.entries(all).flatMap(([reason, paths]) => paths.map((path) => [path, reason] as const)));
}

/** kvm and wasm run one engine, and so fail the same tests. */
export function engineOf(backend: string): Engine {
  return backend === 'process' ? 'v8' : 'quickjs-ng';
}

/** Paths that failed and should not have, and that passed and should not have. */
export function compare(
  verdicts: readonly Verdict[],
  engine: Engine,
): { readonly surprises: readonly string[]; readonly healed: readonly string[] } {
  const known = expected(engine);
  return {
    surprises: verdicts.filter(({ path, passed }) => !passed && !known.has(path)).map(({ path }) => path),
    healed: verdicts.filter(({ path, passed }) => passed && known.has(path)).map(({ path }) => path),
  };
}
