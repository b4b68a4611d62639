/** The backend's options, read once. */
import { availableParallelism } from 'node:os';
import type { BackendOptions } from '@colony/core';
import { countFrom, flag, oneOf, readOptions as readBackendOptions } from '@colony/core/options';

export interface ProcessOptions {
  /** `process` (default): children in a jail. `thread`: worker threads, which are not a security boundary. */
  readonly isolation: 'process' | 'thread';
  /**
   * Lets V8 make machine code for a JavaScript program. Default true: the jail is the boundary, and holds without V8's help.
   * Without it, a guest cannot reach most of the faults that V8 ever had. Measured, hot loops take 9 times as long (a
   * recursive fib: 38 ms to 328 ms of CPU time), and a call of a few milliseconds the same.
   */
  readonly jit: boolean;
  /** Children kept ready for each program. Default 1. */
  readonly warm: number;
  /** Children that run guest code at a time, without those that wait for a host function. Default two a core, at least 4. */
  readonly threads: number;
  /** Most children alive. Default 256. */
  readonly max: number;
}

/** @throws ColonyError ERR_BAD_OPTION */
export function readOptions(backendOptions: BackendOptions): ProcessOptions {
  const read = readBackendOptions<ProcessOptions>('backendOptions', backendOptions, {
    isolation: oneOf('process', 'thread'),
    jit: flag,
    warm: countFrom(0),
    threads: countFrom(1),
    max: countFrom(1),
  });
  const threads = Math.max(4, 2 * availableParallelism());
  return Object.freeze({ isolation: 'process', jit: true, warm: 1, threads, max: 256, ...read });
}
