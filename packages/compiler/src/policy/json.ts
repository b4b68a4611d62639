/** JSON of policies and limits, which may hold `Infinity`: JSON has no word for it, but reads `1e999` as it. */
const INFINITE = '\ue000Infinity';

export function jsonOf(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, (_, part) => (part === Number.POSITIVE_INFINITY ? INFINITE : part), indent);
  return text === undefined ? 'undefined' : text.replaceAll(`"${INFINITE}"`, '1e999');
}
