/** Options of all functions that run build tools. */
import { types } from 'node:util';
import type { OptionReaders, ReadOption } from '@colony/core/options';

export interface BuildOptions {
  /** Milliseconds of wall time, and of CPU time, that each compiler and linker may take. Default 10 minutes. */
  readonly buildTime?: number;
  /** Ends the build, with all its processes. */
  readonly signal?: AbortSignal;
}

/** One day, in milliseconds. */
const MOST_TIME = 86_400_000;

/** Refuses a proxy of a signal, and an object made by hand from its prototype: both throw when they are used. */
const abortSignal: ReadOption<AbortSignal> = (value, path, reader) => {
  const works = !types.isProxy(value) && value instanceof AbortSignal;
  return works && reader.look(path, () => typeof value.aborted === 'boolean')
    ? value
    : reader.fail(path, 'an AbortSignal', value);
};

export const BUILD_READERS: OptionReaders<BuildOptions> = {
  buildTime: (value, path, reader) => reader.integer(value, path, 1, MOST_TIME),
  signal: abortSignal,
};
