/** The time of day, and the milliseconds since the call started. */
import { joinPath, type OptionReader } from '../options/option-reader.js';
import { plainSection } from './plain.js';

export interface ClockGrant {
  /** `fixed`: the constant time that the clock shows, in milliseconds since 1970 or as an ISO date. */
  readonly clock?: boolean | { readonly fixed: number | string };
}

export const clockSection = plainSection({
  key: 'clock',
  advice: 'add clock: true, or a fixed one: { fixed: 0 }',
  globals: ['performance'],
  readFixed: readFixedTime,
  hypercalls: {
    'colony:clock'(call, clock, [kind]) {
      if (kind === 'monotonic') return clock === undefined ? performance.now() - call.startedAt : 0;
      return clock?.fixed ?? Date.now();
    },
  },
});

/** Returns `fixed` in milliseconds since 1970. */
function readFixedTime(written: unknown, reader: OptionReader, path: string): { readonly fixed: number } {
  const { fixed } = reader.object(written, path, ['fixed']);
  const time = typeof fixed === 'string' ? Date.parse(fixed) : fixed;
  if (typeof time !== 'number' || !Number.isFinite(time))
    reader.fail(joinPath(path, 'fixed'), 'milliseconds or an ISO date', fixed);
  return { fixed: time };
}
