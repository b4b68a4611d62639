/** Contexts for subjects, disposed of together. */
import { join } from 'node:path';
import { type Context, type ContextOptions, createContext, native } from '@colony/core';
import { KERNEL_FLAGS, programs } from '../floor-process.js';
import type { Sampler } from '../types.js';

/** C programs of programs/, with the floors' kernels and alignment. */
export const cProgram = (name: string, ...flags: string[]) =>
  native.c(join(programs, name), { flags: [...KERNEL_FLAGS, ...flags] });

/** Longer than the longest subject, so that no deadline affects a figure. */
export const PATIENT = { wallTime: '5 min', cpuTime: '5 min', startTime: '5 min' } as const;

/**
 * One shell for every context of a run, so that no subject waits for a shell that another one uses. Contexts of one
 * program share shells, and every later call also cleans the pages that an earlier call wrote. Subjects that must not
 * pay for each other's pages need programs that differ, if only by a `tag`.
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

  /** Makes a sampler over a context, or returns why that is impossible here. */
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
