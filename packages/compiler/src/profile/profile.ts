/** The profile file of `colony profile`: the resources that recorded calls of virtines needed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ColonyError } from '@colony/core';

export const PROFILE_FILE = 'colony.profile.json';
/** The variable with the name of the file that a program under `colony profile` adds to. */
export const PROFILE_VARIABLE = 'COLONY_PROFILE';

/** The maximum over all calls, except `calls` and the percentiles. */
export interface Needed {
  readonly calls: number;
  readonly backend: string;
  /** Bytes of guest memory, including heap, stack and the engine's own. */
  readonly memory: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly hypercalls: number;
  readonly pagesWritten: number;
  /** Milliseconds. */
  readonly cpuTime: number;
  readonly wallTime: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
}

/** By `FILE#VIRTINE`. */
export interface Profile {
  readonly format: 1;
  readonly virtines: Readonly<Record<string, Needed>>;
}

export const profileKey = (file: string, name: string) => `${file}#${name}`;

/** A non-negative integer whose double is exact. Any other number would become no limit, or an impossible one. */
const isCount = (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 50;
const isTime = (value: unknown) => Number.isFinite(value) && (value as number) >= 0 && (value as number) < 2 ** 40;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const COUNTS = ['calls', 'memory', 'bytesIn', 'bytesOut', 'hypercalls', 'pagesWritten'] as const;
const PARTS = ['p50', 'p95', 'p99', 'max'] as const;

function isNeeded(value: unknown): boolean {
  if (!isRecord(value) || typeof value['backend'] !== 'string') return false;
  const { wallTime } = value;
  if (!isRecord(wallTime) || !PARTS.every((part) => isTime(wallTime[part]))) return false;
  return isTime(value['cpuTime']) && COUNTS.every((name) => isCount(value[name]));
}

const isProfile = (value: unknown): value is Profile =>
  isRecord(value) &&
  value['format'] === 1 &&
  isRecord(value['virtines']) &&
  Object.values(value['virtines']).every(isNeeded);

/** Returns `undefined` if the file does not exist. @throws ColonyError ERR_BAD_OPTION for an invalid profile */
export function readProfile(path: string): Profile | undefined {
  return existsSync(path) ? parseProfile(readFileSync(path, 'utf8'), path) : undefined;
}

/** @throws ColonyError ERR_BAD_OPTION */
export function parseProfile(text: string, path: string): Profile {
  try {
    const profile: unknown = JSON.parse(text);
    if (isProfile(profile)) return profile;
  } catch (cause) {
    throw new ColonyError('ERR_BAD_OPTION', `the profile ${path} is not JSON: record it again with colony profile`, {
      cause,
    });
  }
  throw new ColonyError(
    'ERR_BAD_OPTION',
    `${path} is not a profile of this version: record it again with colony profile`,
  );
}

const larger = (
  one: Needed,
  two: Needed,
  key: 'memory' | 'bytesIn' | 'bytesOut' | 'hypercalls' | 'pagesWritten' | 'cpuTime',
) => Math.max(one[key], two[key]);

/** The larger value of two recordings in every field. If the backends differ, the later one's memory counts. */
function merge(one: Needed | undefined, two: Needed): Needed {
  if (one === undefined) return two;
  const { wallTime: a } = one;
  const { wallTime: b } = two;
  const wallTime = {
    p50: Math.max(a.p50, b.p50),
    p95: Math.max(a.p95, b.p95),
    p99: Math.max(a.p99, b.p99),
    max: Math.max(a.max, b.max),
  };
  return {
    calls: one.calls + two.calls,
    backend: two.backend,
    memory: one.backend === two.backend ? larger(one, two, 'memory') : two.memory,
    bytesIn: larger(one, two, 'bytesIn'),
    bytesOut: larger(one, two, 'bytesOut'),
    hypercalls: larger(one, two, 'hypercalls'),
    pagesWritten: larger(one, two, 'pagesWritten'),
    cpuTime: larger(one, two, 'cpuTime'),
    wallTime,
  };
}

/** Adds recordings to the file. Several processes of one run may do so, one after the other. */
export function addToProfile(path: string, recorded: Readonly<Record<string, Needed>>): void {
  const virtines = { ...readProfile(path)?.virtines };
  for (const [key, needed] of Object.entries(recorded)) virtines[key] = merge(virtines[key], needed);
  const sorted = Object.fromEntries(Object.entries(virtines).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify({ format: 1, virtines: sorted } satisfies Profile, null, 2)}\n`);
}
