/**
 * JSON of policies and limits. They may hold `Infinity`, which is written as `1e999`: JSON parsers read that as
 * `Infinity`.
 */
const INFINITE = '\ue000Infinity';

export function jsonOf(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, (_, part) => (part === Number.POSITIVE_INFINITY ? INFINITE : part), indent);
  return text === undefined ? 'undefined' : text.replaceAll(`"${INFINITE}"`, '1e999');
}
