/** Contexts for subjects, ended together. */
import { join } from 'node:path';
import { type Context, type ContextOptions, createContext, native } from '@colony/core';
import { KERNEL_FLAGS, programs } from '../floor-process.js';
import type { Sampler } from '../types.js';

/** C programs of programs/, with the kernels and the alignment that the floors have. */
export const cProgram = (name: string, ...flags: string[]) =>
  native.c(join(programs, name), { flags: [...KERNEL_FLAGS, ...flags] });

/** Long enough for the longest subject, so that no deadline decides a figure. */
export const PATIENT = { wallTime: '5 min', cpuTime: '5 min', startTime: '5 min' } as const;

/**
 * A shell for every context of a run, so that no subject finds its shell taken by the one before. Contexts of one program
 * share shells, and what one call wrote is looked after in every later one: subjects that are not to be measured with
 * each other's pages need programs that differ, if only by a `tag`.
 */
const POOL = { warm: 64 } as const;

export const tag = (name: string | number) => `-DTAG_${String(name).replace(/\W/g, '_')}`;

export class Contexts {
  readonly #all: Context[] = [];

  async create(options: ContextOptions): Promise<Context> {
    const context = await createContext({ backend: 'kvm', pool: POOL, ...options });
    this.#all.push(context);
    return context;
  }

  /** A sampler over a context, or why there is none here. */
  async sampler(options: ContextOptions, of: (context: Context) => Sampler): Promise<Sampler | Error> {
    try {
      return of(await this.create(options));
    } catch (error) {
      return error as Error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((context) => context.dispose()));
  }
}
