/** Makes values of two realms and two engines comparable, as far as the codec guarantees equality. */

/** Returns a tree of plain data for `isDeepStrictEqual`: types by name, errors without their stacks. */
export function comparable(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const depth = above.indexOf(value);
  if (depth >= 0) return ['up', above.length - depth];
  const inner = (part: unknown) => comparable(part, [...above, value]);
  if (Array.isArray(value)) return value.map(inner);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  switch (kind) {
    case 'Map':
      return [kind, [...(value as Map<unknown, unknown>)].map(([key, item]) => [inner(key), inner(item)])];
    case 'Set':
      return [kind, [...(value as Set<unknown>)].map(inner)];
    case 'Date':
      return [kind, (value as Date).getTime()];
    case 'RegExp':
    case 'Number':
    case 'String':
    case 'Boolean':
    case 'BigInt':
      return [kind, kind === 'RegExp' ? String(value) : value.valueOf()];
    case 'ArrayBuffer':
      return [kind, [...new Uint8Array(value as ArrayBuffer)]];
    case 'DataView':
      return [kind, bytesOf(value as DataView)];
    case 'Error': {
      const { name, message } = value as Error;
      const own = Object.entries(value).filter(([key]) => !['name', 'message', 'stack'].includes(key));
      return [kind, name, message, own.map(([key, item]) => [key, inner(item)])];
    }
    default:
      if (ArrayBuffer.isView(value)) return [kind, bytesOf(value)];
      return { fields: Object.entries(value).map(([key, item]) => [key, inner(item)]) };
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => [
  ...new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
];
