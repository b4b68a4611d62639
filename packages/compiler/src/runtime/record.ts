/** Records the resources that each call needs, under `colony profile`. */
import type { Context } from '@colony/core';
import { addToProfile, type Needed, PROFILE_VARIABLE, profileKey } from '../profile/profile.js';
import type { VirtineDescriptor } from './types.js';

interface Recording {
  backend: string;
  readonly times: number[];
  memory: number;
  bytesIn: number;
  bytesOut: number;
  hypercalls: number;
  pagesWritten: number;
  cpuTime: number;
}

const recordings = new Map<string, Recording>();

function recordingOf({ name, where }: VirtineDescriptor, { backend }: Context): Recording {
  if (recordings.size === 0) process.once('exit', write);
  const key = profileKey(where.replace(/:\d+:\d+$/, ''), name);
  let recording = recordings.get(key);
  if (recording === undefined) {
    recording = { backend, times: [], memory: 0, bytesIn: 0, bytesOut: 0, hypercalls: 0, pagesWritten: 0, cpuTime: 0 };
    recordings.set(key, recording);
  }
  recording.backend = backend;
  return recording;
}

/**
 * Starts watching a call; the returned function ends it. If several calls run at the same time, each is charged with
 * the resources of all: more than it needed, never less.
 */
export function watchCall(descriptor: VirtineDescriptor, context: Context): () => void {
  const recording = recordingOf(descriptor, context);
  const before = context.stats();
  const started = performance.now();
  return () => {
    const after = context.stats();
    recording.times.push(performance.now() - started);
    recording.memory = Math.max(recording.memory, after.memory);
    recording.pagesWritten = Math.max(recording.pagesWritten, after.dirtyPages);
    for (const key of ['bytesIn', 'bytesOut', 'hypercalls', 'cpuTime'] as const)
      recording[key] = Math.max(recording[key], after[key] - before[key]);
  };
}

function neededOf({ times, ...most }: Recording): Needed {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!);
  const wallTime = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  return { calls: times.length, ...most, cpuTime: round(most.cpuTime), wallTime };
}

const round = (milliseconds: number) => Math.ceil(milliseconds * 1000) / 1000;

function write(): void {
  const path = process.env[PROFILE_VARIABLE];
  const done = [...recordings].filter(([, { times }]) => times.length > 0);
  if (path !== undefined)
    addToProfile(path, Object.fromEntries(done.map(([key, recording]) => [key, neededOf(recording)])));
}
