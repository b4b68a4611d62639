/** The suite as tests of whatever runner the caller has. */
import type { BackendModule } from '@colony/core';
import { runScenario } from './hostile/runner.js';
import { hostile } from './hostile/scenarios.js';
import { type Law, type Natives, THEMES } from './law.js';
import { laws } from './laws/index.js';
import { openSubject, runLaw } from './run.js';
import { readSettings, type Settings } from './settings.js';

/** What the suite needs of a runner; vitest, node:test and jest have it. */
export interface Runner {
  describe(name: string, define: () => void): unknown;
  it(name: string, run: (context: SkipContext) => Promise<void>, timeout?: number): unknown;
}

/** What the runner gives to a test: something to skip it with, aloud. */
export interface SkipContext {
  skip(reason: string): unknown;
}

export interface ConformanceOptions extends Partial<Settings> {
  /** The runner's `describe` and `it`. */
  readonly test: Runner;
  /** A name that core knows, a module, or what opens one. */
  readonly backend: string | BackendModule | (() => Promise<BackendModule>);
  readonly natives?: Natives | (() => Natives | Promise<Natives>);
  /**
   * A module (path or URL) for the hostile scenarios' own processes; imported first, it must make the backend known to
   * core. Not needed for core's own names. `false` leaves the scenarios out.
   */
  readonly hostile?: false | { readonly setup?: string };
  readonly filter?: (law: Law) => boolean;
}

const LAW_TIMEOUT = 120_000;

/**
 * Declares the whole suite. Each law is a test; each hostile scenario is a test with a process of its own.
 *
 * ```ts
 * import { describe, it } from 'vitest';
 * conformance({ test: { describe, it }, backend: 'kvm' });
 * ```
 */
export function conformance(options: ConformanceOptions): void {
  const settings = readSettings(options);
  const { test } = options;
  let opening: ReturnType<typeof open> | undefined;
  const subject = () => {
    opening ??= open(options);
    return opening;
  };
  for (const theme of THEMES) {
    const ofTheme = laws.filter((law) => law.theme === theme && (options.filter?.(law) ?? true));
    if (ofTheme.length === 0) continue;
    test.describe(`${theme} (seed ${settings.seed})`, () => {
      for (const law of ofTheme) {
        test.it(
          law.name,
          async (context) => {
            const result = await runLaw(law, await subject(), settings);
            if (result.status === 'skipped') context.skip(result.reason!);
          },
          LAW_TIMEOUT,
        );
      }
    });
  }
  if (options.hostile !== false) declareHostile(options, test);
}

async function open({ backend, natives }: ConformanceOptions) {
  return await openSubject({
    backend: typeof backend === 'function' ? await backend() : backend,
    natives: typeof natives === 'function' ? await natives() : (natives ?? {}),
  });
}

function declareHostile(options: ConformanceOptions, test: Runner): void {
  const { backend, hostile: hostileOptions } = options;
  const name = typeof backend === 'string' ? backend : typeof backend === 'function' ? undefined : backend.name;
  if (name === undefined) throw new Error('conformance: with hostile scenarios, `backend` must be a name or a module');
  const setup = hostileOptions === false ? undefined : hostileOptions?.setup;
  test.describe('hostile', () => {
    for (const scenario of hostile) {
      test.it(
        scenario.name,
        () => runScenario(scenario, { backend: name, ...(setup === undefined ? {} : { setup }) }),
        LAW_TIMEOUT,
      );
    }
  });
}
