/**
 * Checks that the same generated program and arguments give the same value, or the same error code, on all backends.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BackendModule,
  type Context,
  createContext,
  js,
  native,
  type Program,
  registerBackend,
  wasm,
} from '@colony/core';
import fc from 'fast-check';
import { assertClean } from '../expect.js';
import { assemble } from '../programs/wat.js';
import { readSettings, type Settings } from '../settings.js';
import { cArguments, cFunctions, cProgram } from './c.js';
import { javaScriptArguments, javaScriptProgram } from './javascript.js';
import { wasmArguments, wasmFunctions, wasmProgram } from './wasm.js';

export type DifferentialKind = 'js' | 'native' | 'wasm';

export interface DifferentialOptions extends Partial<Settings> {
  /** At least two: names that core knows, or modules. The others are compared to the first. */
  readonly backends: readonly (string | BackendModule)[];
  readonly kind: DifferentialKind;
}

export interface DifferentialReport {
  readonly seed: number;
  readonly programs: number;
  /** Calls on each backend, and how many of them returned a value. */
  readonly calls: number;
  readonly values: number;
}

interface Language {
  readonly source: fc.Arbitrary<string>;
  readonly args: fc.Arbitrary<readonly unknown[]>;
  readonly functions: readonly string[];
  program(source: string, folder: string): Promise<Program>;
}

const LANGUAGES: Readonly<Record<DifferentialKind, Language>> = {
  js: {
    source: javaScriptProgram,
    args: javaScriptArguments,
    functions: ['f0', 'f1', 'f2'],
    program: async (source) => js(source, { filename: 'generated.mjs' }),
  },
  wasm: {
    source: wasmProgram,
    args: wasmArguments,
    functions: wasmFunctions,
    program: async (source) => wasm(await assemble(source)),
  },
  native: {
    source: cProgram,
    args: cArguments,
    functions: cFunctions,
    async program(source, folder) {
      const file = join(folder, 'generated.c');
      await writeFile(file, source);
      return native.c(file);
    },
  },
};

/** Far more than any generated call needs, so that a slow machine makes no difference. */
const LIMITS = { memory: '64 MiB', wallTime: 20_000, cpuTime: 20_000, startTime: 60_000 };
const ARGUMENT_LISTS = 2;

/** The outcome of a call, as far as engines must agree: the value, or the code and the kind of the thrown value. */
type Ending = readonly ['value', unknown] | readonly ['code', string, unknown];

async function ending(work: () => Promise<unknown>): Promise<Ending> {
  try {
    return ['value', await work()];
  } catch (error) {
    const { code, details } = assertClean(error);
    // Error messages differ between engines.
    return ['code', code, details.guest === undefined ? undefined : [details.guest.name, details.guest.value]];
  }
}

interface Compared {
  readonly name: string;
  readonly context: Context | Ending;
}

async function start(name: string, program: Program): Promise<Compared> {
  let context: Context | undefined;
  const made = await ending(async () => {
    context = await createContext({ backend: name, program, policy: { limits: LIMITS } });
  });
  return { name, context: context ?? made };
}

const call = async ({ context }: Compared, name: string, args: readonly unknown[]): Promise<Ending> =>
  'call' in context ? await ending(() => context.call(name, ...args)) : context;

/** Stops at the first difference, with its program, shrunk as far as time allows. */
function compare(endings: readonly (readonly [string, Ending])[], what: () => string): void {
  const [[first, expected], ...others] = endings as [readonly [string, Ending], ...(readonly [string, Ending])[]];
  for (const [name, actual] of others) {
    try {
      assert.deepStrictEqual(actual, expected);
    } catch (error) {
      throw new assert.AssertionError({
        message: `'${name}' differs from '${first}' in ${what()}\n${(error as Error).message}`,
      });
    }
  }
}

/**
 * Generates programs and arguments, and runs them on all backends.
 * @throws AssertionError with the smallest program that differs, and the seed
 */
export async function differential(options: DifferentialOptions): Promise<DifferentialReport> {
  const { seed, runs } = readSettings(options);
  const language = LANGUAGES[options.kind];
  const names = options.backends.map((backend) => {
    if (typeof backend === 'string') return backend;
    registerBackend(backend);
    return backend.name;
  });
  assert.ok(names.length >= 2, 'differential: one backend cannot differ');
  const folder = await mkdtemp(join(tmpdir(), 'colony-differential-'));
  const count = { programs: 0, calls: 0, values: 0 };
  const one = async (source: string, lists: readonly (readonly unknown[])[]) => {
    const program = await language.program(source, folder);
    const compared = await Promise.all(names.map((name) => start(name, program)));
    try {
      count.programs++;
      for (const name of language.functions)
        for (const args of lists) {
          const endings = await Promise.all(
            compared.map(async (subject) => [subject.name, await call(subject, name, args)] as const),
          );
          count.calls++;
          if (endings[0]![1][0] === 'value') count.values++;
          compare(endings, () => `${name}(${args.map((arg) => fc.stringify(arg)).join(', ')}) of\n${source}`);
        }
    } finally {
      await Promise.all(compared.map(({ context }) => ('dispose' in context ? context.dispose() : undefined)));
    }
  };
  const lists = fc.array(language.args, { minLength: ARGUMENT_LISTS, maxLength: ARGUMENT_LISTS });
  try {
    await fc.assert(fc.asyncProperty(language.source, lists, one), {
      seed,
      numRuns: runs,
      interruptAfterTimeLimit: 300_000,
      includeErrorInReport: true,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { seed, ...count };
}
