/** `__embedder`: what the guest's JavaScript runtime (core/src/guest) needs from below. See contracts.md. */
import type { Modules } from './modules.js';
import type { Native } from './table.js';
import { type Engine, JS_EXCEPTION, JS_UNDEFINED, type JsValue, type Pointer } from './values.js';

interface EmbedderFunction {
  readonly name: string;
  readonly length: number;
  readonly native: (engine: Engine, argv: Pointer, modules: Modules) => JsValue;
}

function hypercall(engine: Engine, argv: Pointer): JsValue {
  const request = engine.arrayBuffer(engine.argument(argv, 0));
  if (request === undefined) return JS_EXCEPTION;
  const reply = engine.host.hypercall(engine.instance.memory.subarray(request.at, request.at + request.length));
  const at = engine.copy(reply);
  const buffer = engine.newArrayBufferCopy(at, reply.length);
  engine.qjs['free']!(at);
  return buffer;
}

function utf8Encode(engine: Engine, argv: Pointer): JsValue {
  const text = engine.toUtf8(engine.argument(argv, 0));
  if (text === undefined) return JS_EXCEPTION;
  const buffer = engine.newArrayBufferCopy(text.at, text.length);
  engine.freeUtf8(text.at);
  return buffer;
}

function utf8Decode(engine: Engine, argv: Pointer): JsValue {
  const offset = engine.toUint32(engine.argument(argv, 1));
  const length = engine.toUint32(engine.argument(argv, 2));
  if (offset === undefined || length === undefined) return JS_EXCEPTION;
  // Last, because conversions may run code that shrinks it.
  const buffer = engine.arrayBuffer(engine.argument(argv, 0));
  if (buffer === undefined) return JS_EXCEPTION;
  if (offset > buffer.length || length > buffer.length - offset)
    return engine.throwRangeError("beyond the buffer's end");
  return engine.qjs['JS_NewStringLen']!(engine.context, buffer.at + offset, length) as JsValue;
}

function drainJobs(engine: Engine): JsValue {
  const { qjs, runtime } = engine;
  return engine.withCell((cell) => {
    for (;;) {
      const status = qjs['JS_ExecutePendingJob']!(runtime, cell) as number;
      if (status === 0) return JS_UNDEFINED;
      // A job that throws has nobody to tell; the promise that it belongs to is rejected all the same.
      if (status < 0) engine.free(qjs['JS_GetException']!(engine.context) as JsValue);
    }
  });
}

const FUNCTIONS: readonly EmbedderFunction[] = [
  { name: 'hypercall', length: 1, native: hypercall },
  { name: 'utf8Encode', length: 1, native: utf8Encode },
  { name: 'utf8Decode', length: 3, native: utf8Decode },
  {
    name: 'evalModule',
    length: 3,
    native: (engine, argv, modules) =>
      modules.evaluate(engine.argument(argv, 0), engine.argument(argv, 1), engine.argument(argv, 2)),
  },
  { name: 'drainJobs', length: 0, native: drainJobs },
];

/** In the order in which they lie in the function table. Each looks at the clock: the engine's code pays for a call. */
export function embedderFunctions(engine: Engine, modules: Modules): Native[] {
  return FUNCTIONS.map(({ native }) => (argv) => {
    engine.host.interrupt();
    return native(engine, argv, modules);
  });
}

/** The object itself; `table` has the functions' indices. */
export function newEmbedder(engine: Engine, table: readonly number[]): JsValue {
  const { qjs, context } = engine;
  const embedder = qjs['JS_NewObject']!(context) as JsValue;
  for (const [i, { name, length }] of FUNCTIONS.entries()) {
    const made = engine.withText(
      name,
      (at) => qjs['JS_NewCFunction2']!(context, table[i]!, at, length, 0, 0) as JsValue,
    );
    engine.setProperty(embedder, name, made);
  }
  return embedder;
}
