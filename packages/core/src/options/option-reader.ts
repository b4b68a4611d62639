/**
 * Reads options and policies. An error names the path, the expected value, the actual value and a likely correction.
 */
import { ColonyError, type ErrorCode } from '../errors.js';

/** Most items of a list in options. A list with a false length must not keep the reader busy for ever. */
const MOST_ITEMS = 100_000;
/** Longest key that messages show whole, in characters. */
const LONGEST_KEY = 100;

/**
 * Reads values from a caller. They may be proxies or have getters that throw. Each method returns the value or throws a
 * `ColonyError` with the reader's code; its `details.path` names the value.
 */
export class OptionReader {
  constructor(
    readonly code: ErrorCode,
    /** Prefix of all paths: `policy`, `options`. */
    readonly root: string,
  ) {}

  fail(path: string, expected: string, got: unknown): never {
    const where = this.#where(path);
    throw new ColonyError(this.code, `${where}: expected ${expected}, got ${show(got)}`, { details: { path: where } });
  }

  #where(path: string): string {
    return path === '' ? this.root : `${this.root}.${path}`;
  }

  /**
   * Returns the result of `read`, which may run the caller's code (getters, proxies). An error of that code is reported
   * at `path`.
   */
  look<T>(path: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      return this.threw(path, error);
    }
  }

  threw(path: string, error: unknown): never {
    const where = this.#where(path);
    const message = `${where}: reading it threw ${showError(error)}`;
    throw new ColonyError(this.code, message, { cause: error, details: { path: where } });
  }

  /**
   * Returns a copy of an object's properties, each read once. With `keys`, other own keys are refused, and inherited
   * properties count. Without, the copy has all own enumerable properties.
   */
  object(value: unknown, path: string, keys?: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || this.look(path, () => Array.isArray(value))) {
      this.fail(path, 'an object', value);
    }
    const own = this.look(path, () => Object.keys(value));
    if (keys !== undefined) for (const key of own) if (!keys.includes(key)) this.unknownKey(path, key, keys);
    const copy: Record<string, unknown> = Object.create(null);
    for (const key of keys ?? own) {
      const read = this.look(joinPath(path, key), () => (value as Record<string, unknown>)[key]);
      // An own key with the value undefined stays: `{ equals: undefined }` is a mistake, not a missing condition.
      if (read !== undefined || own.includes(key)) copy[key] = read;
    }
    return copy;
  }

  unknownKey(path: string, key: string, keys: readonly string[]): never {
    const near = nearest(key, keys);
    const hint = near === undefined ? `known are ${keys.join(', ')}` : `did you mean \`${near}\`?`;
    const where = this.#where(joinPath(path, key));
    throw new ColonyError(this.code, `${where}: there is no such key; ${hint}`, { details: { path: where } });
  }

  /** Returns a frozen copy of an array. `readItem` reads every item once. */
  list<T>(value: unknown, path: string, readItem: (item: unknown, path: string) => T, most = MOST_ITEMS): readonly T[] {
    if (!this.look(path, () => Array.isArray(value))) this.fail(path, 'an array', value);
    const length = this.look(path, () => (value as unknown[]).length);
    if (!Number.isSafeInteger(length) || length > most) this.fail(path, `an array of at most ${most} items`, value);
    const items: T[] = [];
    for (let index = 0; index < length; index++) {
      const at = `${path}[${index}]`;
      const item = this.look(at, () => (value as unknown[])[index]);
      items.push(readItem(item, at));
    }
    return Object.freeze(items);
  }

  string(value: unknown, path: string): string {
    if (typeof value !== 'string' || value === '') this.fail(path, 'a non-empty string', value);
    return value;
  }

  boolean(value: unknown, path: string): boolean {
    if (typeof value !== 'boolean') this.fail(path, 'true or false', value);
    return value;
  }

  integer(value: unknown, path: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      this.fail(path, `an integer from ${min} to ${max}`, value);
    }
    return value as number;
  }

  finite(value: unknown, path: string): number {
    if (typeof value !== 'number' || !Number.isFinite(value)) this.fail(path, 'a finite number', value);
    return value;
  }

  /** Returns the value if it is one of a few words. */
  word<T extends string>(value: unknown, path: string, known: readonly T[]): T {
    if (typeof value !== 'string' || !known.includes(value as T)) this.fail(path, `one of ${known.join(', ')}`, value);
    return value as T;
  }

  function<T>(value: unknown, path: string, expected = 'a function'): T {
    if (typeof value !== 'function') this.fail(path, expected, value);
    return value as T;
  }
}

export const joinPath = (path: string, key: string): string => {
  const shown = key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}...` : key;
  return path === '' ? shown : `${path}.${shown}`;
};

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  // A large bigint takes long to print.
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? `${value}n` : 'a bigint';
  if (typeof value === 'object' && value !== null) return isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value).slice(0, 60);
}

/** Does the same as `Array.isArray`, but returns false for a revoked proxy, for which that throws. */
function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Returns the name and message of a thrown value, which may be anything. */
export function showError(error: unknown): string {
  try {
    const { name, message } = error as { name?: unknown; message?: unknown };
    if (typeof message === 'string') return `${typeof name === 'string' ? name : 'Error'}: ${message}`.slice(0, 300);
  } catch {
    // Its getters throw, or it is null or undefined.
  }
  return show(error);
}

/** Longest word that is looked up, in characters. A longer word is not a typo of `memory`. */
const LONGEST_WORD = 64;

/** Returns the known word that is most like a typo, if any is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const cost = distance(word.toLowerCase(), candidate.toLowerCase());
    if (cost < least) {
      least = cost;
      best = candidate;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
