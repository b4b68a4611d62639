/** An endless loop: measures the time from its deadline to the caller's error. */

import { join } from 'node:path';
import { ColonyError, type Context, createContext, js, native, type Program, wasm } from '@colony/core';
import { programs } from '../../floor-process.js';
import type { Group, Sampler, Spec, Target } from '../../types.js';
import { assemble } from '../backends/assemble.js';
import { LANGUAGE_TEXT } from '../cells.js';
import { onceSpec, sampled, shared } from './once.js';

/** The loop's deadline in milliseconds. */
const DEADLINE = 20;
const DEAD_WITHIN = 5000;
/** Milliseconds between two loops, in which the backend replaces what the kill destroyed. */
const REST = 100;

const LANGUAGES = ['js', 'c', 'wasm'] as const;
const WAYS = [
  { backend: 'kvm', mode: 'callSync' },
  { backend: 'kvm', mode: 'call' },
  { backend: 'wasm', mode: 'callSync' },
  { backend: 'wasm', mode: 'call' },
  { backend: 'process', mode: 'call' },
] as const;

const CELLS = WAYS.flatMap((way) => LANGUAGES.map((language) => ({ ...way, language })));
type Cell = (typeof CELLS)[number];

const named = ({ backend, language, mode }: Cell) => `${backend}.${language}.kill.${mode}`;

function specsOf(cell: Cell): Spec[] {
  const loop = `${cell.mode} of an endless loop, ${LANGUAGE_TEXT[cell.language]} on ${cell.backend}`;
  const time = `time from a deadline of ${DEADLINE} ms to the error: ${loop}`;
  return [onceSpec(named(cell), time), onceSpec(`${named(cell)}.worst`, `longest ${time}`)];
}

export const KILL_TARGETS: readonly Target[] = CELLS.map((cell) => ({
  ...{ what: `an endless loop ends within 5 ms of its deadline: ${cell.language} on ${cell.backend}, ${cell.mode}` },
  ...{ subject: `${named(cell)}.worst`, floor: null, atMost: DEAD_WITHIN },
}));

async function programOf(language: Cell['language']): Promise<Program> {
  if (language === 'js') return js`export function loop() { for (;;); }`;
  if (language === 'c') return native.c(join(programs, 'loop.c'));
  return wasm(await assemble('(module (memory 1) (func (export "loop") (loop $again (br $again))))'));
}

/** Nanoseconds past the deadline. @throws if something else than the deadline ended the loop */
async function kill(context: Context, mode: Cell['mode']): Promise<number> {
  const start = process.hrtime.bigint();
  try {
    if (mode === 'callSync') context.callSync('loop');
    else await context.call('loop');
  } catch (error) {
    const took = Number(process.hrtime.bigint() - start);
    if (!ColonyError.is(error) || error.code !== 'ERR_LIMIT_WALL_TIME') throw error;
    return took - DEADLINE * 1e6;
  }
  throw new Error('the endless loop ended by itself');
}

async function killAll({ backend, language, mode }: Cell, quick: boolean): Promise<number[]> {
  const policy = { limits: { wallTime: DEADLINE, startTime: '60 s' } };
  const context = await createContext({ backend, program: await programOf(language), policy });
  try {
    const samples: number[] = [];
    // The first loop creates what is made on first use.
    for (let i = 0; i < (quick ? 3 : 16); i++) {
      const late = await kill(context, mode);
      if (i > 0) samples.push(late);
      await new Promise((resolve) => setTimeout(resolve, REST));
    }
    return samples;
  } finally {
    await context.dispose();
  }
}

export const kills: Group = {
  name: 'deadlines',
  specs: CELLS.flatMap(specsOf),
  async open({ quick }) {
    const samplers: Record<string, Sampler> = {};
    for (const cell of CELLS) {
      const run = shared(() => killAll(cell, quick));
      samplers[named(cell)] = sampled(run, (late) => late);
      samplers[`${named(cell)}.worst`] = sampled(run, (late) => [Math.max(...late)]);
    }
    return { samplers, close: async () => {} };
  },
};
