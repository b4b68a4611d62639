/** Translates errors of a virtine into terms of the source: original lines, and names of captured variables. */
import { ColonyError } from '@colony/core';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { ProfiledLimits } from '../profile/limits.js';
import { shownFile } from '../source/names.js';
import { escapePattern } from '../source/pattern.js';
import type { VirtineDescriptor } from './types.js';

const maps = new WeakMap<VirtineDescriptor, TraceMap>();

function mapOf(descriptor: VirtineDescriptor): TraceMap {
  let map = maps.get(descriptor);
  if (map === undefined) {
    map = new TraceMap(descriptor.map);
    maps.set(descriptor, map);
  }
  return map;
}

/** A guest's stack with the lines of the source files. */
function originalStack(stack: string, descriptor: VirtineDescriptor): string {
  const map = mapOf(descriptor);
  const file = escapePattern(descriptor.filename);
  // The entry is the virtine's own source under a name that the compiler chose.
  return stack
    .replaceAll('__colony_call', descriptor.name)
    .replace(new RegExp(`${file}:(\\d+):(\\d+)`, 'g'), (written, line, column) => {
      // A guest controls its stack text, which may name lines that do not exist.
      if (!(Number(line) >= 1)) return written;
      const original = originalPositionFor(map, { line: Number(line), column: Math.max(0, Number(column) - 1) });
      if (original.source === null) return written;
      return `${shownFile(original.source)}:${original.line}:${original.column + 1}`;
    });
}

const LIMITS_OF: Partial<Record<string, readonly (keyof ProfiledLimits['limits'])[]>> = {
  ERR_LIMIT_MEMORY: ['memory'],
  ERR_LIMIT_WALL_TIME: ['wallTime'],
  ERR_LIMIT_CPU_TIME: ['cpuTime'],
  ERR_LIMIT_HYPERCALLS: ['hypercalls'],
  ERR_LIMIT_INPUT: ['bytesIn'],
  ERR_LIMIT_OUTPUT: ['bytesOut'],
};

/** A call needed more than the recorded ones. */
function fromProfile(error: ColonyError, { name, profiled }: VirtineDescriptor, names: readonly string[]): ColonyError {
  const { from, calls } = profiled!;
  const which = names.map((limit) => `limits.${limit}`).join(' or ');
  const message =
    `${error.message} (where you set no ${which} of your own, it comes from the profile ${from}, of ${calls} calls of ` +
    `\`${name}\`: run \`colony profile\` again with calls like this one, or set ${which})`;
  return new ColonyError(error.code, message, { details: { ...error.details, virtine: name }, cause: error });
}

/** Names the two places where the limit is set, because a call of a virtine has no options of its own. */
function limited(error: ColonyError, { name, where }: VirtineDescriptor, names: readonly string[]): ColonyError {
  const which = names.map((limit) => `limits.${limit}`).join(' or ');
  const message =
    `${error.message} (virtine \`${name}\`, ${where}: ${which} is set where it is built: by \`virtine(fn, { limits })\`, or ` +
    'for all virtines by `"colony": { "limits": {...} }` in package.json; `configure` can only narrow it)';
  return new ColonyError(error.code, message, { details: { ...error.details, virtine: name }, cause: error });
}

export function translate(error: unknown, descriptor: VirtineDescriptor): unknown {
  if (!ColonyError.is(error)) return error;
  const { guest } = error.details;
  const outgrown = LIMITS_OF[error.code];
  if (outgrown !== undefined)
    return (descriptor.profiled === undefined ? limited : fromProfile)(error, descriptor, outgrown);
  if (error.code === 'ERR_NOT_SERIALIZABLE' && guest === undefined) return named(error, descriptor);
  if (guest?.stack === undefined) return error;
  const stack = originalStack(guest.stack, descriptor);
  const details = { ...error.details, guest: { ...guest, stack }, virtine: descriptor.name };
  const translated = new ColonyError(error.code, error.message, { details, cause: error.cause });
  const host = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  translated.stack = [`${translated.name}: ${error.message}`, ...frames(stack), ...host].join('\n');
  return translated;
}

const frames = (stack: string) => stack.split('\n').filter((line) => /^\s+at /.test(line));

/** `args[1][0].x` of the entry is `x` of the first captured variable. */
function named(error: ColonyError, descriptor: VirtineDescriptor): ColonyError {
  const path = error.details.path;
  const match = descriptor.wrapped ? /^args\[([01])\]\[(\d+)\]/.exec(path ?? '') : null;
  if (path === undefined || match === null) return error;
  const rest = path.slice(match[0].length);
  const shown = match[1] === '0' ? `args[${match[2]}]${rest}` : `${descriptor.captured[Number(match[2])]}${rest}`;
  const what = match[1] === '0' ? '' : ` (captured by the virtine \`${descriptor.name}\`, ${descriptor.where})`;
  const message = error.message.replaceAll(path, shown) + what;
  return new ColonyError(error.code, message, { cause: error, details: { ...error.details, path: shown } });
}
