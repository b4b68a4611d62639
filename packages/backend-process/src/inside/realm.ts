/**
 * The guest's realm: a `vm` context with ECMAScript's globals and core's guest runtime. It makes programs behave alike on all
 * backends. It does not confine them: the jail around the process does.
 */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import vm from 'node:vm';
import { headroom, hideFrames, Modules, SyntaxErrors } from '@colony/core/node-guest';
import { type Dispatch, type Inner, RAW, type Raw } from './raw.js';

/** The text of prelude.ts, which the bundler inserts. */
declare const COLONY_PRELUDE: string;

/** Sends a hypercall's request frame and blocks until the reply is there. */
export type Hypercall = (request: Uint8Array) => Uint8Array;

/** One frame in, one frame out. */
export type Serve = (request: Uint8Array) => Uint8Array;

const RUNTIME = 'colony:runtime';

const { then } = Promise.prototype;

/** Runs the promise jobs of all realms at once, until there are none. Node has it for its own main loop. */
const runJobs = (process as unknown as { _tickCallback(): void })._tickCallback;

function newContext(): vm.Context {
  const { DONT_CONTEXTIFY } = vm.constants as unknown as { DONT_CONTEXTIFY?: symbol };
  if (DONT_CONTEXTIFY === undefined) throw new Error(`Node ${process.version} is too old: 20.19 is needed`);
  return vm.createContext(DONT_CONTEXTIFY as never, { codeGeneration: { strings: true, wasm: false } });
}

function newRaw(modules: Modules, hypercall: Hypercall): Raw {
  let stash = new Uint8Array(0);
  const keep = (bytes: Uint8Array) => {
    stash = bytes as Uint8Array<ArrayBuffer>;
    return bytes.length;
  };
  return {
    hypercall(request) {
      headroom();
      return keep(hypercall(new Uint8Array(request)));
    },
    encode: (text) => keep(Buffer.from(text, 'utf8')),
    take(into) {
      new Uint8Array(into).set(stash);
      stash = new Uint8Array(0);
    },
    decode: (bytes, offset, length) => Buffer.from(bytes, offset, length).toString('utf8'),
    evaluate(filename, source, table, done, failed) {
      Reflect.apply(then, modules.main(filename, source, table), [done, failed]);
    },
    drain: () => runJobs(),
  };
}

/**
 * `import()` returns a promise of Node's realm. This makes it look like one of the guest's realm, and leads to no other
 * object of Node's.
 */
function disguisePromises(prototype: object): void {
  for (const key of Reflect.ownKeys(Promise.prototype)) Reflect.deleteProperty(Promise.prototype, key);
  Object.setPrototypeOf(Promise.prototype, prototype);
}

/** Makes the realm. `ownProcess`: nothing else runs in this process, so Node's promises may be changed. */
export function createRealm(runtime: string, hypercall: Hypercall, ownProcess: boolean): Serve {
  const context = newContext();
  const inTheRealm = (source: string, filename: string): unknown => vm.runInContext(source, context, { filename });
  const global = inTheRealm('globalThis', 'colony:prelude') as Record<string, unknown>;
  const newBuffer = inTheRealm('(length) => new ArrayBuffer(length)', 'colony:prelude') as Inner['newBuffer'];
  const newError = inTheRealm(
    '{ const types = { ReferenceError, TypeError, RangeError }; (name, message) => new types[name](message); }',
    'colony:prelude',
  ) as Inner['newError'];
  hideFrames([__filename, 'colony:prelude']);
  if (ownProcess) disguisePromises(inTheRealm('Promise.prototype', 'colony:prelude') as object);
  global[RAW] = newRaw(new Modules({ context, newError, syntaxErrors: new SyntaxErrors(__filename) }), hypercall);
  inTheRealm(COLONY_PRELUDE, 'colony:prelude');
  inTheRealm(runtime, RUNTIME);
  const dispatch = global['__dispatch'] as Dispatch;
  delete global['__dispatch'];
  return (request) => {
    const buffer = newBuffer(request.length);
    new Uint8Array(buffer).set(request);
    return new Uint8Array(dispatch(buffer));
  };
}
