import type { Spec } from '../../types.js';

export const spec = (subject: string, what: string, floors: readonly string[] = []): Spec => ({
  subject,
  what,
  unit: 'us',
  floors,
});
