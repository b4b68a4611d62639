/** JavaScript programs: quickjs-ng with core's guest runtime, one frame in, one frame out. */

import { GUEST_RUNTIME_FILENAME } from '@colony/core/guest-runtime';
import type { Guest, GuestFactory, GuestState } from '../guest/guest.js';
import { type GuestHost, RunEnd } from '../guest/host.js';
import type { PreparedModule } from '../prepare/prepared.js';
import { embedderFunctions, newEmbedder } from './embedder.js';
import { environment, wasi } from './imports.js';
import { Modules } from './modules.js';
import { addFunctions } from './table.js';
import { Engine, JS_EXCEPTION, JS_UNDEFINED, type JsValue, type Pointer } from './values.js';

export interface PreparedJs {
  readonly kind: 'js';
  readonly engine: PreparedModule;
  /** Source of the guest runtime. */
  readonly runtime: string;
}

/**
 * Bytes of the engine's own stack that JavaScript may use, as on the kvm backend. The host's stack must hold the frames
 * of such a recursion; see `RESOURCES` in run/lane.ts.
 */
const JS_STACK_SIZE = 512 * 1024;
/** Garbage that a call may make before the collector runs. The garbage of a fresh call vanishes with the call anyway. */
const GC_SLACK = 8 * 2 ** 20;
/**
 * Memory in the snapshot that the allocator has ready for a call. Growing the heap would cost a call of the host for each
 * 64 KiB, and the instance, because memory cannot shrink again.
 */
const HEAP_SLACK = 2 * 2 ** 20;
const EVAL_GLOBAL = 0;
const DISPATCH = 0;
const SOURCES = 1;

class JsGuest implements Guest {
  readonly #engine: Engine;
  readonly #modules: Modules;
  readonly #resize: Pointer;
  readonly #table: readonly number[];
  #dispatch: JsValue = JS_UNDEFINED;

  constructor(program: PreparedJs, host: GuestHost) {
    const engine = () => this.#engine;
    const modules = new Modules(engine);
    const imports = { env: { ...environment(engine), ...modules.imports }, wasi_snapshot_preview1: wasi(engine) };
    this.#modules = modules;
    this.#engine = new Engine(program.engine, imports, host);
    const functions = addFunctions(this.#engine, embedderFunctions(this.#engine, modules), this.#resized);
    this.#table = functions.natives;
    this.#resize = functions.resize;
  }

  get memory(): number {
    return this.#engine.instance.size;
  }

  get dirtyPages(): number {
    return this.#engine.instance.dirtyPages;
  }

  start(runtime: string): void {
    const engine = this.#engine;
    const { qjs } = engine;
    engine.instance.start();
    qjs['_initialize']!();
    if ((qjs['qjs_init']!() as number) !== 0) throw new RunEnd('ERR_INTERNAL', 'quickjs-ng did not start');
    this.#connect();
    qjs['qjs_set_max_stack_size']!(JS_STACK_SIZE);
    qjs['qjs_set_module_loader']!(1);
    this.#startRuntime(runtime);
    qjs['free']!(engine.alloc(HEAP_SLACK));
  }

  #connect(): void {
    const engine = this.#engine;
    engine.context = engine.qjs['qjs_get_context_ptr']!() as Pointer;
    engine.runtime = engine.qjs['qjs_get_runtime_ptr']!() as Pointer;
  }

  #startRuntime(source: string): void {
    const engine = this.#engine;
    const { qjs, context } = engine;
    const global = qjs['JS_GetGlobalObject']!(context) as JsValue;
    engine.setProperty(global, '__embedder', newEmbedder(engine, this.#table));
    const made = engine.withText(source, (text, length) =>
      engine.withText(
        GUEST_RUNTIME_FILENAME,
        (name) => qjs['JS_Eval']!(context, text, length, name, EVAL_GLOBAL) as JsValue,
      ),
    );
    if (made === JS_EXCEPTION) engine.dieOfException('the guest runtime failed to start');
    engine.free(made);
    this.#dispatch = engine.getProperty(global, '__dispatch');
    engine.deleteProperty(global, '__dispatch');
    engine.deleteProperty(global, '__embedder');
    engine.free(global);
  }

  serve(request: Uint8Array): Uint8Array {
    return this.#engine.instance.run(() => this.#serve(request));
  }

  #serve(request: Uint8Array): Uint8Array {
    const engine = this.#engine;
    const { qjs, context } = engine;
    const isLoad = this.#modules.sources === JS_UNDEFINED;
    const buffer = this.#newRequest(request);
    const value = engine.withCell((cell) => {
      engine.instance.writeU64(cell, buffer);
      return qjs['JS_Call']!(context, this.#dispatch, JS_UNDEFINED, 1, cell) as JsValue;
    });
    if (value === JS_EXCEPTION) engine.dieOfException('the guest runtime failed');
    const result = engine.arrayBuffer(value);
    if (result === undefined) return engine.dieOfException('the guest runtime gave no result');
    if (result.length > engine.host.limits.output) throw new RunEnd('ERR_LIMIT_OUTPUT', `${result.length} bytes`);
    const output = engine.instance.memory.slice(result.at, result.at + result.length);
    engine.free(value);
    engine.free(buffer);
    if (isLoad) this.#finishLoad();
    return output;
  }

  /** Not copied: the engine's memory becomes an ArrayBuffer, which is freed as JavaScript pleases. */
  #newRequest(request: Uint8Array): JsValue {
    const engine = this.#engine;
    const at = engine.copy(request);
    const args = [engine.context, at, request.length, 0, this.#resize, request.length, 0];
    const buffer = engine.qjs['JS_NewArrayBuffer']!(...args) as JsValue;
    if (buffer === JS_EXCEPTION) engine.dieOfException('no memory for a request');
    return buffer;
  }

  readonly #resized = (data: Pointer, capacity: number, size: number): Pointer => {
    const engine = this.#engine;
    engine.host.interrupt();
    const moved = size === 0 ? 0 : engine.alloc(size >>> 0);
    const kept = Math.min(capacity >>> 0, size >>> 0);
    if (kept > 0) {
      engine.instance.memory.copyWithin(moved, data >>> 0, (data >>> 0) + kept);
      engine.instance.wrote(moved, kept);
    }
    engine.qjs['free']!(data);
    return moved;
  };

  /** Nothing waits to be freed at the snapshot. */
  #finishLoad(): void {
    const { qjs, runtime } = this.#engine;
    qjs['JS_RunGC']!(runtime);
    qjs['JS_SetGCThreshold']!(runtime, (qjs['JS_GetGCThreshold']!(runtime) as number) + GC_SLACK);
  }

  freeze(): GuestState {
    return this.#engine.instance.freeze(this.#roots);
  }

  save(over: GuestState): GuestState {
    return this.#engine.instance.save(over, this.#roots);
  }

  get #roots(): readonly bigint[] {
    return [this.#dispatch, this.#modules.sources];
  }

  restore(state: GuestState): boolean {
    if (!this.#engine.instance.restore(state)) return false;
    this.#dispatch = state.roots[DISPATCH]!;
    this.#modules.sources = state.roots[SOURCES]!;
    this.#connect();
    return true;
  }
}

/** Without a state: the engine, started, with no program yet; its first frame has to be a load frame. */
export const jsGuest: GuestFactory<PreparedJs> = (program, host, state) => {
  const guest = new JsGuest(program, host);
  if (state === undefined) guest.start(program.runtime);
  else if (!guest.restore(state)) throw new RunEnd('ERR_INTERNAL', 'a state does not fit its engine');
  return guest;
};
