/**
 * Random numbers that Node keeps in advance: a state that is frozen would give them to every call. OpenSSL itself notices
 * that the process has another number after a freeze, and takes a new seed.
 */
import { Buffer } from 'node:buffer';
import crypto from 'node:crypto';
import process from 'node:process';

const BYTES = 6;
const RANGE = 2 ** (8 * BYTES);

const { randomBytes, randomInt, randomUUID } = crypto;

/** Without a remainder's preference for small numbers. */
function below(most: number): number {
  const limit = RANGE - (RANGE % most);
  for (;;) {
    const drawn = Buffer.from(randomBytes(BYTES)).readUIntBE(0, BYTES);
    if (drawn < limit) return drawn % most;
  }
}

type Callback = (error: undefined, value: number) => void;

function freshInt(...args: unknown[]): unknown {
  const [min, max, callback] = typeof args[1] === 'number' ? args : [0, ...args];
  const isRange = Number.isSafeInteger(min) && Number.isSafeInteger(max);
  const range = (max as number) - (min as number);
  const isValid = isRange && range > 0 && range < RANGE && (callback === undefined || typeof callback === 'function');
  // It says what is wrong.
  if (!isValid) return Reflect.apply(randomInt, crypto, args);
  const value = (min as number) + below(range);
  if (callback === undefined) return value;
  process.nextTick(callback as Callback, undefined, value);
  return undefined;
}

/** Makes `node:crypto` draw each number when it is asked for. */
export function drawLate(): void {
  crypto.randomInt = freshInt as typeof randomInt;
  crypto.randomUUID = (options) => randomUUID({ ...options, disableEntropyCache: true });
}
