/** Wrong values for every option of the compiler: a ColonyError that names the option. */
import { describe, expect, it } from 'vitest';
import {
  expectOddRefused,
  expectRefused,
  isFlag,
  isText,
  isTextList,
  mayBePath,
} from '../../../scripts/lib/odd-options.mjs';
import { ODD } from '../../../scripts/lib/odd-values.mjs';
import { compileC, declareC } from '../src/c/index.js';
import { buildProgram, Compiler, checkFiles, compileModule, refusalPage, refusalsIn, tryFiles } from '../src/index.js';
import { colony } from '../src/plugins/plugin.js';
import { configure } from '../src/runtime/index.js';

type Entry = (options: never) => unknown;
type Accepts = (value: unknown) => boolean;
const module = { id: '/none.ts', code: '' };
const PLUGINS = ['vite', 'rollup', 'esbuild', 'webpack', 'rspack'] as const;
const ENTRIES: Readonly<Record<string, Entry>> = {
  'new Compiler': (options) => new Compiler(options),
  compileModule: async (options: object) => await compileModule({ ...module, ...options }),
  ...Object.fromEntries(PLUGINS.map((name) => [`the plugin for ${name}`, (options: never) => colony[name](options)])),
};

const C_NAMES = ['neighbours', 'targets', 'flags', 'cacheDir', 'declarations'];
const holdsNothing = (value: object) =>
  Object.keys(value).length === 0 && C_NAMES.every((name) => (value as never)[name] === undefined);
const OPTIONS: Readonly<Record<string, Accepts>> = {
  root: mayBePath,
  mode: () => false,
  conditions: isTextList,
  accept: isTextList,
  limits: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0,
  lock: (value) => isFlag(value) || mayBePath(value),
  frozen: isFlag,
  profile: (value) => isFlag(value) || mayBePath(value),
  snapshot: (value) => isText(value) || isTextList(value),
  acceptGrants: isFlag,
  c: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && holdsNothing(value),
};
const C_OPTIONS: typeof OPTIONS = {
  files: (value) => isTextList(value) && (value as unknown[]).length > 0,
  neighbours: isFlag,
  targets: (value) => Array.isArray(value) && value.length === 0,
  flags: isTextList,
  cacheDir: mayBePath,
  root: mayBePath,
};

describe.each(Object.entries(ENTRIES))('%s', (_, entry) => {
  it.each(Object.entries(OPTIONS))('%s', async (key, accepts) => {
    await expectOddRefused(`options.${key}`, accepts, (value) => entry({ [key]: value } as never));
  });

  it('suggests the intended option', async () => {
    const message = await expectRefused(() => entry({ lok: true } as never), 'options.lok');
    expect(message).toContain('did you mean `lock`?');
  });
});

describe('new Compiler, what a bundler does besides', () => {
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const isTexts = (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((property) => typeof property === 'string');
  const AROUND: typeof OPTIONS = {
    mode: () => false,
    conditions: isTextList,
    define: isTexts,
    alias: isEmpty,
    load: (value) => typeof value === 'function',
  };
  it.each(Object.entries(AROUND))('%s', async (key, accepts) => {
    await expectOddRefused(`surroundings.${key}`, accepts, (value) => new Compiler({}, { [key]: value }));
  });

  it.each([
    [null, 'surroundings'],
    [[], 'surroundings'],
    [{ nope: 1 }, 'surroundings.nope'],
    [{ define: { A: 5 } }, 'surroundings.define.A'],
    [{ alias: [null] }, 'surroundings.alias[0]'],
    [{ alias: [{ find: 5, replacement: '' }] }, 'surroundings.alias[0].find'],
    [{ alias: [{ find: 'a' }] }, 'surroundings.alias[0].replacement'],
  ])('%o', async (value, path) => {
    await expectRefused(() => new Compiler({}, value as never), path);
  });
});

describe.each([
  ['compileC', compileC],
  ['declareC', declareC],
] as [string, Entry][])('%s', (_, entry) => {
  it.each(Object.entries(C_OPTIONS))('%s', async (key, accepts) => {
    await expectOddRefused(`options.${key}`, accepts, (value) => entry({ files: ['a.c'], [key]: value } as never));
  });

  it('needs files', async () => {
    await expectRefused(() => entry({} as never), 'options.files');
  });
});

it('options are an object', async () => {
  for (const value of [null, 1, 'x', [], Symbol('odd')]) {
    await expectRefused(() => new Compiler(value as never), 'options');
    await expectRefused(() => colony.vite(value as never), 'options');
    await expectRefused(() => compileC(value as never), 'options');
    await expectRefused(() => configure(value as never), 'options');
  }
  await expectRefused(() => configure({ limit: {} } as never), 'options.limit');
});

// This test does not check whether a file exists.
const mayBePaths = (value: unknown) => Array.isArray(value) && value.length < 100 && value.every(mayBePath);

it('checkFiles', async () => {
  await expectOddRefused('checkFiles.paths', mayBePaths, (value) => checkFiles(value));
  await expectRefused(() => checkFiles(undefined as never), 'checkFiles.paths');
  await expectOddRefused('checkFiles.root', mayBePath, (value) => checkFiles([], value));
});

it('refusalPage', async () => {
  await expectOddRefused(
    'refusalPage.code',
    () => false,
    (value) => refusalPage(value),
  );
});

it('refusalsIn takes any value, and finds refusals in errors of Colony only', () => {
  for (const make of ODD) expect(refusalsIn(make())).toBeUndefined();
  expect(refusalsIn({ details: { refusals: [] } })).toBeUndefined();
});

it('buildProgram', async () => {
  await expectOddRefused('buildProgram.file', mayBePath, (value) => buildProgram(value, { out: 'out' }));
  await expectOddRefused('buildProgram.out', mayBePath, (value) => buildProgram('none.ts', { out: value }));
  await expectOddRefused('buildProgram.types', isFlag, (types) => buildProgram('none.ts', { out: 'out', types }));
  await expectRefused(() => buildProgram('none.ts', { out: 'out', type: true } as never), 'buildProgram.type');
});

it('tryFiles', async () => {
  await expectOddRefused('tryFiles.paths', mayBePaths, (value) => tryFiles(value));
  await expectRefused(() => tryFiles([], { lok: true } as never), 'options.lok');
  await expectOddRefused('options.root', mayBePath, (root) => tryFiles([], { root }));
});
