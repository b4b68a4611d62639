#!/usr/bin/env node
// The demonstration of `npm start`: functions in their own contexts, fresh for every call, and the ends of hostile ones. It uses
// the strongest backend that works here, then compares the others. It checks itself: the exit status is 0 only if
// everything was as expected.
import { fileURLToPath } from 'node:url';
import { ColonyError, createContext, doctor, js, native, prevents, shutdown } from '@colony/core';
import pc from 'picocolors';
import { attempt, medianOf, medianOfShort } from './lib/measure.mjs';
import { conclude, expectation, heading, row, time } from './lib/screen.mjs';
import { fib } from './programs/fib.mjs';
import * as local from './programs/score.mjs';

/** @param {string} name */
const program = (name) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));

/** Only the loop meets a deadline, however busy the machine is. */
const PATIENT = { wallTime: '1 min', cpuTime: '1 min' };

const TEXT = 'the quick brown fox jumps over the lazy dog and the dog sleeps '.repeat(8);

/** The kind of context on each backend. @type {Readonly<Record<string, string>>} */
const IS = {
  kvm: 'a virtine: a virtual machine without a kernel',
  wasm: 'a WebAssembly instance; JavaScript runs in QuickJS inside it',
  process: 'a jailed process',
};

/** @param {unknown} value */
const show = (value) => JSON.stringify(value) ?? String(value);

/** Calls the same function here and in a context. @param {import('@colony/core').Context} context */
async function compare(context) {
  heading(
    'The same JavaScript function, called here and in a context',
    `(median of a call; every call in the context is fresh)`,
  );
  const here = local.score(TEXT);
  const there = await context.call('score', TEXT);
  expectation(show(here) === show(there), 'score(text) returns the same in both', show(there));
  row('in this process', time(await medianOfShort(() => local.score(TEXT), 20)), "V8's optimizing compiler");
  if (context.capabilities.callSync) {
    const took = await medianOf(200, () => context.callSync('score', TEXT));
    row('in the context, on this thread', time(took), 'callSync');
  }
  const took = await medianOf(100, () => context.call('score', TEXT));
  row('in the context, on its own thread', time(took), 'call; this thread stays free');
}

/** @param {import('@colony/core').Context} context @param {string} name */
function nullCall(context, name, calls = 300) {
  return medianOf(calls, () => (context.capabilities.callSync ? context.callSync(name) : context.call(name)));
}

/** @param {readonly string[]} backends */
async function walls(backends) {
  heading('The cost of each boundary', '(a function that does nothing, fresh; JavaScript and C)');
  row('a call in this process', time(await medianOfShort(local.nothing)));
  for (const backend of backends) {
    const calls = backend === 'process' ? 30 : 300;
    const limits = PATIENT;
    const script = await createContext({ backend, program: js.file(program('score.mjs')), limits });
    const c = await attempt(() => createContext({ backend, program: native.c(program('sums.c')), limits }));
    const compiled = c.value === undefined ? `C: ${c.error?.message}` : time(await nullCall(c.value, 'nothing', calls));
    row(`${backend}: JavaScript`, time(await nullCall(script, 'nothing', calls)), IS[backend]);
    row(`${backend}: C`, compiled);
    await Promise.all([script.dispose(), c.value?.dispose()]);
  }
}

/** @type {readonly (readonly [label: string, note: string, options: { engine?: 'v8' }])[]} */
const ENGINES = [
  ['in QuickJS, in a virtine', 'small, and started in milliseconds', {}],
  ['in V8, in a virtine', "this Node as a guest: engine: 'v8'", { engine: 'v8' }],
];

/** The same hot function here, and on each engine that virtines have. */
async function engines() {
  heading('A hot function, in each engine of a virtine', '(fib(25); every call in a virtine is fresh)');
  row('in this process', time(await medianOf(50, () => fib(25))), 'the floor');
  const limits = { ...PATIENT, memory: '128 MiB' };
  for (const [label, note, options] of ENGINES) {
    const context = await createContext({ backend: 'kvm', program: js.file(program('fib.mjs')), limits, ...options });
    const value = context.callSync('fib', 25);
    expectation(value === 75_025, `fib(25), ${label}`, String(value));
    row(label, time(await medianOf(50, () => context.callSync('fib', 25))), note);
    await context.dispose();
  }
}

/** @param {import('@colony/core').Context} c */
async function nativeFunction(c) {
  heading('A function in C', '(compiled for the backend, with the parts of a C library that it uses)');
  const { value, error, took } = await attempt(() => c.call('collatz', 100_000));
  expectation(Number(value) === 350, 'collatz(100000)', `${value ?? error}`, time(took));
}

/** @param {import('@colony/core').Context} hostile */
async function freshness(hostile) {
  heading('Nothing stays from call to call');
  const first = await attempt(() => hostile.call('remember', 'a secret'));
  expectation(
    first.error === undefined && first.value === undefined,
    'a call writes globals and a prototype',
    'done',
    time(first.took),
  );
  const second = await attempt(() => hostile.call('remember', 'another'));
  expectation(
    second.error === undefined && second.value === undefined,
    'the next call looks for them',
    show(second.value) === 'undefined' ? 'nothing there' : show(second.value ?? second.error?.message),
    time(second.took),
  );
}

/** @param {string} label @param {string | readonly string[]} codes @param {() => Promise<unknown>} work */
async function stopped(label, codes, work) {
  const { value, error, took } = await attempt(work);
  const code = ColonyError.is(error) ? error.code : `no error: ${show(value)} ${error ?? ''}`;
  expectation([codes].flat().includes(code), label, code, `after ${time(took)}`);
  return error;
}

/** @param {import('@colony/core').Context} hostile @param {import('@colony/core').Context | undefined} c */
async function hostility(hostile, c) {
  heading('Hostile functions, each stopped', '(limits: 32 MiB; 100 ms for the loop)');
  const brief = hostile.with({ limits: { wallTime: '100 ms' } });
  await stopped('loops forever', ['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME'], () => brief.call('loop'));
  await stopped('allocates without end', 'ERR_LIMIT_MEMORY', () => hostile.call('allocate'));
  if (c !== undefined) {
    // WebAssembly wraps the distance into its own memory or traps; machine code faults.
    const ends = ['ERR_GUEST_FAULT', 'ERR_GUEST_TRAP'];
    const fault = await stopped('reads outside its memory (C)', ends, () => c.call('peek', 2 ** 31 - 1));
    if (ColonyError.is(fault)) console.log(pc.dim(`    ${fault.message}`));
  }
  const denied = await stopped('requests a host function without a grant', 'ERR_POLICY_DENIED', () =>
    hostile.call('askFor', 'password'),
  );
  if (ColonyError.is(denied)) console.log(pc.dim(`    ${denied.message}`));
  const after = await attempt(() => hostile.call('remember', 1));
  expectation(after.error === undefined, 'and the same context serves the next call', 'yes', time(after.took));
}

/** Creates the C context, or returns undefined if C cannot be built here. @param {string} backend @param {import('@colony/core').Policy} policy */
async function createNative(backend, policy) {
  const { value, error } = await attempt(() =>
    createContext({ backend, program: native.c(program('sums.c')), policy }),
  );
  if (value === undefined) console.log(pc.yellow(`  C is left out: ${error?.message ?? error}`));
  return value;
}

/** @param {import('@colony/core').BackendReport} report */
function explainFailure({ backend, findings, error }) {
  const bad = findings.find(prevents);
  row(backend, 'does not work here', error ?? bad?.detail);
  if (bad?.remedy !== undefined) console.log(pc.yellow(`    ${bad.remedy}`));
}

/** Returns the names of the backends that work here, strongest first. Shows all of them, with a remedy for each that does not. */
async function workingBackends() {
  heading('The boundaries available here', '(strongest first; the first that works is shown)');
  const reports = await doctor(['kvm', 'wasm', 'process']);
  for (const report of reports) {
    const { backend, verdict, findings } = report;
    const lacking = findings.filter(({ ok }) => !ok).map(({ check }) => check);
    if (verdict === 'works') row(backend, 'works', IS[backend]);
    else if (verdict === 'weaker') row(backend, 'works, weaker', `${IS[backend]}; without ${lacking.join(', ')}`);
    else explainFailure(report);
  }
  return reports.filter(({ works }) => works).map(({ backend }) => backend);
}

async function main() {
  const backends = await workingBackends();
  const [backend] = backends;
  if (backend === undefined) throw new ColonyError('ERR_BACKEND_UNAVAILABLE', 'no backend works here: see above');
  const policy = { limits: { memory: '32 MiB', ...PATIENT } };
  const started = performance.now();
  // Not `await using`: this file runs as it is, on Node 20 too.
  const context = await createContext({ backend, program: js.file(program('score.mjs')), limits: PATIENT });
  const hypercalls = { readSecret: () => 'secret' };
  const hostile = await createContext({ backend, program: js.file(program('hostile.mjs')), hypercalls, policy });
  const c = await createNative(backend, policy);
  try {
    const ready = time(performance.now() - started);
    console.log(`\nThe next part runs on ${pc.bold(backend)}: ${IS[backend]}. ${pc.dim(`Ready after ${ready}.`)}`);
    await compare(context);
    if (c !== undefined) await nativeFunction(c);
    await freshness(hostile);
    await hostility(hostile, c);
  } finally {
    await Promise.all([context, hostile, c].map((opened) => opened?.dispose()));
  }
  if (backend === 'kvm') await engines();
  await walls(backends);
  await shutdown();
}

try {
  await main();
  process.exitCode = conclude();
} catch (error) {
  if (!ColonyError.is(error)) throw error;
  console.error(`${pc.red('✗')} ${error.message}`);
  process.exitCode = 1;
}
