/** Width of the medians' intervals. */
import type { Distribution } from '../distribution.js';
import { median } from '../stats.js';
import type { Confidence } from './types.js';

export function confidenceOf(
  distributions: Readonly<Record<string, Distribution>>,
  until: number | null = null,
): Confidence {
  const widths = Object.entries(distributions).flatMap(([subject, { percent }]) =>
    percent === null ? [] : [{ subject, percent }],
  );
  const [first, ...others] = widths;
  return {
    level: 0.95,
    until,
    subjects: widths.length,
    within: widths.filter(({ percent }) => percent <= (until ?? Infinity)).length,
    typical: first === undefined ? null : median(widths.map(({ percent }) => percent)),
    widest: first === undefined ? null : others.reduce((a, b) => (b.percent > a.percent ? b : a), first),
  };
}
