/** Argument predicates: plain data, compiled once. */
import { joinPath, type OptionReader } from '../options/option-reader.js';
import { compilePattern, MAX_SUBJECT } from './pattern.js';

type Json = string | number | boolean | null;

/** All conditions that are present must hold. */
export interface ArgumentPredicate {
  readonly type?: 'string' | 'number' | 'boolean' | 'bigint' | 'object' | 'undefined' | 'bytes';
  readonly equals?: Json;
  readonly oneOf?: readonly Json[];
  /** For numbers and bigints. */
  readonly min?: number;
  readonly max?: number;
  /** For strings. */
  readonly prefix?: string;
  /**
   * The whole string (at most 256 characters) must match, as with `RegExp` and its flag `u`, in time linear in its
   * length. Refused are back-references, look-around, and patterns that need more than 600 states: `[a-z]{1,250}` needs
   * 250.
   */
  readonly pattern?: string;
  /** Characters of a string, bytes of a byte array, or items of an array. */
  readonly maxLength?: number;
}

/** Returns why the argument is invalid, or `undefined`. */
export type Check = (value: unknown) => string | undefined;

const TYPES = ['string', 'number', 'boolean', 'bigint', 'object', 'undefined', 'bytes'];

type Maker = (wanted: never, reader: OptionReader, path: string) => Check;

const isJson = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const sizeOf = (value: unknown) =>
  typeof value === 'string' || Array.isArray(value)
    ? value.length
    : ArrayBuffer.isView(value) || value instanceof ArrayBuffer
      ? value.byteLength
      : undefined;

const makers: Record<string, Maker> = {
  type: (wanted: string, reader, path) => {
    if (!TYPES.includes(wanted)) reader.fail(path, `one of ${TYPES.join(', ')}`, wanted);
    const typeOf = (value: unknown) => (value instanceof Uint8Array ? 'bytes' : typeof value);
    return (value) => (typeOf(value) === wanted ? undefined : `is not of type ${wanted}`);
  },
  equals: (wanted: unknown, reader, path) => {
    if (!isJson(wanted)) reader.fail(path, 'a string, number, boolean or null', wanted);
    return (value) => (Object.is(value, wanted) ? undefined : `is not ${JSON.stringify(wanted)}`);
  },
  oneOf: (wanted: unknown, reader, path) => {
    const values = reader.list(wanted, path, (item, at) =>
      isJson(item) ? item : reader.fail(at, 'a string, number, boolean or null', item),
    );
    return (value) => (values.some((item) => Object.is(item, value)) ? undefined : 'is not among the allowed values');
  },
  min: (wanted: unknown, reader, path) => {
    const least = reader.finite(wanted, path);
    return (value) => (isNumeric(value) && value >= least ? undefined : `is not at least ${least}`);
  },
  max: (wanted: unknown, reader, path) => {
    const most = reader.finite(wanted, path);
    return (value) => (isNumeric(value) && value <= most ? undefined : `is not at most ${most}`);
  },
  prefix: (wanted: unknown, reader, path) => {
    const prefix = reader.string(wanted, path);
    return (value) =>
      typeof value === 'string' && value.startsWith(prefix)
        ? undefined
        : `does not start with ${JSON.stringify(prefix)}`;
  },
  pattern: (wanted: unknown, reader, path) => {
    const compiled = compilePattern(reader.string(wanted, path));
    if (typeof compiled === 'string')
      return reader.fail(path, `a pattern that is quick on every string (${compiled})`, wanted);
    return (value) => {
      if (typeof value !== 'string' || value.length > MAX_SUBJECT)
        return `is not a string of at most ${MAX_SUBJECT} characters`;
      return compiled.test(value) ? undefined : 'does not match the pattern';
    };
  },
  maxLength: (wanted: unknown, reader, path) => {
    const most = reader.integer(wanted, path, 0);
    return (value) => {
      const size = sizeOf(value);
      return size !== undefined && size <= most ? undefined : `is longer than ${most}, or has no length`;
    };
  },
};

export const PREDICATES: readonly string[] = Object.keys(makers);

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function compilePredicate(input: ArgumentPredicate | true | unknown, reader: OptionReader, path: string): Check {
  if (input === true) return () => undefined;
  const conditions = reader.object(input, path, PREDICATES);
  const checks = Object.keys(conditions).map((key) =>
    makers[key]!(conditions[key] as never, reader, joinPath(path, key)),
  );
  if (checks.length === 0) reader.fail(path, 'at least one condition, or true', input);
  return (value) => {
    for (const check of checks) {
      const wrong = check(value);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}
