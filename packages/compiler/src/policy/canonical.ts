import { jsonOf } from './json.js';

/** JSON with sorted keys: equal values give equal texts. */
export function canonical(value: unknown, indent?: number): string {
  return jsonOf(sorted(value), indent);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}
