/** Formats values as text for the console. */
const MAX_LENGTH = 10000;

export function format(args: readonly unknown[]): string {
  let text = '';
  for (let i = 0; i < args.length; i++) {
    const value = args[i];
    text += (i > 0 ? ' ' : '') + (typeof value === 'string' ? value : inspect(value, 3, []));
    if (text.length > MAX_LENGTH) return `${text.slice(0, MAX_LENGTH)}...`;
  }
  return text;
}

function inspect(value: unknown, depth: number, parents: unknown[]): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return String(value.stack ?? value);
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (parents.includes(value)) return '[circular]';
  if (depth === 0) return Array.isArray(value) ? '[...]' : '{...}';
  return inspectParts(value, depth - 1, [...parents, value]);
}

function inspectParts(value: object, depth: number, parents: unknown[]): string {
  const show = (part: unknown) => inspect(part, depth, parents);
  if (Array.isArray(value)) return `[${list(value.map(show))}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`;
  if (value instanceof Map) return `Map {${list([...value].map(([key, item]) => `${show(key)} => ${show(item)}`))}}`;
  if (value instanceof Set) return `Set {${list([...value].map(show))}}`;
  const parts = Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`);
  return `{${list(parts)}}`;
}

function list(parts: string[]): string {
  if (parts.length > 100) parts = [...parts.slice(0, 100), `${parts.length - 100} more`];
  return parts.length === 0 ? '' : ` ${parts.join(', ')} `;
}
