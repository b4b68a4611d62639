/**
 * Tests invalid values at every public function and each of its options. Each throws a ColonyError whose `details.path`
 * names the option, never a TypeError, a crash or a hang. Exports are enumerated, so a new export needs a row here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ODD, oddMaker, throwing } from '../../../scripts/lib/odd-values.mjs';
import * as core from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

const { ColonyError, createContext, js, Snapshot } = core;

interface Row {
  readonly name: string;
  /** Passes an invalid value in the row's place. */
  readonly call: (value: never) => unknown;
  /** Start of `details.path`; absent if any value is accepted. */
  readonly path?: string;
  /** Codes other than ERR_BAD_OPTION that are right here. */
  readonly codes?: readonly string[];
  /** Returns whether a value is valid in this place. */
  readonly accepts?: (value: unknown) => boolean;
}

const backend = fakeBackend();
const program = js`export const f = () => 1; export const g = () => host.h();`;
const folder = mkdtempSync(join(tmpdir(), 'colony-odd-'));
let context: core.Context;
let snapshot: core.Snapshot;
beforeAll(async () => {
  context = await createContext({ backend, program });
  snapshot = await context.snapshot();
  writeFileSync(join(folder, 'a.c'), 'int f(void) { return 1; }');
});
afterAll(async () => {
  await context.dispose();
  rmSync(folder, { recursive: true });
});

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
const absent = (value: unknown) => value === undefined;
const never = () => false;
const always = () => true;
const optional = (accepts: (value: unknown) => boolean) => (value: unknown) => absent(value) || accepts(value);
const isText = (value: unknown) => typeof value === 'string';
const isWord = (value: unknown) => isText(value) && value !== '';
const isBytes = (value: unknown) => value instanceof Uint8Array;
const count = (value: unknown) => typeof value === 'number' && value >= 0;

const create = async (options: object) => {
  const made = await createContext({ backend, program, ...options } as never);
  await made.dispose();
};
const load = async (file: unknown) => await Snapshot.load(file as never);
const COMPILE = { codes: ['ERR_COMPILE'] };
const POLICY = { codes: ['ERR_BAD_POLICY'] };
const ARGS = { codes: ['ERR_NOT_SERIALIZABLE', 'ERR_LIMIT_INPUT'], accepts: always };

/** Rows by option of `createContext`. */
const OPTIONS: Readonly<Record<string, Omit<Row, 'name' | 'call' | 'path'> & { path?: string }>> = {
  backend: { accepts: absent },
  program: {},
  snapshot: { accepts: absent },
  shipped: { accepts: (value) => absent(value) || (Array.isArray(value) && value.length === 0) },
  hypercalls: { accepts: optional(isObject) },
  policy: { ...POLICY, path: 'policy', accepts: optional(isObject) },
  limits: { accepts: optional(isObject) },
  console: { accepts: (value) => absent(value) || typeof value === 'function' },
  engine: { codes: ['ERR_BAD_OPTION', 'ERR_COMPILE'], accepts: absent },
  pool: { accepts: optional(isObject) },
  sliceAbove: { accepts: optional(count) },
  backendOptions: { accepts: optional(isObject) },
  signal: { accepts: absent },
};

const LIMITS = Object.keys(core.DEFAULT_LIMITS);

/** Valid values, by section of a policy. */
const SECTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  all: (value) => Array.isArray(value),
  hypercalls: isObject,
  console: (value) => typeof value === 'boolean',
  clock: (value) => typeof value === 'boolean',
  random: (value) => typeof value === 'boolean',
  env: (value) => Array.isArray(value),
  fs: isObject,
  fetch: (value) => Array.isArray(value),
  limits: isObject,
  isolation: isObject,
  inherit: (value) => value === false,
};
const GRANT: Readonly<Record<string, (value: unknown) => boolean>> = {
  maxCalls: count,
  maxBytes: count,
  once: (value) => typeof value === 'boolean',
  maxRate: never,
  lifetime: isObject,
  args: (value) => Array.isArray(value),
};
const PREDICATE: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: never,
  equals: (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  oneOf: (value) => Array.isArray(value),
  min: (value) => Number.isFinite(value),
  max: (value) => Number.isFinite(value),
  prefix: isWord,
  pattern: isWord,
  maxLength: count,
};

const ROWS: readonly Row[] = [
  { name: 'createContext', path: 'options', call: (options) => createContext(options) },
  ...Object.entries(OPTIONS).map(([key, row]) => ({
    path: `options.${key}`,
    ...row,
    name: `createContext: ${key}`,
    call: (value: unknown) => create({ [key]: value }),
  })),
  ...['file', 'sha256', 'backend', 'engine'].map((key) => ({
    name: `createContext: shipped[0].${key}`,
    path: `options.shipped[0].${key}`,
    call: (value: unknown) =>
      create({ shipped: [{ file: 'x', sha256: 'x', backend: 'fake', engine: 'x', [key]: value }] }),
    accepts: isWord,
  })),
  ...['warm', 'max', 'threads'].map((key) => ({
    name: `createContext: pool.${key}`,
    path: `options.pool.${key}`,
    call: (value: unknown) => create({ pool: { [key]: value } }),
    accepts: (value: unknown) => absent(value) || (Number.isInteger(value) && count(value)),
  })),
  ...['handler', 'args'].map((key) => ({
    name: `createContext: hypercalls.h.${key}`,
    path: `options.hypercalls.h.${key}`,
    call: (value: unknown) => create({ hypercalls: { h: { handler: () => 1, [key]: value } } }),
    accepts: (value: unknown) => (key === 'args' ? absent(value) : typeof value === 'function'),
  })),
  {
    name: 'createContext: backendOptions.x',
    call: (value) => create({ backendOptions: { x: value } }),
    accepts: always,
  },
  {
    name: 'createContext: backend.open',
    path: 'options.backend.open',
    call: (value) => create({ backend: { ...backend, open: value } }),
    // A function that does not open a backend.
    codes: ['ERR_BACKEND_UNAVAILABLE'],
  },
  ...LIMITS.map((key) => ({
    name: `createContext: limits.${key}`,
    path: `options.limits.${key}`,
    // Aborted at once, because a limit too small for a start is still a valid option.
    codes: ['ERR_ABORTED'],
    call: (value: unknown) => create({ limits: { [key]: value }, signal: AbortSignal.abort() }),
    accepts: optional(count),
  })),
  ...Object.entries(SECTIONS).map(([key, accepts]) => ({
    name: `compilePolicy: ${key}`,
    ...POLICY,
    path: `policy.${key}`,
    call: (value: unknown) => core.compilePolicy({ [key]: value } as never),
    accepts: optional(accepts),
  })),
  ...Object.entries(GRANT).map(([key, accepts]) => ({
    name: `compilePolicy: hypercalls.h.${key}`,
    ...POLICY,
    path: `policy.hypercalls.h.${key}`,
    call: (value: unknown) => core.compilePolicy({ hypercalls: { h: { [key]: value } } } as never),
    accepts: optional(accepts),
  })),
  ...Object.entries(PREDICATE).map(([key, accepts]) => ({
    name: `compilePolicy: hypercalls.h.args[0].${key}`,
    ...POLICY,
    path: 'policy.hypercalls.h.args[0]',
    call: (value: unknown) => core.compilePolicy({ hypercalls: { h: { args: [{ [key]: value }] } } } as never),
    accepts,
  })),
  { name: 'compilePolicy', path: 'policy', ...POLICY, call: (value) => core.compilePolicy(value), accepts: isObject },
  { name: 'narrow', path: 'parent', ...POLICY, call: (value) => core.narrow(value, {}), accepts: isObject },
  { name: 'narrow: child', ...POLICY, call: (value) => core.narrow({}, value), accepts: isObject },
  { name: 'js', path: 'js', call: (value) => js(value), accepts: isText },
  { name: 'js: options', path: 'js.options', call: (value) => js('', value), accepts: optional(isObject) },
  {
    name: 'js: filename',
    path: 'js.options.filename',
    call: (value) => js('', { filename: value }),
    accepts: optional(isWord),
  },
  {
    name: 'js: modules',
    path: 'js.options.modules',
    call: (value) => js('', { modules: value }),
    accepts: optional((value) => isObject(value) && Object.values(value as object).every(isText)),
  },
  {
    name: 'js: a module',
    path: 'js.options.modules.a',
    call: (value) => js('', { modules: { a: value } }),
    accepts: isText,
  },
  { name: 'js: a value of a template', path: 'js.values[0]', call: (value) => js`x = ${value}`, accepts: always },
  { name: 'js: nothing but a value', path: 'js.source', call: (value) => js`${value}` },
  { name: 'js.file', path: 'js.file.file', ...COMPILE, call: (value) => js.file(value) },
  {
    name: 'js.fn',
    path: 'js.fn.fn',
    ...COMPILE,
    call: (value) => js.fn(value),
    accepts: (value) => typeof value === 'function',
  },
  { name: 'ts', path: 'ts', ...COMPILE, call: (value) => core.ts(value), accepts: isText },
  { name: 'ts: options', path: 'ts.options', call: (value) => core.ts('', value), accepts: optional(isObject) },
  { name: 'native.image', path: 'native.image.input', ...COMPILE, call: (value) => core.native.image(value) },
  { name: 'native.c', path: 'native.c.file', ...COMPILE, call: (value) => core.native.c(value) },
  {
    name: 'native.c: options',
    path: 'native.c.options',
    call: (value) => core.native.c(join(folder, 'a.c'), value),
    accepts: optional(isObject),
  },
  {
    name: 'native.c: flags',
    path: 'native.c.options.flags',
    call: (value) => core.native.c(join(folder, 'a.c'), { flags: value }),
    accepts: (value) => absent(value) || Array.isArray(value),
  },
  { name: 'native.fat', path: 'native.fat.input', call: (value) => core.native.fat(value) },
  {
    name: 'native.fat: virtine',
    path: 'native.fat.input',
    call: (value) => core.native.fat({ virtine: value }),
    accepts: isBytes,
  },
  {
    name: 'native.fat: filename',
    path: 'native.fat.filename',
    call: (value) => core.native.fat({ virtine: new Uint8Array(1) }, value),
    accepts: optional(isWord),
  },
  { name: 'linux', path: 'linux', call: (value) => core.linux(value) },
  ...['executable', 'files', 'env', 'args', 'system'].map((key) => ({
    name: `linux: ${key}`,
    path: `linux.${key}`,
    codes: key === 'executable' ? ['ERR_COMPILE'] : [],
    call: (value: unknown) => core.linux({ executable: process.execPath, [key]: value }),
    accepts: (value: unknown) =>
      absent(value)
        ? key !== 'executable'
        : key === 'args'
          ? Array.isArray(value) && value.every((arg) => isText(arg) && !arg.includes('\0'))
          : key === 'system'
            ? typeof value === 'boolean'
            : ['files', 'env'].includes(key) && isObject(value),
  })),
  ...['files', 'env'].map((key) => ({
    name: `linux: an entry of ${key}`,
    path: `linux.${key}`,
    call: (value: unknown) => core.linux({ executable: process.execPath, [key]: { '/x': value } }),
    accepts: (value: unknown) => isText(value) || isBytes(value),
  })),
  { name: 'wasm', path: 'wasm.input', ...COMPILE, call: (value) => core.wasm(value) },
  { name: 'component', path: 'component.input', ...COMPILE, call: (value) => core.component(value) },
  { name: 'capabilitiesFor', path: 'capabilitiesFor', call: (v) => core.capabilitiesFor(v, 'js'), accepts: isObject },
  {
    name: 'capabilitiesFor: kind',
    path: 'capabilitiesFor.kind',
    call: (value) => core.capabilitiesFor({} as never, value),
  },
  { name: 'prevents', path: 'prevents.finding', call: (value) => core.prevents(value), accepts: isObject },
  {
    name: 'readLoadResult',
    path: 'readLoadResult.frame',
    codes: ['ERR_GUEST_PROTOCOL'],
    call: (value) => core.readLoadResult(value),
  },
  { name: 'backendNames', call: (value) => (core.backendNames as (value: unknown) => unknown)(value), accepts: always },
  {
    name: 'doctor',
    path: 'doctor.names',
    call: (value) => core.doctor(value),
    accepts: (value) => absent(value) || Array.isArray(value),
  },
  {
    name: 'isSupportedNode',
    path: 'isSupportedNode.version',
    call: (value) => core.isSupportedNode(value),
    accepts: (value) => value === undefined || (typeof value === 'string' && value !== ''),
  },
  { name: 'loadBackend', path: 'options.backend', call: (value) => core.loadBackend(value) },
  { name: 'openBackend', call: (value) => core.openBackend(value) },
  {
    name: 'openBackend: options',
    path: 'openBackend.options',
    call: (value) => core.openBackend(backend, value),
    accepts: optional(isObject),
  },
  { name: 'registerBackend', path: 'registerBackend.module', call: (value) => core.registerBackend(value) },
  ...['name', 'doctor', 'open'].map((key) => ({
    name: `registerBackend: ${key}`,
    path: `registerBackend.module.${key}`,
    call: (value: unknown) => core.registerBackend({ ...backend, name: 'odd', [key]: value }),
    accepts: (value: unknown) =>
      key === 'name' ? isWord(value) && (value as string).length <= 100 : typeof value === 'function',
  })),
  { name: 'parseRate', call: (value) => core.parseRate(value), accepts: always },
  { name: 'parseSize', call: (value) => core.parseSize(value), accepts: always },
  { name: 'parseTime', call: (value) => core.parseTime(value), accepts: always },
  { name: 'ColonyError', path: 'code', call: (value) => new ColonyError(value, 'message') },
  { name: 'ColonyError: message', path: 'message', call: (v) => new ColonyError('ERR_INTERNAL', v), accepts: isText },
  {
    name: 'ColonyError: options',
    path: 'options',
    call: (value) => new ColonyError('ERR_INTERNAL', 'message', value),
    accepts: always,
  },
  { name: 'ColonyError.is', call: (value) => expect(ColonyError.is(value)).toBe(false), accepts: always },
  { name: 'Caller', path: 'call', call: (value) => new core.Caller(value, {} as never) },
  {
    name: 'Caller.call',
    path: 'call.name',
    codes: ['ERR_NO_SUCH_EXPORT'],
    call: (value) => context.call(value as string),
  },
  { name: 'Caller.call: args', path: 'args', ...ARGS, call: (value) => context.call('f', value) },
  {
    name: 'Caller.callSync',
    path: 'call.name',
    codes: ['ERR_NO_SUCH_EXPORT', 'ERR_INTERNAL'],
    call: (value) => context.callSync(value as string),
  },
  {
    name: 'Caller.callBatch',
    path: 'call.name',
    codes: ['ERR_NO_SUCH_EXPORT'],
    call: (value) => context.callBatch(value as string, [[]]),
  },
  { name: 'Caller.callBatch: rows', ...ARGS, call: (value) => context.callBatch('f', value) },
  { name: 'Caller.callBatch: a row', ...ARGS, call: (value) => context.callBatch('f', [value]) },
  { name: 'Caller.callBatch: args', path: 'rows', ...ARGS, call: (value) => context.callBatch('f', [[value]]) },
  {
    name: 'Caller.callBatchSettled',
    path: 'call.name',
    codes: ['ERR_NO_SUCH_EXPORT'],
    call: (value) => context.callBatchSettled(value as string, [[]]),
  },
  { name: 'Context', path: 'call', call: (value) => Reflect.construct(core.Context, [value]) },
  { name: 'Context.with', path: 'call options', call: (value) => context.with(value), accepts: isObject },
  ...['signal', 'limits', 'state'].map((key) => ({
    name: `Context.with: ${key}`,
    path: `call options.${key}`,
    call: (value: unknown) => context.with({ [key]: value }),
    accepts: (value: unknown) => absent(value) || (key === 'limits' && isObject(value)),
  })),
  ...LIMITS.map((key) => ({
    name: `Context.with: limits.${key}`,
    path: `call options.limits.${key}`,
    call: (value: unknown) => context.with({ limits: { [key]: value } }),
    accepts: optional(count),
  })),
  { name: 'printable', path: 'printable.text', call: (value) => core.printable(value), accepts: isText },
  { name: 'Snapshot', path: 'Snapshot', call: (value) => new Snapshot(value, program) },
  { name: 'Snapshot: program', path: 'Snapshot', call: (value) => new Snapshot(snapshot.inner, value) },
  { name: 'Snapshot.load', path: 'Snapshot.load.file', codes: ['ERR_SNAPSHOT_FOREIGN'], call: load },
  {
    name: 'Snapshot.load: options',
    path: 'Snapshot.load',
    call: (value) => Snapshot.load(join(folder, 'none'), value),
  },
  ...(['backend', 'key'] as const).map((key) => ({
    name: `Snapshot.load: ${key}`,
    path: 'Snapshot.load',
    call: (value: unknown) => Snapshot.load(join(folder, 'none'), { [key]: value }),
  })),
  {
    name: 'Snapshot.save',
    path: 'snapshot.save.file',
    // Outside the working directory.
    call: (value) => snapshot.save(typeof value === 'string' ? (join(folder, 'none/deeper', value) as never) : value),
  },
  {
    name: 'Snapshot.save: options',
    path: 'snapshot.save',
    call: (value) => snapshot.save(join(folder, 'none/deeper'), value),
  },
  {
    name: 'Snapshot.save: key',
    path: 'snapshot.save',
    call: (value) => snapshot.save(join(folder, 'none/deeper'), { key: value }),
  },
];

/** Exports that are data, and methods without parameters: they have no invalid argument. */
const WITHOUT_PARAMETERS = [
  'shutdown',
  'Context.snapshot',
  'Context.reset',
  'Context.dispose',
  `Context.${String(Symbol.asyncDispose)}`,
  'Context.stats',
  'Context.exports',
  'Snapshot.size',
  'Snapshot.programHash',
  'Snapshot.dispose',
  `Snapshot.${String(Symbol.dispose)}`,
];

const OF_FUNCTIONS = ['length', 'name', 'prototype', 'stackTraceLimit', 'captureStackTrace', 'prepareStackTrace'];

/** Returns every public function: exports, their functions, and methods of classes. */
function publicFunctions(): string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(core)) {
    if (typeof value === 'function') names.push(name);
    if (typeof value !== 'function' && !Object.values(value).some((part) => typeof part === 'function')) continue;
    const statics = Reflect.ownKeys(Object(value)).filter((key) => !OF_FUNCTIONS.includes(String(key)));
    const prototype = typeof value === 'function' ? (value.prototype as object | undefined) : undefined;
    const methods = Reflect.ownKeys(prototype ?? {}).filter((key) => key !== 'constructor' && key !== 'name');
    for (const key of [...statics, ...methods]) names.push(`${name}.${String(key)}`);
  }
  return names;
}

it('every public function has a row', () => {
  const rows = new Set([...ROWS.map(({ name }) => name), ...WITHOUT_PARAMETERS]);
  expect(publicFunctions().filter((name) => !rows.has(name))).toEqual([]);
});

it('every option of createContext has a row', async () => {
  const error = await createContext({ nonsensical: 1 } as never).catch((thrown) => thrown);
  const known = /known are (.*)$/.exec(error.message)?.[1]?.split(', ');
  expect(known).toEqual(Object.keys(OPTIONS));
});

/** A generous deadline. A value that makes a reader spin would keep it busy for minutes. */
const DEADLINE = 60_000;

async function outcomeOf({ call }: Row, value: unknown): Promise<{ error?: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ error: unknown }>((resolve) => {
    timer = setTimeout(() => resolve({ error: new Error('it hangs') }), DEADLINE);
  });
  const run = async () => {
    try {
      const made = call(value as never);
      // Avoids the result's `then`, because some functions return their argument.
      if (made instanceof Promise) await made;
      return {};
    } catch (error) {
      return { error };
    }
  };
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function judge(row: Row, value: unknown): Promise<void> {
  const outcome = await outcomeOf(row, value);
  if (!('error' in outcome)) {
    expect(row.accepts?.(value) ?? false, 'it was taken for right').toBe(true);
    return;
  }
  const { error } = outcome;
  if (!ColonyError.is(error)) throw new Error('not a ColonyError', { cause: error });
  expect(['ERR_BAD_OPTION', ...(row.codes ?? [])], error.message).toContain(error.code);
  if (error.code !== 'ERR_BAD_OPTION' && error.code !== 'ERR_BAD_POLICY') return;
  expect(error.details.path, error.message).toEqual(expect.stringContaining(row.path ?? ''));
  expect(error.message.length).toBeLessThan(4000);
}

describe('a wrong value gets a ColonyError that names it', { timeout: 300_000 }, () => {
  it.each(ROWS)('$name', async (row) => {
    for (const [index, make] of ODD.entries()) {
      await judge(row, make()).catch((cause) => {
        throw new Error(`odd value ${index}: ${cause.message}`, { cause });
      });
    }
    await fc.assert(
      fc.asyncProperty(oddMaker, (make) => judge(row, make())),
      { numRuns: 30 },
    );
  });
});

it.each(Object.keys(OPTIONS))('a getter of options.%s that throws is named', async (key) => {
  const options = Object.assign(throwing([key]), key === 'program' ? {} : { program });
  const error = await createContext(options as never).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'ERR_BAD_OPTION', details: { path: `options.${key}` } });
});

it('a host function that returns a wrong value fails the call, and the next one works', {
  timeout: 300_000,
}, async () => {
  let reply: unknown;
  const ctx = await createContext({
    backend,
    program,
    hypercalls: { h: () => reply },
    policy: { hypercalls: { h: true } },
    limits: { wallTime: '2 s', cpuTime: '2 s' },
  });
  for (const make of ODD) {
    reply = make();
    const [outcome] = await Promise.allSettled([ctx.call('g')]);
    if (outcome.status === 'rejected') expect(ColonyError.is(outcome.reason), String(outcome.reason)).toBe(true);
  }
  reply = 7;
  expect(await ctx.call('g')).toBe(7);
  await ctx.dispose();
});
