/**
 * The first script of the guest's realm: removes globals that are not ECMAScript, and makes the `__embedder` of core's guest
 * runtime from `__raw`. It is bundled to text and runs inside the realm, before any code of the user.
 */
import { forgetMatches, keepEcmascriptOnly } from './ecmascript.js';
import { localeFree } from './locale.js';
import { RAW, type Raw } from './raw.js';

const inner = globalThis as unknown as Record<string, unknown>;
const raw = inner[RAW] as Raw;
delete inner[RAW];

keepEcmascriptOnly();
forgetMatches();
localeFree();

const { ArrayBuffer: Buffer, RangeError: Range } = globalThis;
const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!;
const { apply } = Reflect;

/** Replaces a stack overflow of the outer realm, its only exception that gets here, by one of the guest's realm. */
function outside<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw new Range('Maximum call stack size exceeded');
  }
}

function taken(length: number): ArrayBuffer {
  const buffer = new Buffer(length);
  outside(() => raw.take(buffer));
  return buffer;
}

inner['__embedder'] = {
  hypercall: (request: ArrayBuffer) => taken(outside(() => raw.hypercall(request))),
  utf8Encode: (text: string) => taken(outside(() => raw.encode(text))),
  utf8Decode(buffer: ArrayBuffer, offset: number, length: number): string {
    const most = apply(byteLength, buffer, []) as number;
    if (!(offset >= 0 && length >= 0 && offset + length <= most)) throw new Range("beyond the buffer's end");
    return outside(() => raw.decode(buffer, offset, length));
  },
  // Not a promise: fulfilling one with a namespace that exports `then` would call that function.
  evalModule: (filename: string, source: string, modules: Record<string, string>) => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is wanted
    then: (done: (namespace: object) => void, failed: (error: unknown) => void) =>
      outside(() => raw.evaluate(filename, source, modules, done, failed)),
  }),
  drainJobs: () => outside(() => raw.drain()),
};

const settled = Promise.resolve();
const { then } = Promise.prototype;
Object.defineProperty(globalThis, 'queueMicrotask', {
  value: function queueMicrotask(job: () => void) {
    if (typeof job !== 'function') throw new TypeError('queueMicrotask: not a function');
    apply(then, settled, [() => void job()]);
  },
  writable: true,
  enumerable: false,
  configurable: true,
});
