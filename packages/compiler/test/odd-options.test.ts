/** Wrong values at every entry of the compiler that takes options: a ColonyError that names the option. */
import { ColonyError } from '@colony/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ODD, oddMaker } from '../../../scripts/lib/odd-values.mjs';
import { compileC, declareC } from '../src/c/index.js';
import { Compiler, checkFiles, compileModule } from '../src/index.js';
import { colony } from '../src/plugins/plugin.js';
import { configure } from '../src/runtime/index.js';

type Entry = (options: never) => unknown;
const module = { id: '/none.ts', code: '' };
const PLUGINS = ['vite', 'rollup', 'esbuild', 'webpack', 'rspack'] as const;
const ENTRIES: Readonly<Record<string, Entry>> = {
  'new Compiler': (options) => new Compiler(options),
  compileModule: async (options) => await compileModule(Object.assign(Object.create(null), module, options)),
  ...Object.fromEntries(PLUGINS.map((name) => [`the plugin for ${name}`, (options: never) => colony[name](options)])),
};

const C_NAMES = ['neighbours', 'targets', 'flags', 'cacheDir', 'declarations'];
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isFlag = (value: unknown) => typeof value === 'boolean';
/** Not what is no path: this is about options, and the values are odd. */
const mayBePath = (value: unknown) => isText(value) || value instanceof URL;
const isList = (value: unknown) => Array.isArray(value) && value.length < 100 && value.every(isText);
const holdsNothing = (value: object) =>
  Object.keys(value).length === 0 && C_NAMES.every((name) => (value as never)[name] === undefined);
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  root: mayBePath,
  mode: () => false,
  conditions: isList,
  accept: isList,
  lock: (value) => isFlag(value) || mayBePath(value),
  frozen: isFlag,
  profile: (value) => isFlag(value) || mayBePath(value),
  snapshot: (value) => isText(value) || isList(value),
  acceptGrants: isFlag,
  c: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && holdsNothing(value),
};
const C_OPTIONS: typeof OPTIONS = {
  files: () => false,
  neighbours: isFlag,
  targets: (value) => Array.isArray(value) && value.length === 0,
  flags: isList,
  cacheDir: mayBePath,
  root: mayBePath,
};

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A getter of the value may throw anywhere, also in what decides whether it is right. */
const holds = (accepts: (value: unknown) => boolean, value: unknown) => {
  try {
    return value === undefined || accepts(value);
  } catch {
    return false;
  }
};

async function expectRefused(work: () => unknown, path: string): Promise<void> {
  const error = await outcome(work);
  if (error === undefined) throw new Error(`${path}: nothing was thrown`);
  if (!ColonyError.is(error)) throw error;
  expect(error.code).toBe('ERR_BAD_OPTION');
  expect(String(error.details.path).slice(0, path.length)).toBe(path);
}

describe.each(Object.entries(ENTRIES))('%s', (_, entry) => {
  it.each(Object.entries(OPTIONS))('%s', async (key, accepts) => {
    const check = async (make: () => unknown) => {
      if (!holds(accepts, make())) await expectRefused(() => entry({ [key]: make() } as never), `options.${key}`);
    };
    for (const make of ODD) await check(make);
    await fc.assert(fc.asyncProperty(oddMaker, check), { numRuns: 50 });
  });

  it('says which option was meant', async () => {
    await expectRefused(() => entry({ lok: true } as never), 'options.lok');
    expect(String(await outcome(() => entry({ lok: true } as never)))).toContain('did you mean `lock`?');
  });
});

describe.each([
  ['compileC', compileC],
  ['declareC', declareC],
] as [string, Entry][])('%s', (_, entry) => {
  it.each(Object.entries(C_OPTIONS))('%s', async (key, accepts) => {
    const check = async (make: () => unknown) => {
      const isMistake = key === 'files' || !holds(accepts, make());
      if (isMistake && (key !== 'files' || !holds(isFiles, make())))
        await expectRefused(() => entry({ files: ['a.c'], [key]: make() } as never), `options.${key}`);
    };
    for (const make of ODD) await check(make);
    await fc.assert(fc.asyncProperty(oddMaker, check), { numRuns: 50 });
  });
});

const isFiles = (value: unknown) => value !== undefined && isList(value) && (value as unknown[]).length > 0;

it('no options at all are an object, too', async () => {
  for (const value of [null, 1, 'x', [], Symbol('odd')]) {
    await expectRefused(() => new Compiler(value as never), 'options');
    await expectRefused(() => colony.vite(value as never), 'options');
    await expectRefused(() => compileC(value as never), 'options');
    await expectRefused(() => configure(value as never), 'options');
  }
  await expectRefused(() => configure({ limit: {} } as never), 'options.limit');
});

it.each(ODD.map((make, index) => [index, make] as const))('checkFiles: odd value %i', async (_, make) => {
  if (!holds((value) => Array.isArray(value) && value.length === 0, make()))
    expect(await outcome(() => checkFiles(make() as never))).toMatchObject({ code: 'ERR_BAD_OPTION' });
});
