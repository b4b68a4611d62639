/** The backend's options, read once. */
import { availableParallelism } from 'node:os';
import { type BackendOptions, ColonyError } from '@colony/core';

export interface ProcessOptions {
  /** `process` (default): children in a jail. `thread`: worker threads, which are no security boundary. */
  readonly isolation: 'process' | 'thread';
  /**
   * May V8 make machine code for a JavaScript program? Default true: the jail is the boundary, and holds without V8's help.
   * Without, most of what was ever wrong in V8 is out of a guest's reach; measured, hot loops take 9 times as long (a
   * recursive fib: 38 ms to 328 ms of CPU time), a call of a few milliseconds the same.
   */
  readonly jit: boolean;
  /** Children kept ready for each program. Default 1. */
  readonly warm: number;
  /** Children that run guest code at a time; those that wait for a host function do not count. Default two a core, at least 4. */
  readonly threads: number;
  /** Most children alive. Default 256. */
  readonly max: number;
}

const KEYS = ['isolation', 'jit', 'warm', 'threads', 'max'];

function fail(path: string, expected: string, got: unknown): never {
  const message = `backendOptions.${path}: expected ${expected}, got ${typeof got === 'string' ? JSON.stringify(got) : String(got)}`;
  throw new ColonyError('ERR_BAD_OPTION', message, { details: { path: `backendOptions.${path}` } });
}

function count(given: BackendOptions, key: string, absent: number, least: number): number {
  const value = given[key] ?? absent;
  if (!Number.isInteger(value) || (value as number) < least) fail(key, `an integer from ${least}`, value);
  return value as number;
}

/** @throws ColonyError ERR_BAD_OPTION */
export function readOptions(given: BackendOptions): ProcessOptions {
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key)) {
      const message = `backendOptions.${key}: there is no such option; known are ${KEYS.join(', ')}`;
      throw new ColonyError('ERR_BAD_OPTION', message, { details: { path: `backendOptions.${key}` } });
    }
  }
  const { isolation = 'process', jit = true } = given as { isolation?: unknown; jit?: unknown };
  if (isolation !== 'process' && isolation !== 'thread') fail('isolation', "'process' or 'thread'", isolation);
  if (typeof jit !== 'boolean') fail('jit', 'true or false', jit);
  return Object.freeze({
    isolation,
    jit,
    warm: count(given, 'warm', 1, 0),
    threads: count(given, 'threads', Math.max(4, 2 * availableParallelism()), 1),
    max: count(given, 'max', 256, 1),
  });
}
