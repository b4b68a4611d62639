import type { Spec } from '../types.js';

/** A subject that is timed; `more` is what only some have. */
export const spec = (
  subject: string,
  what: string,
  floors: readonly string[] = [],
  more: Omit<Partial<Spec>, 'subject' | 'what' | 'floors'> = {},
): Spec => ({ subject, what, unit: 'us', floors, ...more });
