/**
 * Checks values on their way into a component against its types. jco's glue converts invalid values: 300 as a u8 is 44,
 * and an array as a list<u8> is empty. Here they are refused, with their place. Valid values are returned in the glue's form.
 */
import { camel } from './names.js';
import { resolved, type TypeIndex, type ValueType, type World } from './types.js';

/** Returns the value in the glue's form. @throws Mismatch */
export type Check = (value: unknown) => unknown;

/** The error for a value that does not have its type. */
export class Mismatch extends Error {
  /** The place in the value, as `[2].name`. */
  path = '';

  constructor(
    override readonly name: 'TypeError' | 'RangeError' | 'ColonyError',
    readonly reason: string,
  ) {
    super(reason);
  }
}

function located(error: unknown, step: string): unknown {
  if (error instanceof Mismatch) error.path = step + error.path;
  return error;
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : `a ${value.constructor?.name ?? 'object'}`;
  return value === undefined ? 'undefined' : `a ${typeof value}`;
};

function refuse(expected: string, value: unknown): never {
  throw new Mismatch('TypeError', `must be ${expected}, not ${kindOf(value)}`);
}

const INTEGERS: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  s8: [8, true],
  u8: [8, false],
  s16: [16, true],
  u16: [16, false],
  s32: [32, true],
  u32: [32, false],
  s64: [64, true],
  u64: [64, false],
};

function integer(kind: string): Check {
  const [bits, signed] = INTEGERS[kind]!;
  const expected = `${signed ? 'an integer' : 'a natural number'} of ${bits} bits`;
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = 2 ** (bits - (signed ? 1 : 0)) - 1;
  return (value) => {
    if (typeof value !== 'number') refuse('a number', value);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Mismatch('RangeError', `must be ${expected}`);
    }
    return value;
  };
}

function wideInteger(kind: string): Check {
  const signed = kind === 's64';
  const fit = signed ? BigInt.asIntN : BigInt.asUintN;
  const expected = `${signed ? 'an integer' : 'a natural number'} of 64 bits (a safe integer or a bigint)`;
  return (value) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') refuse('a number or a bigint', value);
    const exact = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value) : undefined;
    if (exact === undefined || fit(64, exact) !== exact) throw new Mismatch('RangeError', `must be ${expected}`);
    return exact;
  };
}

const number: Check = (value) => (typeof value === 'number' ? value : refuse('a number', value));

const bool: Check = (value) => (typeof value === 'boolean' ? value : refuse('a boolean', value));

const string: Check = (value) => {
  if (typeof value !== 'string') refuse('a string', value);
  // A lone surrogate has no UTF-8.
  if (/\p{Surrogate}/u.test(value)) throw new Mismatch('TypeError', `must be a string of whole characters`);
  return value;
};

const char: Check = (value) => {
  if (typeof value !== 'string') refuse('a string of one character', value);
  const code = value.codePointAt(0) ?? 0xd800;
  if (String.fromCodePoint(code) !== value || (code >= 0xd800 && code <= 0xdfff)) {
    throw new Mismatch('TypeError', `must be a string of one character`);
  }
  return value;
};

const PRIMITIVES: Readonly<Record<string, Check>> = {
  bool,
  string,
  char,
  f32: number,
  f64: number,
  s64: wideInteger('s64'),
  u64: wideInteger('u64'),
  ...Object.fromEntries(['s8', 'u8', 's16', 'u16', 's32', 'u32'].map((kind) => [kind, integer(kind)])),
};

/** Lists of numbers are typed arrays, on both sides. */
export const TYPED_ARRAYS = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

type AnyTypedArray = { from(items: readonly unknown[]): object; readonly name: string } & (new () => object);

function items(value: readonly unknown[], of: Check): unknown[] {
  const result: unknown[] = [];
  let index = 0;
  try {
    for (; index < value.length; index++) result[index] = of(value[index]);
  } catch (error) {
    throw located(error, `[${index}]`);
  }
  return result;
}

function numbers(TypedArray: AnyTypedArray, of: Check): Check {
  return (value) => {
    if (value instanceof TypedArray && value.constructor === TypedArray) return value;
    if (!Array.isArray(value)) refuse(`a ${TypedArray.name} or an array`, value);
    return TypedArray.from(items(value, of));
  };
}

function inside(step: string, check: Check, value: unknown): unknown {
  try {
    return check(value);
  } catch (error) {
    throw located(error, step);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('an object', value);
  return value as Record<string, unknown>;
}

function oneOf(names: Iterable<string>, actual: unknown): Mismatch {
  const list = [...names].map((name) => JSON.stringify(name)).join(', ');
  const shown = typeof actual === 'string' ? JSON.stringify(actual.slice(0, 100)) : kindOf(actual);
  return new Mismatch('TypeError', `must be one of ${list}, not ${shown}`);
}

/** The checks of a world's types, each made when it is first needed. */
export class Checks {
  readonly #checks: Check[] = [];
  readonly #handles: boolean[] = [];
  #values = 0;

  constructor(readonly world: Pick<World, 'types'>) {}

  of(index: TypeIndex): Check {
    this.#checks[index] ??= this.#make(resolved(this.world, index));
    return this.#checks[index];
  }

  /** How many values within others were checked since this was last asked. */
  takeCount(): number {
    const count = this.#values;
    this.#values = 0;
    return count;
  }

  /** Does a handle come with values of this type? */
  holdsHandle(index: TypeIndex): boolean {
    this.#handles[index] ??= this.#partsOf(resolved(this.world, index)).some((part) => this.holdsHandle(part));
    return this.#handles[index] || resolved(this.world, index).kind === 'handle';
  }

  #partsOf(type: Exclude<ValueType, { kind: 'alias' }>): TypeIndex[] {
    switch (type.kind) {
      case 'record':
        return type.fields.map(([, of]) => of);
      case 'variant':
        return type.cases.flatMap(([, of]) => of ?? []);
      case 'result':
        return [type.ok ?? [], type.err ?? []].flat();
      case 'tuple':
        return [...type.of];
      case 'list':
      case 'option':
        return [type.of];
      default:
        return [];
    }
  }

  #count(values: number): void {
    this.#values += values;
  }

  #make(type: Exclude<ValueType, { kind: 'alias' }>): Check {
    switch (type.kind) {
      case 'record':
        return this.#record(type.fields);
      case 'variant':
        return this.#variant(type.cases);
      case 'result':
        return this.#variant([
          ['ok', type.ok],
          ['err', type.err],
        ]);
      case 'enum':
        return enumeration(type.cases);
      case 'flags':
        return flags(type.names);
      case 'tuple':
        return this.#tuple(type.of);
      case 'option':
        return this.#option(type.of);
      case 'list':
        return this.#list(type.of);
      case 'handle':
        return () => {
          throw new Mismatch('ColonyError', `cannot cross between host and guest: it is ${type.what}`);
        };
      default:
        return PRIMITIVES[type.kind]!;
    }
  }

  #list(of: TypeIndex): Check {
    const item = this.of(of);
    const { kind } = resolved(this.world, of);
    if (!Object.hasOwn(TYPED_ARRAYS, kind)) return this.#array(item);
    return numbers(TYPED_ARRAYS[kind as keyof typeof TYPED_ARRAYS] as unknown as AnyTypedArray, item);
  }

  #array(of: Check): Check {
    return (value) => {
      if (!Array.isArray(value)) refuse('an array', value);
      this.#count(value.length);
      return items(value, of);
    };
  }

  #record(types: readonly (readonly [string, TypeIndex])[]): Check {
    const fields = types.map(([name, type]) => [camel(name), this.of(type)] as const);
    return (value) => {
      const properties = fieldsOf(value);
      const result: Record<string, unknown> = {};
      this.#count(fields.length);
      for (const [name, check] of fields) {
        result[name] = inside(`.${name}`, check, Object.hasOwn(properties, name) ? properties[name] : undefined);
      }
      return result;
    };
  }

  #variant(types: readonly (readonly [string, TypeIndex | null])[]): Check {
    const cases = new Map(types.map(([name, type]) => [name, type === null ? undefined : this.of(type)]));
    return (value) => {
      const { tag, val } = fieldsOf(value);
      if (typeof tag !== 'string' || !cases.has(tag)) throw located(oneOf(cases.keys(), tag), '.tag');
      const check = cases.get(tag);
      this.#count(1);
      return check === undefined ? { tag } : { tag, val: inside('.val', check, val) };
    };
  }

  #tuple(types: readonly TypeIndex[]): Check {
    const checks = types.map((type) => this.of(type));
    return (value) => {
      if (!Array.isArray(value)) refuse(`an array of ${checks.length}`, value);
      if (value.length !== checks.length) {
        throw new Mismatch('TypeError', `must have ${checks.length} items, not ${value.length}`);
      }
      this.#count(checks.length);
      return checks.map((check, index) => inside(`[${index}]`, check, value[index]));
    };
  }

  /** `undefined` or the value; if the value may itself be nothing, `{ tag: 'none' }` or `{ tag: 'some', val }`. */
  #option(of: TypeIndex): Check {
    const some = this.of(of);
    if (resolved(this.world, of).kind !== 'option') {
      return (value) => (value === undefined || value === null ? undefined : some(value));
    }
    return this.#variant([
      ['none', null],
      ['some', of],
    ]);
  }
}

function enumeration(cases: readonly string[]): Check {
  const known = new Set(cases);
  return (value) => {
    if (typeof value !== 'string' || !known.has(value)) throw oneOf(known, value);
    return value;
  };
}

function flags(names: readonly string[]): Check {
  const known = new Set(names.map(camel));
  return (value) => {
    const properties = fieldsOf(value);
    for (const name of Object.keys(properties)) if (!known.has(name)) throw located(oneOf(known, name), ': a flag');
    const result: Record<string, unknown> = {};
    for (const name of known) {
      result[name] =
        Object.hasOwn(properties, name) && properties[name] !== undefined && inside(`.${name}`, bool, properties[name]);
    }
    return result;
  };
}
