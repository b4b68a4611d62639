/**
 * Converts between the codec's values and a Wasm function's numbers. Rules and messages are those of the C guest runtime
 * (packages/guest/runtime/arguments.c, result.c, hypercall.c): a program must not be able to tell backends apart.
 */
import type { GuestErrorInfo } from '@colony/core';
import type { FunctionExport, ValueType } from '../prepare/prepared.js';

/** Ends one call of an exported function with an error; no guest catches it. */
export class GuestThrow extends Error {
  constructor(readonly info: GuestErrorInfo) {
    super(info.message);
  }
}

const HALF = { i32: 2n ** 31n, i64: 2n ** 63n };

function typeError(message: string): GuestThrow {
  return new GuestThrow({ name: 'TypeError', message });
}

/** The kind of a value, named as the C runtime names it. */
function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
    case 'number':
    case 'boolean':
    case 'string':
      return `a ${typeof value}`;
    case 'undefined':
      return 'undefined';
    default:
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Uint8Array && value.constructor === Uint8Array) return 'a Uint8Array';
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return 'a typed array';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? 'an object' : 'another kind of object';
}

function integer(
  value: unknown,
  type: 'i32' | 'i64',
  refuse: (name: string, expected: string) => never,
): number | bigint {
  const wide = type === 'i64';
  const range = wide ? 'an integer of 64 bits (a safe integer or a bigint)' : 'an integer of 32 bits';
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || (!wide && value !== (value | 0))) refuse('RangeError', range);
    return wide ? BigInt(value) : value;
  }
  if (!wide) refuse('TypeError', `a number, not ${kindOf(value)}`);
  if (typeof value !== 'bigint') refuse('TypeError', `a number or a bigint, not ${kindOf(value)}`);
  if (value < -HALF.i64 || value >= HALF.i64) refuse('RangeError', range);
  return value;
}

/** Converts arguments to the function's parameters. @throws GuestThrow TypeError or RangeError */
export function toWasm({ name, parameters }: FunctionExport, args: readonly unknown[]): (number | bigint)[] {
  const { length } = parameters;
  if (args.length !== length) {
    throw typeError(`${name} takes ${length} ${length === 1 ? 'argument' : 'arguments'}, not ${args.length}`);
  }
  return parameters.map((type, i) => {
    const value = args[i];
    const refuse = (error: string, expected: string): never => {
      throw new GuestThrow({ name: error, message: `${name}: argument ${i + 1} must be ${expected}` });
    };
    if (type === 'i32' || type === 'i64') return integer(value, type, refuse);
    return typeof value === 'number' ? value : refuse('TypeError', `a number, not ${kindOf(value)}`);
  });
}

/** Converts a function's result for the host: an i64 becomes a number if that is exact. */
export function fromWasm(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Converts a host function's value to an import's result. @throws GuestThrow TypeError */
export function replyToWasm(value: unknown, type: ValueType): number | bigint {
  if (type === 'f32' || type === 'f64') {
    if (typeof value === 'number') return value;
    if (typeof value === 'bigint' && isLong(value)) return Number(value);
    throw typeError("the host's value is not a number");
  }
  const wide = exactInteger(value);
  return type === 'i64' ? wide : Number(BigInt.asIntN(32, wide));
}

const isLong = (value: bigint): boolean => value >= -HALF.i64 && value < HALF.i64;

function exactInteger(value: unknown): bigint {
  if (typeof value === 'bigint' && isLong(value)) return value;
  if (typeof value === 'number' && Number.isInteger(value)) {
    const exact = BigInt(value);
    if (isLong(exact)) return exact;
  }
  throw typeError("the host's value is not an integer of 64 bits");
}
