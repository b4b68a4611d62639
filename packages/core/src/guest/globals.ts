/** The globals of a guest program. Every capability is a hypercall that the policy decides. */
import { encodeBuffer } from '../wire/codec/index.js';
import { guestDecode } from '../wire/frames.js';
import { colony } from './colony.js';
import { defineGlobal } from './embedder.js';
import { fetch } from './fetch.js';
import { format } from './format.js';
import { host, hypercall } from './hypercall.js';
import { crypto, forgetSeed, random } from './random.js';

export function startOfCall(): void {
  forgetSeed();
}

/**
 * Makes a function look and act like one of the engine's. Its source text is hidden, and it is a constructor only if
 * `made` is. Bound functions have both properties.
 */
function builtIn<T extends (...args: never[]) => unknown>(name: string, length: number, made: T): T {
  const bound = made.bind(undefined) as T;
  return Object.defineProperties(bound, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
}

const now = builtIn('now', 0, () => hypercall('colony:clock', ['wall']) as number);

/** `Date` with the host's clock. Everything else is the engine's. */
function replaceDate(): void {
  const Real = Date;
  const { construct } = Reflect;
  function made(this: unknown, ...args: []) {
    if (new.target === undefined) return new Real(now()).toString();
    return construct(Real, args.length === 0 ? [now()] : args, new.target);
  }
  // `new.target` is the target of the bound function.
  made.prototype = Real.prototype;
  const Wrapped = builtIn('Date', 7, made);
  Object.defineProperties(Wrapped, {
    prototype: { value: Real.prototype },
    now: { value: now, writable: true, configurable: true },
    parse: { value: Real.parse, writable: true, configurable: true },
    UTC: { value: Real.UTC, writable: true, configurable: true },
  });
  Object.defineProperty(Real.prototype, 'constructor', { value: Wrapped, writable: true, configurable: true });
  defineGlobal('Date', Wrapped);
}

function makeConsole(): object {
  const log =
    (level: string) =>
    (...args: unknown[]) =>
      void hypercall('colony:console', [level, format(args)]);
  return { log: log('log'), info: log('info'), warn: log('warn'), error: log('error'), debug: log('debug') };
}

export function installGlobals(): void {
  replaceDate();
  Object.defineProperty(Math, 'random', { value: builtIn('random', 0, random), writable: true, configurable: true });
  defineGlobal('host', host);
  defineGlobal('console', makeConsole());
  defineGlobal('performance', { now: () => hypercall('colony:clock', ['monotonic']) });
  defineGlobal('crypto', crypto);
  defineGlobal('fetch', fetch);
  defineGlobal('structuredClone', (value: unknown) => guestDecode(encodeBuffer(value)));
  defineGlobal('colony', colony);
}
