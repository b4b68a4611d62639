/** The same function natively and in virtines, for packages/bench. */
import { virtine } from '@colony/compiler/runtime';
import { Errors } from 'typebox/schema';

const schema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'age'],
    properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer', minimum: 0 } },
  },
};
export const args = [schema, Array.from({ length: 100 }, (_, i) => ({ name: `name ${i}`, age: i - 1 }))] as const;

export const plain = (schema: object, value: unknown) => Errors(schema, value)[1].length;
export const kvm = virtine((schema: object, value: unknown) => Errors(schema, value)[1].length, {
  backend: 'kvm',
  accept: ['URL'],
});
export const wasm = virtine((schema: object, value: unknown) => Errors(schema, value)[1].length, {
  backend: 'wasm',
  accept: ['URL'],
});

export const sizeOf = (problems: number): number => problems;
