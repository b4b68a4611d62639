/** Reading options and policies: where, what was expected, what was there, and what was probably meant. */
import { ColonyError, type ErrorCode } from './errors.js';

export class Reader {
  constructor(
    readonly code: ErrorCode,
    /** Prefix of all paths: `policy`, `options`. */
    readonly root: string,
  ) {}

  fail(path: string, expected: string, got: unknown): never {
    const where = path === '' ? this.root : `${this.root}.${path}`;
    throw new ColonyError(this.code, `${where}: expected ${expected}, got ${show(got)}`, { details: { path: where } });
  }

  /** A plain object with no keys but `keys` (any where `keys` is undefined). */
  object(value: unknown, path: string, keys?: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail(path, 'an object', value);
    if (keys !== undefined) {
      for (const key of Object.keys(value)) if (!keys.includes(key)) this.unknownKey(path, key, keys);
    }
    return value as Record<string, unknown>;
  }

  unknownKey(path: string, key: string, keys: readonly string[]): never {
    const near = nearest(key, keys);
    const hint = near === undefined ? `known are ${keys.join(', ')}` : `did you mean \`${near}\`?`;
    const where = [this.root, path, key].filter((part) => part !== '').join('.');
    throw new ColonyError(this.code, `${where}: there is no such key; ${hint}`, { details: { path: where } });
  }

  list<T>(value: unknown, path: string, each: (item: unknown, path: string) => T): readonly T[] {
    if (!Array.isArray(value)) this.fail(path, 'an array', value);
    return Object.freeze(value.map((item, index) => each(item, `${path}[${index}]`)));
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
}

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** The known word that a typo was probably meant to be. */
export function nearest(word: string, known: readonly string[]): string | undefined {
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
