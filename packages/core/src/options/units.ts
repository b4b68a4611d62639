/** Reads numbers with units, as people write them: '32 MiB', '50 ms', '100/s'. */

const SIZES: Readonly<Record<string, number>> = {
  __proto__: null as never,
  b: 1,
  byte: 1,
  bytes: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

const TIMES: Readonly<Record<string, number>> = {
  __proto__: null as never,
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

/** Longest text that is parsed, in characters. The patterns below take quadratic time on long blanks. */
const LONGEST = 100;

function parse(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined;
  if (typeof value !== 'string' || value.length > LONGEST) return undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(value);
  const factor = match === null ? undefined : units[match[2]!.toLowerCase()];
  return factor === undefined ? undefined : Number(match![1]) * factor;
}

/** Returns bytes, or `undefined` for an invalid size. A number is bytes. */
export function parseSize(value: unknown): number | undefined {
  const bytes = parse(value, SIZES);
  return bytes === undefined ? undefined : Math.floor(bytes);
}

/** Returns milliseconds, or `undefined` for an invalid time. A number is milliseconds. */
export function parseTime(value: unknown): number | undefined {
  return parse(value, TIMES);
}

export interface Rate {
  readonly count: number;
  /** Milliseconds. */
  readonly per: number;
}

/** Reads '100/s', '5/min' or '10/100ms'. */
export function parseRate(value: unknown): Rate | undefined {
  const match =
    typeof value === 'string' && value.length <= LONGEST ? /^\s*(\d+)\s*\/\s*(\d*\s*[a-z]+)\s*$/i.exec(value) : null;
  if (match === null) return undefined;
  const count = Number(match[1]);
  const period = /^\d/.test(match[2]!) ? match[2]! : `1${match[2]}`;
  const per = parseTime(period);
  return count > 0 && per !== undefined && per > 0 ? { count, per } : undefined;
}
