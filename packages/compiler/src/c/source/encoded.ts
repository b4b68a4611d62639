/** Sizes of values in a frame, as far as their types bound them. */
import { outputsOf, type VirtineFunction } from './signature.js';
import { type CType, type Field, isSingle } from './types.js';

type Buffer = CType & { kind: 'buffer' };

/** True if the encoded size has a bound. */
export const isScalar = (type: CType): boolean => {
  if (type.kind === 'struct') return type.fields.every((field) => isScalar(field.type));
  if (type.kind === 'union') return type.cases.every((member) => isScalar(member.type));
  return type.kind !== 'string' && type.kind !== 'bytes' && type.kind !== 'buffer' && type.kind !== 'array';
};

/** An upper bound in bytes: a number may come as a bigint, which has two heads. */
export function encodedSize(type: CType): number {
  if (type.kind === 'union') return 9 + Math.max(...type.cases.map(fieldSize));
  if (type.kind !== 'struct') return 12;
  return type.fields.reduce((sum, field) => sum + fieldSize(field), 9);
}

const fieldSize = ({ name, type }: Field): number => 9 + name.length + encodedSize(type);

export const isNumeric = ({ kind }: CType): boolean => kind === 'integer' || kind === 'float';

/** An upper bound of the bytes before the items of the last output; undefined if the size depends on data. */
export function headBound(virtine: VirtineFunction): number | undefined {
  const outputs = outputsOf(virtine);
  const last = outputs.at(-1)!.type as Buffer;
  if (isSingle(last.sizing) || !isNumeric(last.of)) return undefined;
  const others = outputs.slice(0, -1).map(({ type }) => type as Buffer);
  const values = [virtine.result, ...others.map(({ of }) => of)];
  if (!others.every(({ sizing }) => isSingle(sizing)) || !values.every(isScalar)) return undefined;
  // Frame, map, tag and head of the last output; then each value, and each key with its head.
  const keys = ['result', ...outputs.map(({ name }) => name)].reduce((sum, key) => sum + 9 + key.length, 0);
  return 32 + keys + values.reduce((sum, type) => sum + encodedSize(type), 0);
}
