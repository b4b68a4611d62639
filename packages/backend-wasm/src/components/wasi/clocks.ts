/** wasi:clocks and wasi:random: the host's clock and random numbers, as far as they are granted. */
import { askPlain, type WasiContext } from './context.js';
import { Pollable } from './io.js';

const NANOSECONDS = 1e6;
/** `performance.now` and `Date.now`, in nanoseconds. */
const MONOTONIC_RESOLUTION = 1000n;
const WALL_RESOLUTION = { seconds: 0n, nanoseconds: 1_000_000 };

const monotonic = (context: WasiContext): bigint =>
  BigInt(Math.round((askPlain(context, 'colony:clock', ['monotonic']) as number) * NANOSECONDS));

export function monotonicClock(context: WasiContext) {
  const subscribe = (when: bigint) => {
    // A clock that the policy holds still never comes there: sleeping then takes no time.
    let last = -1n;
    return new Pollable(context, () => {
      const now = monotonic(context);
      const still = now === last;
      last = now;
      return now >= when || still;
    });
  };
  return {
    now: () => monotonic(context),
    resolution: () => MONOTONIC_RESOLUTION,
    subscribeInstant: subscribe,
    subscribeDuration: (duration: bigint) => subscribe(monotonic(context) + duration),
  };
}

export function wallClock(context: WasiContext) {
  return {
    now() {
      const time = askPlain(context, 'colony:clock', ['wall']) as number;
      const seconds = Math.floor(time / 1000);
      return { seconds: BigInt(seconds), nanoseconds: Math.round((time - seconds * 1000) * NANOSECONDS) };
    },
    resolution: () => WALL_RESOLUTION,
  };
}

/** Most bytes that one hypercall gives. */
const MOST_RANDOM = 65_536;

function randomBytes(context: WasiContext, length: bigint): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = length; left > 0n; left -= BigInt(MOST_RANDOM)) {
    const part = left < MOST_RANDOM ? Number(left) : MOST_RANDOM;
    parts.push(askPlain(context, 'colony:random', [part]) as Uint8Array);
  }
  return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts));
}

const randomU64 = (context: WasiContext): bigint =>
  new DataView(randomBytes(context, 8n).slice().buffer).getBigUint64(0, true);

export function random(context: WasiContext) {
  return {
    getRandomBytes: (length: bigint) => randomBytes(context, length),
    getRandomU64: () => randomU64(context),
    getInsecureRandomBytes: (length: bigint) => randomBytes(context, length),
    getInsecureRandomU64: () => randomU64(context),
    insecureSeed: () => [randomU64(context), randomU64(context)],
  };
}
