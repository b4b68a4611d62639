/** Runs tests on a backend, each in a fresh call. */
import { posix } from 'node:path';
import { ColonyError, type Context, createContext } from '@colony/core';
import type { TestFile } from './frontmatter.js';
import { type GuestExports, programFor } from './guest.js';
import type { Harness } from './harness.js';
import { type Variant, variantsOf } from './variants.js';

export interface Verdict {
  readonly path: string;
  readonly passed: boolean;
  /** Each failed variant: `strict: TypeError: ...`. */
  readonly failures: readonly string[];
}

export interface RunOptions {
  readonly backend: string;
  readonly corpus: string;
  readonly harness: Harness;
  /** Concurrent calls. Default 2. */
  readonly lanes?: number;
  readonly onVerdict?: (verdict: Verdict) => void;
}

/** Generous limits, because a slow test on a busy machine must not fail. */
const POLICY = {
  clock: true,
  random: true,
  limits: { memory: '128 MiB', wallTime: '60 s', cpuTime: '60 s', startTime: '60 s' },
} as const;

async function newContext(options: RunOptions, modules?: Variant['modules']): Promise<Context<GuestExports>> {
  return await createContext({
    backend: options.backend,
    program: programFor(options.harness, modules),
    policy: POLICY,
  });
}

async function evaluate(context: Context<GuestExports>, variant: Variant): Promise<string> {
  const { test, mode, helpers, source, isAsync } = variant;
  try {
    if (mode !== 'module') return await context.call('script', helpers, source, isAsync);
    return await context.call('module', helpers, `./${posix.basename(test.path)}`, isAsync);
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** Undefined if the outcome is the expected one; otherwise the actual outcome. */
function judge({ negative }: TestFile, outcome: string): string | undefined {
  if (negative === undefined) return outcome === '' ? undefined : outcome;
  if (outcome.startsWith(`${negative.type}: `)) return undefined;
  return outcome === '' ? `no ${negative.type}` : outcome;
}

async function runTest(test: TestFile, shared: Context<GuestExports>, options: RunOptions): Promise<Verdict> {
  const failures: string[] = [];
  for (const variant of variantsOf(test, options.harness, options.corpus)) {
    const own = Object.keys(variant.modules).length > 0 ? await newContext(options, variant.modules) : undefined;
    try {
      const wrong = judge(test, await evaluate(own ?? shared, variant));
      if (wrong !== undefined) failures.push(`${variant.mode}: ${wrong.slice(0, 300)}`);
    } finally {
      await own?.dispose();
    }
  }
  return { path: test.path, passed: failures.length === 0, failures };
}

/** Returns verdicts in the order of the tests. */
export async function runTests(tests: readonly TestFile[], options: RunOptions): Promise<readonly Verdict[]> {
  const shared = await newContext(options);
  const verdicts: Verdict[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < tests.length; i = next++) {
      const verdict = await runTest(tests[i]!, shared, options);
      verdicts[i] = verdict;
      options.onVerdict?.(verdict);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.lanes ?? 2 }, lane));
  } finally {
    await shared.dispose();
  }
  return verdicts;
}
