/**
 * Two callers on two cores: the gain by the second one. Measures calls that work for a millisecond, and threads with
 * callSync.
 */
import { Worker } from 'node:worker_threads';
import { createContext, js, type Program } from '@colony/core';
import type { Environment, Group, Sampler, Spec, Target } from '../../types.js';
import { nameOf } from '../cells.js';
import { cProgram, PATIENT, tag } from '../contexts.js';
import { closedLoop, timePerCall } from './loops.js';
import { onceSpec, sampled } from './once.js';
import type { WorkerAsk, WorkerTold } from './two-worker.js';

const entry = new URL('./two-worker.js', import.meta.url);
/** 1 / 1.8: two callers end 1.8 times as many calls as one. */
const TWICE = 1 / 1.8;
/** Rounds of the integer kernel, and the argument of fib, for about a millisecond of work. */
const ROUNDS = 500_000;
const FIB = 18;

const LANGUAGES = ['js', 'c'] as const;
type Language = (typeof LANGUAGES)[number];
const WAYS = [
  { way: 'work', what: 'call (asynchronous) of about 1 ms of work' },
  { way: 'threads', what: 'null calls by callSync, each caller in a Worker' },
] as const;

const named = (language: Language, way: string, callers: number) => `kvm.${language}.${way}.${callers}.each`;

const specsOf = (language: Language): Spec[] =>
  WAYS.flatMap(({ way, what }) => [
    onceSpec(named(language, way, 1), `wall time per call of one caller, ${what}: ${nameOf('kvm', language)}`),
    onceSpec(named(language, way, 2), `wall time per call of two callers, ${what}: ${nameOf('kvm', language)}`, [
      named(language, way, 1),
    ]),
  ]);

export const TWO_TARGETS: readonly Target[] = [
  ...LANGUAGES.flatMap((language) =>
    WAYS.map(({ way, what }) => ({
      ...{ what: `two callers finish 1.8 times the calls of one: kvm, ${language}, ${what}`, atMost: TWICE },
      ...{ subject: named(language, way, 2), floor: named(language, way, 1) },
    })),
  ),
  ...LANGUAGES.map((language) => ({
    ...{
      what: `two callers finish 1.8 times the calls of one: kvm, ${language}, null calls on one event loop`,
      atMost: TWICE,
    },
    ...{ subject: `kvm.${language}.callers.2.each`, floor: `kvm.${language}.callers.1.each` },
  })),
];

const SOURCE = 'export function work(n) { return n < 2 ? n : work(n - 1) + work(n - 2) }';

const working = (language: Language): { program: Program; args: [string, number] } =>
  language === 'c'
    ? { program: cProgram('compute.c', tag('two')), args: ['integer', ROUNDS] }
    : { program: js(SOURCE), args: ['work', FIB] };

async function work(language: Language, callers: number, { quick }: Environment): Promise<number[]> {
  const { program, args } = working(language);
  const context = await createContext({ backend: 'kvm', program, policy: { limits: PATIENT } });
  try {
    const call = () => context.call(...args);
    await closedLoop(call, callers, { milliseconds: quick ? 30 : 200, most: 1000 });
    return timePerCall(await closedLoop(call, callers, { milliseconds: quick ? 100 : 1000, most: 10_000 }), callers);
  } finally {
    await context.dispose();
  }
}

/** Waits for the next message of a worker. */
function heard(worker: Worker): Promise<WorkerTold> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (status) => reject(new Error(`the worker ended with status ${status}`)));
  });
}

async function threads(language: Language, callers: number, { quick }: Environment): Promise<number[]> {
  const file = language === 'c' ? 'null.c' : null;
  const start = () => new Worker(entry, { workerData: { file } satisfies { file: string | null } });
  const workers = Array.from({ length: callers }, start);
  try {
    await Promise.all(workers.map(heard));
    const ask: WorkerAsk = { milliseconds: quick ? 30 : 200 };
    const timesPerCall: number[] = [];
    for (let i = 0; i < (quick ? 2 : 6); i++) {
      const answers = Promise.all(workers.map(heard));
      for (const worker of workers) worker.postMessage(ask);
      const rates = (await answers).map(({ calls, nanoseconds }) => calls / nanoseconds);
      timesPerCall.push(1 / rates.reduce((sum, rate) => sum + rate, 0));
    }
    return timesPerCall.slice(1);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

export const two: Group = {
  name: 'two callers',
  specs: LANGUAGES.flatMap(specsOf),
  async open(environment) {
    const samplers: Record<string, Sampler> = {};
    for (const language of LANGUAGES) {
      for (const callers of [1, 2]) {
        samplers[named(language, 'work', callers)] = sampled(
          () => work(language, callers, environment),
          (times) => times,
        );
        samplers[named(language, 'threads', callers)] = sampled(
          () => threads(language, callers, environment),
          (times) => times,
        );
      }
    }
    return { samplers, close: async () => {} };
  },
};
