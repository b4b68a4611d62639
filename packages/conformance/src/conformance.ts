/** Declares the suite as tests of the caller's test runner. */
import type { Backend, BackendModule, Capabilities } from '@colony/core';
import { capabilitiesFor } from '@colony/core';
import { catches } from './broken/catches.js';
import { type Breakage, breakages } from './broken/index.js';
import { runScenario } from './hostile/runner.js';
import type { Scenario } from './hostile/scenario.js';
import { hostile, objection } from './hostile/scenarios.js';
import { type Law, type Natives, THEMES } from './law.js';
import { laws } from './laws/index.js';
import { type OpenSubject, openSubject, runLaw } from './run.js';
import { readSettings, type Settings } from './settings.js';

/** The functions that the suite needs from a runner; vitest and node:test have them. */
export interface Runner {
  describe(name: string, define: () => void): unknown;
  it(name: string, run: (context: SkipContext) => Promise<void>, timeout?: number): unknown;
}

/** The runner's context of a test, which can skip the test visibly. */
export interface SkipContext {
  skip(reason: string): unknown;
}

/** Makes the subject: a module that a backend package exports as `backend`, or an open backend. */
export type CreateBackend = () => BackendModule | Backend | Promise<BackendModule | Backend>;

export interface SuiteOptions extends Partial<Settings> {
  /** The runner's `describe` and `it`. */
  readonly test: Runner;
  /** Makes the subject. Give either this or `backend`. */
  readonly createBackend?: CreateBackend;
  /** The name of a backend that core knows, or a module. */
  readonly backend?: string | BackendModule;
  /** Probe programs in machine code. Laws about absent probes are skipped, each with the reason. */
  readonly natives?: Natives | (() => Natives | Promise<Natives>);
}

export interface ConformanceOptions extends SuiteOptions {
  /**
   * A module (path or URL) for the processes of the hostile scenarios. It is imported first and makes the backend known
   * to core (`registerBackend`), or exports `createBackend` or `backend`. Not needed for names that core knows. `false`
   * leaves the scenarios out.
   */
  readonly hostile?: false | { readonly setup?: string };
  /** Selects laws; default all. */
  readonly filter?: (law: Law) => boolean;
  /** Selects hostile scenarios; default all. */
  readonly scenarios?: (scenario: Scenario) => boolean;
}

/** Milliseconds. Only ends tests that hang, also on a machine that is twenty times slower than an idle one. */
const LAW_TIMEOUT = 600_000;

/**
 * Declares the whole suite. Each law is a test; each hostile scenario is a test with a process of its own.
 *
 * ```ts
 * import { describe, it } from 'node:test';
 * conformance({ test: { describe, it }, createBackend: () => import('./my-backend.js').then((m) => m.backend) });
 * ```
 * @throws Error if neither a backend nor `createBackend` is given, or a setting of the environment is not a number
 */
export function conformance(options: ConformanceOptions): void {
  const settings = readSettings(options);
  const { test } = options;
  const subject = lazySubject(options);
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
  if (options.hostile !== false) declareHostile(options, subject);
}

/**
 * Declares tests which prove that the suite can fail on this backend. Each broken backend around it must be caught by
 * the law of its fault.
 */
export function brokenBackends(options: SuiteOptions & { filter?: (breakage: Breakage) => boolean }): void {
  const settings = readSettings(options);
  const subject = lazySubject(options);
  options.test.describe('a backend that', () => {
    for (const breakage of breakages.filter(options.filter ?? (() => true))) {
      options.test.it(
        `${breakage.name} is caught by "${breakage.caughtBy}"`,
        async (context) => {
          const { module, natives } = await subject();
          const reason = await catches(breakage, { backend: module, natives }, settings);
          if (reason !== undefined) context.skip(reason);
        },
        LAW_TIMEOUT,
      );
    }
  });
}

/** Opens the subject in the first test that needs it. */
function lazySubject(options: SuiteOptions): () => Promise<OpenSubject> {
  const { backend, createBackend, natives } = options;
  if ((backend === undefined) === (createBackend === undefined))
    throw new Error('conformance: give either `createBackend` or `backend`');
  let opening: Promise<OpenSubject> | undefined;
  const open = async () =>
    await openSubject({
      backend: backend ?? (await createBackend!()),
      natives: typeof natives === 'function' ? await natives() : (natives ?? {}),
    });
  return () => {
    opening ??= open();
    return opening;
  };
}

function declareHostile(options: ConformanceOptions, subject: () => Promise<OpenSubject>): void {
  const { backend, engine, hostile: hostileOption, test } = options;
  const setup = hostileOption === false ? undefined : hostileOption?.setup;
  const known = setup !== undefined || typeof backend === 'string';
  const chosen = hostile.filter(options.scenarios ?? (() => true));
  test.describe('hostile', () => {
    for (const scenario of chosen) {
      test.it(
        scenario.name,
        async (context) => {
          const { name, backend: open } = await subject();
          const reason = known ? whyNot(scenario, open) : NO_SETUP;
          if (reason !== undefined) return void context.skip(reason);
          await runScenario(scenario, { backend: name, engine, ...(setup === undefined ? {} : { setup }) });
        },
        LAW_TIMEOUT,
      );
    }
  });
}

const NO_SETUP =
  'hostile scenarios have their own processes: set `hostile: { setup }`, a module that exports createBackend';

/** The reason why a scenario does not apply to this backend. */
function whyNot(scenario: Scenario, { capabilities }: Backend): string | undefined {
  const kind = scenario.kind ?? 'js';
  const cell: Capabilities = capabilitiesFor(capabilities, kind);
  return capabilities.programs.includes(kind) ? objection(scenario, cell) : `the backend runs no ${kind} programs`;
}
