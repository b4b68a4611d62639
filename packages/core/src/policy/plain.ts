/**
 * Copies a policy into frozen data and reads each property once. Only plain data is accepted. A reader would miss a
 * condition that is inherited or hidden, and a getter can change its result.
 */
import { joinPath, type OptionReader } from '../options/option-reader.js';

/** Deepest nesting of objects and lists. `all` may be 32 deep, and a layer has a few more levels. */
const MAX_DEPTH = 100;
/** Most objects and lists of one policy, and most items of one list. */
const MAX_PARTS = 100_000;

const DATA = 'plain data, without getters and hidden properties';

/**
 * Copies objects and lists. Leaves all other values unchanged, for the code that knows their types.
 * @throws ColonyError with the reader's code and the path of the part that is not plain data
 */
export function copyPlain(value: unknown, reader: OptionReader): unknown {
  return new Copier(reader).copy(value, '', 0);
}

class Copier {
  /** Copies by original, `undefined` while being copied. A shared part is copied once. */
  readonly #copies = new Map<object, object | undefined>();

  constructor(private readonly reader: OptionReader) {}

  copy(value: unknown, path: string, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const { reader } = this;
    if (this.#copies.has(value)) {
      return this.#copies.get(value) ?? reader.fail(path, 'data that does not hold itself', value);
    }
    if (depth > MAX_DEPTH) reader.fail(path, `data at most ${MAX_DEPTH} deep`, value);
    if (this.#copies.size === MAX_PARTS) reader.fail(path, `at most ${MAX_PARTS} objects and lists`, value);
    this.#copies.set(value, undefined);
    const isList = reader.look(path, () => Array.isArray(value));
    const made = isList ? this.#list(value, path, depth) : this.#object(value, path, depth);
    this.#copies.set(value, Object.freeze(made));
    return made;
  }

  #list(list: object, path: string, depth: number): unknown[] {
    const length = this.#read(list, 'length', path, false) as number;
    if (length > MAX_PARTS) this.reader.fail(path, `an array of at most ${MAX_PARTS} items`, list);
    const keys = this.reader.look(path, () => Reflect.ownKeys(list));
    if (keys.length !== length + 1) this.reader.fail(path, 'a list without holes or other properties', list);
    return Array.from({ length }, (_, index) => {
      const at = `${path}[${index}]`;
      return this.copy(this.#read(list, String(index), at), at, depth + 1);
    });
  }

  #object(object: object, path: string, depth: number): object {
    if (!isPlain(this.reader.look(path, () => Object.getPrototypeOf(object)))) {
      this.reader.fail(path, 'a plain object', object);
    }
    // Without a prototype, because a property added to Object.prototype is not part of a policy.
    const made: Record<string, unknown> = Object.create(null);
    for (const key of this.reader.look(path, () => Reflect.ownKeys(object))) {
      if (typeof key === 'symbol') this.reader.fail(path, DATA, object);
      const at = joinPath(path, key);
      made[key] = this.copy(this.#read(object, key, at), at, depth + 1);
    }
    return made;
  }

  #read(object: object, key: string, path: string, enumerable = true): unknown {
    const property = this.reader.look(path, () => Object.getOwnPropertyDescriptor(object, key));
    if (property === undefined || !Object.hasOwn(property, 'value') || property.enumerable !== enumerable) {
      this.reader.fail(path, DATA, property?.get ?? object);
    }
    return property.value;
  }
}

/** Returns whether this is the prototype of a plain object. Another realm has another `Object.prototype`. */
function isPlain(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, '__lookupGetter__');
}
