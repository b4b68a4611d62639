/** What a guest program finds in its global object. Every capability is a hypercall that the policy decides. */
import { encodeBuffer } from '../codec/index.js';
import { guestDecode } from '../frames.js';
import { defineGlobal, embedder } from './embedder.js';
import { fetch } from './fetch.js';
import { format } from './format.js';
import { host, hypercall } from './hypercall.js';
import { crypto, forgetSeed, random } from './random.js';

export function startOfCall(): void {
  forgetSeed();
}

/**
 * Looks and acts like a function of the engine's own: its text is not told, and it is a constructor only where `made` is.
 * Bound functions are what gives both.
 */
function builtIn<T extends (...args: never[]) => unknown>(name: string, length: number, made: T): T {
  const bound = made.bind(undefined) as T;
  return Object.defineProperties(bound, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
}

const now = builtIn('now', 0, () => hypercall('colony:clock', ['wall']) as number);

/** `Date` with the host's clock; everything else is the engine's own. */
function replaceDate(): void {
  const Real = Date;
  const { construct } = Reflect;
  function made(this: unknown, ...args: []) {
    if (new.target === undefined) return new Real(now()).toString();
    return construct(Real, args.length === 0 ? [now()] : args, new.target);
  }
  // `new.target` is the function behind the bound one.
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

function makeFs(): object {
  return Object.freeze({
    read: (path: string) => hypercall('colony:fs.read', [path]),
    readText: (path: string) => {
      const bytes = hypercall('colony:fs.read', [path]) as Uint8Array;
      return embedder.utf8Decode(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    },
    write: (path: string, content: string | Uint8Array) => void hypercall('colony:fs.write', [path, content]),
    list: (path: string) => hypercall('colony:fs.list', [path]),
    stat: (path: string) => hypercall('colony:fs.stat', [path]),
  });
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
  defineGlobal('colony', Object.freeze({ env: (name: string) => hypercall('colony:env', [name]), fs: makeFs() }));
}
