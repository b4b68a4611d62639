import type { Spec } from '../types.js';

/** A timed subject; `more` holds its optional fields. */
export const spec = (
  subject: string,
  what: string,
  floors: readonly string[] = [],
  more: Omit<Partial<Spec>, 'subject' | 'what' | 'floors'> = {},
): Spec => ({ subject, what, unit: 'us', floors, ...more });

/** `1 page`, `4,096 pages`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
