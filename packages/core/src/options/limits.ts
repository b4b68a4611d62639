/** Limits of one call. Every limit has a finite default. */

import type { OptionReader } from './option-reader.js';
import { parseSize, parseTime } from './units.js';

type Size = number | string;
type Time = number | string;

export interface LimitsInput {
  /** Guest memory: bytes or '32 MiB'. Default 32 MiB. ERR_LIMIT_MEMORY. */
  readonly memory?: Size;
  /**
   * Wall time of a call, including time in host functions: milliseconds or '50 ms'. Default 1 s. ERR_LIMIT_WALL_TIME.
   */
  readonly wallTime?: Time;
  /** CPU time of a call in the guest. Default 1 s. ERR_LIMIT_CPU_TIME. */
  readonly cpuTime?: Time;
  /** Wall and CPU time for evaluating the program when a context is created. Default 10 s. */
  readonly startTime?: Time;
  /**
   * Wall time for building a C file, a module or a component before it starts. It includes compilers, linkers and
   * translators, and the time that they wait. Default 10 minutes. ERR_LIMIT_BUILD_TIME.
   */
  readonly buildTime?: Time;
  /** Hypercalls in one call. Default 10,000. ERR_LIMIT_HYPERCALLS. */
  readonly hypercalls?: number;
  /** Bytes that enter the guest in one call: arguments and replies. Default 16 MiB. ERR_LIMIT_INPUT. */
  readonly bytesIn?: Size;
  /** Bytes that leave the guest in one call: result and hypercall requests. Default 16 MiB. ERR_LIMIT_OUTPUT. */
  readonly bytesOut?: Size;
  /** Bytes of the result, and of any one hypercall request. Default 16 MiB. ERR_LIMIT_OUTPUT. */
  readonly output?: Size;
}

/** Bytes, milliseconds and counts. A limit is `Infinity` only on request. */
export type Limits = { readonly [Key in keyof LimitsInput]-?: number };

type Mutable = { -readonly [Key in keyof Limits]: number };

export const DEFAULT_LIMITS: Limits = Object.freeze({
  memory: 32 * 1024 ** 2,
  wallTime: 1000,
  cpuTime: 1000,
  startTime: 10_000,
  buildTime: 600_000,
  hypercalls: 10_000,
  bytesIn: 16 * 1024 ** 2,
  bytesOut: 16 * 1024 ** 2,
  output: 16 * 1024 ** 2,
});

const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];

const count = (value: unknown) =>
  value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 0)
    ? (value as number)
    : undefined;

const PARSERS: Record<keyof Limits, readonly [(value: unknown) => number | undefined, string]> = {
  memory: [parseSize, "a size such as '32 MiB', or bytes"],
  wallTime: [parseTime, "a time such as '50 ms', or milliseconds"],
  cpuTime: [parseTime, "a time such as '50 ms', or milliseconds"],
  startTime: [parseTime, "a time such as '10 s', or milliseconds"],
  buildTime: [parseTime, "a time such as '1 min', or milliseconds"],
  hypercalls: [count, 'a count'],
  bytesIn: [parseSize, "a size such as '1 MiB', or bytes"],
  bytesOut: [parseSize, "a size such as '1 MiB', or bytes"],
  output: [parseSize, "a size such as '1 MiB', or bytes"],
};

/**
 * Reads the limits that are present.
 * @throws ColonyError with the reader's code
 */
export function readLimits(input: unknown, reader: OptionReader, path: string): Partial<Limits> {
  const written = reader.object(input, path, LIMIT_NAMES);
  const limits: Partial<Mutable> = {};
  for (const name of LIMIT_NAMES) {
    const value = written[name];
    if (value === undefined) continue;
    const [parse, expected] = PARSERS[name];
    const number = parse(value);
    if (number === undefined) reader.fail(path === '' ? name : `${path}.${name}`, expected, value);
    limits[name] = number;
  }
  return limits;
}

/** The limits of most calls: those of their context, unchanged. */
export const UNCHANGED: Partial<Limits> = Object.freeze({});

/** Returns the smaller value of each limit, because limits can only be narrowed. */
export function narrowLimits(outer: Limits, inner: Partial<Limits>): Limits {
  if (inner === UNCHANGED) return outer;
  const result: Mutable = { ...outer };
  for (const name of LIMIT_NAMES) {
    const value = inner[name];
    if (value !== undefined && value < result[name]) result[name] = value;
  }
  return Object.freeze(result);
}
