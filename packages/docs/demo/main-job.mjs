#!/usr/bin/env node
// What `npm start` shows: functions in KVM virtines, fresh for every call, and what becomes of hostile ones.
// It checks itself: the exit status is 0 only where everything was as it should be.
import { fileURLToPath } from 'node:url';
import { ColonyError, createContext, js, native } from '@colony/core';
import pc from 'picocolors';
import { attempt, medianOf, medianOfShort } from './lib/measure.mjs';
import { conclude, expectation, heading, row, time } from './lib/screen.mjs';
import * as local from './programs/score.mjs';

/** @param {string} name */
const program = (name) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));

const TEXT = 'the quick brown fox jumps over the lazy dog and the dog sleeps '.repeat(8);

/** @param {unknown} value */
const show = (value) => JSON.stringify(value) ?? String(value);

/** The same function here and in a virtine. @param {import('@colony/core').Context} virtine @param {import('@colony/core').Context | undefined} floor */
async function compare(virtine, floor) {
  heading(
    'The same JavaScript function, called here and in a virtine',
    '(median of a call; every virtine call is fresh)',
  );
  const here = local.score(TEXT);
  const there = await virtine.call('score', TEXT);
  expectation(show(here) === show(there), 'score(text) gives the same in both', show(there));
  row('in this process', time(await medianOfShort(() => local.score(TEXT), 20)), "V8's optimizing compiler");
  row(
    'in a virtine, on this thread',
    time(await medianOf(200, () => virtine.callSync('score', TEXT))),
    'callSync; QuickJS',
  );
  row(
    'in a virtine, on a thread of its own',
    time(await medianOf(200, () => virtine.call('score', TEXT))),
    'call; this thread stays free',
  );

  heading('What the wall itself costs', '(a function that does nothing)');
  row('in this process', time(await medianOfShort(local.nothing)));
  if (floor !== undefined) {
    const entry = await medianOf(500, () => floor.callSync('nothing'));
    row('C in a virtine: the floor', time(entry), 'enter the machine, leave it, reset it');
  }
  row(
    'JavaScript in a virtine',
    time(await medianOf(500, () => virtine.callSync('nothing'))),
    'the same, with an engine inside',
  );
  const rows = Array.from({ length: 1000 }, () => []);
  const batch = await medianOf(5, () => virtine.callBatch('nothing', rows));
  row('JavaScript, a call of a batch of 1,000', time(batch / rows.length), 'one entry for all rows');
}

/** @param {import('@colony/core').Context} c */
async function nativeFunction(c) {
  heading('A function in C', '(gcc, musl: an image of its own, native speed)');
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
    const fault = await stopped('reads outside its memory (C)', 'ERR_GUEST_FAULT', () => c.call('peek', 2 ** 40));
    if (ColonyError.is(fault)) console.log(pc.dim(`    ${fault.message}`));
  }
  const denied = await stopped('asks for what was not granted', 'ERR_POLICY_DENIED', () =>
    hostile.call('askFor', 'password'),
  );
  if (ColonyError.is(denied)) console.log(pc.dim(`    ${denied.message}`));
  const after = await attempt(() => hostile.call('remember', 1));
  expectation(after.error === undefined, 'and the same context serves the next call', 'yes', time(after.took));
}

/** The C context, or undefined where C cannot be built here. @param {import('@colony/core').Policy} policy */
async function createNative(policy) {
  const { value, error } = await attempt(() =>
    createContext({ backend: 'kvm', program: native.c(program('sums.c')), policy }),
  );
  if (value === undefined) expectation(false, 'a virtine from C', error?.message ?? String(error));
  return value;
}

async function main() {
  const policy = { limits: { memory: '32 MiB', wallTime: '5 s', cpuTime: '5 s' } };
  const started = performance.now();
  // Not `await using`: this file runs as it is, on Node 20 too.
  const virtine = await createContext({ backend: 'kvm', program: js.file(program('score.mjs')) });
  const hypercalls = { readSecret: () => 'secret' };
  const hostile = await createContext({ backend: 'kvm', program: js.file(program('hostile.mjs')), hypercalls, policy });
  const c = await createNative(policy);
  try {
    console.log(pc.dim(`The virtines were ready after ${time(performance.now() - started)}.`));
    await compare(virtine, c);
    if (c !== undefined) await nativeFunction(c);
    await freshness(hostile);
    await hostility(hostile, c);
  } finally {
    await Promise.all([virtine, hostile, c].map((context) => context?.dispose()));
  }
}

try {
  await main();
  process.exitCode = conclude();
} catch (error) {
  if (!ColonyError.is(error)) throw error;
  console.error(`${pc.red('✗')} ${error.message}`);
  process.exitCode = 1;
}
