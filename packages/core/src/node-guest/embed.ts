/** The embedder of the guest's runtime, made of Node's own functions. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { builtinModules } from './builtins.js';
import { hypercall } from './channel.js';
import { headroom } from './headroom.js';
import { wait } from './loop.js';
import { Modules } from './modules.js';
import { drawLate } from './random.js';
import { hideFrames } from './stack.js';
import { SyntaxErrors } from './syntax-error.js';

const ERRORS = { ReferenceError, TypeError };
const modules = new Modules({
  syntaxErrors: new SyntaxErrors(__filename),
  newError: (name, message) => new ERRORS[name](message),
  outside: builtinModules(__filename),
});

/** Runs the promise jobs until there are none. Node has it for its own main loop. */
const drainJobs = (process as unknown as { _tickCallback(): void })._tickCallback;

function exact(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

const EMBEDDER = {
  hypercall(request: ArrayBuffer) {
    headroom();
    return hypercall(request);
  },
  utf8Encode: (text: string) => exact(Buffer.from(text, 'utf8')),
  utf8Decode: (bytes: ArrayBuffer, offset: number, length: number) =>
    Buffer.from(bytes, offset, length).toString('utf8'),
  evalModule: (filename: string, source: string, table: Record<string, string>) => ({
    // Not a promise: fulfilling one with a namespace that exports `then` would call that function.
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is wanted
    then(done: (namespace: object) => void, failed: (error: unknown) => void) {
      modules.main(filename, source, table).then(done, failed);
    },
  }),
  drainJobs: () => drainJobs.call(process),
  wait,
};

/** Prepares this realm for the runtime, which is evaluated next. `scripts`: the files whose frames a guest does not see. */
export function embed(scripts: readonly string[]): void {
  hideFrames(scripts);
  drawLate();
  (globalThis as Record<string, unknown>)['__embedder'] = EMBEDDER;
}
