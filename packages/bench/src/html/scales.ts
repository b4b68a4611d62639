/** Axes for measured values: logarithmic if the values span orders of magnitude. */
import type { Unit } from '../types.js';

export interface Scale {
  readonly type: 'linear' | 'log' | 'symlog';
  readonly domain: readonly [number, number];
  readonly values?: readonly number[];
}

const ORDERS = 8;

/** Ticks at 1, or at 1, 2 and 5, of each power of ten, so that labels do not overlap. */
function logTicks(low: number, high: number): number[] {
  const orders = Math.log10(high / low);
  const digits = orders > 3 ? [1] : orders > 1 ? [1, 3] : [1, 2, 3, 5, 7];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const digit of digits) ticks.push(digit * 10 ** power);
  return ticks.filter((tick) => tick >= low && tick <= high);
}

export function scaleFor(values: readonly number[], wanted?: Scale['type']): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const type = wanted ?? (low > 0 && high / low > ORDERS ? 'log' : 'linear');
  if (type === 'log' && low > 0) {
    const domain = [low / 1.15, high * 1.15] as const;
    return { type, domain, values: logTicks(...domain) };
  }
  // Zero has no logarithm; symlog looks the same and includes zero.
  if (type !== 'linear') return { type: 'symlog', domain: [Math.min(0, low), high === low ? low + 1 : high * 1.05] };
  const bottom = low >= 0 ? 0 : low * 1.05;
  return { type, domain: [bottom, high > bottom ? high * 1.05 : bottom + 1] };
}

/** A vega expression that formats an axis label as the tables format amounts. */
export function labelExpr(unit: Unit): string {
  const short = (by: string, name: string) => `format(datum.value${by}, '~g') + ' ${name}'`;
  if (unit === 'us')
    return `datum.value == 0 ? '0' : abs(datum.value) >= 1e6 ? ${short('/1e6', 's')} : abs(datum.value) >= 1e3 ? ${short('/1e3', 'ms')} : abs(datum.value) >= 1 ? ${short('', 'µs')} : ${short('*1e3', 'ns')}`;
  if (unit === 'KiB') return `abs(datum.value) >= 1024 ? ${short('/1024', 'MiB')} : ${short('', 'KiB')}`;
  return "format(datum.value, '~s')";
}

/** The same for whole numbers, or for bytes. */
export const countExpr = (bytes: boolean) =>
  bytes
    ? "datum.value >= 1048576 ? format(datum.value / 1048576, '~r') + ' MiB' : datum.value >= 1024 ? format(datum.value / 1024, '~r') + ' KiB' : format(datum.value, '~r') + ' B'"
    : "format(datum.value, ',~r')";

/** Vega-Lite's form of a scale: a logarithmic scale has no zero to leave out. */
export const scaleSpec = ({ type, domain }: Scale) => ({
  type,
  domain,
  nice: false,
  ...(type === 'log' ? {} : { zero: false }),
});
