/** Runs the conformance suite on one backend and counts results by theme. */
import { type Law, type LawResult, runLaws } from '@colony/conformance';
import { native, type Program } from '@colony/core';
import { probePath } from '@colony/guest/probes';
import type { BackendLaws, ThemeCounts } from './results.js';

/** Runs of each property. The tests run the laws in full; here they are only counted. */
const RUNS = 5;
const SEED = 1;

const probe = (name: string): Program => native.c(probePath(name));
/** A false address differs if addresses have 32 bits. */
const natives = (backend: string) => ({
  ...{ basic: probe('basic'), secrets: probe('secrets'), memory: probe('memory') },
  hypercalls: probe(backend === 'wasm' ? 'hypercalls_wasm32' : 'hypercalls'),
});

const NONE: ThemeCounts = { passed: 0, refused: 0, skipped: 0, failed: 0 };

export function countByTheme(results: readonly LawResult[]): Record<string, ThemeCounts> {
  const themes: Record<string, ThemeCounts> = {};
  for (const { law, status } of results) {
    const counts = themes[law.theme] ?? NONE;
    themes[law.theme] = { ...counts, [status]: counts[status] + 1 };
  }
  return themes;
}

const complaint = ({ law, error }: LawResult) =>
  `${law.name}: ${(error instanceof Error ? error.message : String(error)).trim().split('\n')[0]}`;

/** @param filter selects laws; default all */
export async function lawsOf(backend: string, filter: (law: Law) => boolean = () => true): Promise<BackendLaws> {
  const started = performance.now();
  const about = { backend, time: new Date().toISOString(), seed: SEED, runs: RUNS };
  const spent = () => Math.round((performance.now() - started) / 1000);
  try {
    const results = await runLaws({ backend, natives: natives(backend) }, { runs: RUNS, seed: SEED, filter });
    const failures = results.filter(({ status }) => status === 'failed').map(complaint);
    return { ...about, seconds: spent(), themes: countByTheme(results), failures, problem: null };
  } catch (error) {
    const problem = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    return { ...about, seconds: spent(), themes: {}, failures: [], problem };
  }
}
