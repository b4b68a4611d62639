// A host that ends in the middle of its work: `node host.mjs BACKEND WAY MOMENT...`. It reaches every moment, prints
// READY, and exits by itself or is ended. For a way that begins with `worker-`, a worker thread does all that. The host
// then prints LEFT when the thread has ended, and stays alive until its stdin ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { createContext, js, native } from '@colony/core';

/** The status of a host that exits by `process.exit`. */
const EXIT = 7;
const [backend, way = '', ...moments] = process.argv.slice(2);
const slowSource = process.env['SLOW_SOURCE'] ?? '';

const limits = { wallTime: '10 min', cpuTime: '10 min' };
const policy = { hypercalls: { here: true, never: true }, limits };

/** @param {import('@colony/core').Program} program @param {Record<string, Function>} hypercalls */
const open = (program, hypercalls) =>
  createContext(/** @type {never} */ ({ backend, program, hypercalls: { never: () => {}, ...hypercalls }, policy }));

const calls = js(`
  export const loop = () => { host.here(); for (;;); };
  export const wait = async () => { host.here(); await host.never(); };
  export const ask = () => host.here();
  export const one = () => 1;
`);

/**
 * Resolves when `begin` calls back; rejects when the work of `begin` fails.
 * @param {(here: () => void) => Promise<unknown>} begin
 */
const until = (begin) =>
  /** @type {Promise<void>} */ (new Promise((resolve, reject) => void begin(resolve).catch(reject)));

/**
 * Each resolves when it is reached; a moment that exits by itself comes last.
 * @type {Record<string, () => Promise<void>>}
 */
const MOMENTS = {
  kept: async () => {
    const context = await open(calls, { here: () => {} });
    await context.call('one');
    await context.with({ state: 'keep' }).call('one');
  },
  waiting: () =>
    until(async (here) => {
      const context = await open(calls, { here, never: () => new Promise(() => {}) });
      await context.call('wait');
    }),
  building: async () => {
    const built = open(native.c(slowSource), { here: () => {} }).then(() => assertNever('the slow source was built'));
    while (!isBuilding()) await Promise.race([built, new Promise((resolve) => setTimeout(resolve, 20))]);
    built.catch(() => {});
  },
  running: () =>
    until(async (here) => {
      const context = await open(calls, { here });
      await context.call('loop');
    }),
  starting: () => until((here) => open(js('host.here(); for (;;); export const one = 1;'), { here })),
  'in a host function': () =>
    until(async () => {
      const context = await open(calls, { here: () => leave() });
      await context.call('ask');
    }),
  'in a host function of callSync': () =>
    until(async () => {
      const context = await open(calls, { here: () => leave() });
      context.callSync('ask');
    }),
  /** Leaks on purpose, as no backend does, to show that the test detects leaks. */
  careless: async () => {
    spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
    writeFileSync(join(tmpdir(), 'left'), '');
    const group = process.env['CGROUP'];
    if (group !== undefined) mkdirSync(join(group, `colony-0.${process.pid}.0-0-1`));
  },
};

/** @param {string} what @returns {never} */
function assertNever(what) {
  throw new Error(what);
}

/** Whether a tool of this process works on the slow source. Its jail started earlier. */
function isBuilding(pid = process.pid) {
  return childrenOf(pid).some((child) => isCompiler(child) || isBuilding(child));
}

/** @param {number} pid */
function isCompiler(pid) {
  const [program = '', ...words] = read(`/proc/${pid}/cmdline`).split('\0');
  return words.includes(slowSource) && !/(?:^|\/)(?:sh|bwrap)$/.test(program);
}

/** @param {number} pid */
function childrenOf(pid) {
  const tasks = pid === process.pid ? readdirSync(`/proc/${pid}/task`) : [pid];
  const texts = tasks.map((task) => read(`/proc/${pid}/task/${task}/children`));
  return texts.flatMap((text) => text.split(' ').filter(Boolean)).map(Number);
}

/** Returns '' for a process that has ended. @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function leave() {
  tell('READY');
  if (way.endsWith('exit')) process.exit(EXIT);
  if (way.endsWith('throw'))
    setImmediate(() => {
      throw new Error('on purpose');
    });
}

/** @param {string} word */
function tell(word) {
  if (isMainThread) writeSync(1, `${word}\n`);
  else parentPort?.postMessage(word);
}

async function live() {
  for (const moment of moments) await MOMENTS[moment]?.();
  leave();
  setInterval(() => {}, 1000);
}

async function hostWorker() {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  let failure = '';
  worker.on('error', (error) => {
    if (error.message !== 'on purpose') failure = String(error.stack);
  });
  worker.on('message', (word) => {
    writeSync(1, `${word}\n`);
    if (way === 'worker-terminate') void worker.terminate();
  });
  await new Promise((resolve) => worker.on('exit', resolve));
  writeSync(1, failure === '' ? 'LEFT\n' : `${failure}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  process.exit(EXIT);
}

if (isMainThread && way.startsWith('worker-')) await hostWorker();
else await live();
