/** A guest in this process, for tests: quickjs-ng (the npm package quickjs-wasi) with the bundled runtime. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { type JSValueHandle, QuickJS } from 'quickjs-wasi';
import { GUEST_RUNTIME_FILENAME, guestRuntimeSource } from '../src/guest-runtime.js';

// Node has it, but @types/node 20 does not declare it.
declare const WebAssembly: { Module: new (bytes: Uint8Array) => never };

const require = createRequire(import.meta.url);
const wasm = new WebAssembly.Module(readFileSync(require.resolve('quickjs-wasi/quickjs.wasm')));
const EVAL_MODULE = 1;

export type Transport = (request: Uint8Array) => Uint8Array;

export class QuickJSGuest {
  #modules: Record<string, string> = {};
  #dispatch!: JSValueHandle;
  onHypercall: Transport = () => {
    throw new Error('no hypercalls here');
  };
  private constructor(readonly vm: QuickJS) {}

  static async create({
    interrupt,
    memory,
  }: {
    interrupt?: () => boolean;
    memory?: number;
  } = {}): Promise<QuickJSGuest> {
    let guest: QuickJSGuest;
    const vm = await QuickJS.create({
      wasm,
      moduleLoader: {
        normalize: (base: string, specifier: string) =>
          specifier.startsWith('.') ? posix.join(posix.dirname(base), specifier) : specifier,
        load: (name: string) => guest.#source(name),
      },
      ...(interrupt === undefined ? {} : { interruptHandler: interrupt }),
      ...(memory === undefined ? {} : { memoryLimit: memory }),
    });
    guest = new QuickJSGuest(vm);
    guest.#install();
    return guest;
  }

  #source(name: string): string {
    const source = this.#modules[name];
    if (source === undefined) throw new Error(`no module ${name}`);
    return source;
  }

  #install(): void {
    const { vm } = this;
    const embedder = vm.newObject();
    const define = (name: string, fn: (...args: JSValueHandle[]) => JSValueHandle) =>
      vm.setProp(
        embedder,
        name,
        vm.newFunction(name, (...args: JSValueHandle[]) => fn(...args)),
      );
    define('hypercall', (request) => vm.newArrayBuffer(this.onHypercall(request!.toUint8Array().slice())));
    define('utf8Encode', (text) => vm.newArrayBuffer(new TextEncoder().encode(text!.toString())));
    define('utf8Decode', (bytes, offset, length) => {
      const at = offset!.toNumber();
      return vm.newString(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(
          bytes!.toUint8Array().subarray(at, at + length!.toNumber()),
        ),
      );
    });
    define('evalModule', (filename, source, modules) => {
      const json = vm.callFunction(vm.evalCode('JSON.stringify'), vm.undefined, modules!);
      this.#modules = JSON.parse(json.toString());
      return vm.evalCode(source!.toString(), filename!.toString(), EVAL_MODULE);
    });
    define('drainJobs', () => {
      vm.executePendingJobs();
      return vm.undefined;
    });
    vm.setProp(vm.global, '__embedder', embedder);
    vm.evalCode(guestRuntimeSource(), GUEST_RUNTIME_FILENAME).dispose();
    this.#dispatch = vm.evalCode('(() => { const d = __dispatch; delete globalThis.__dispatch; return d; })()');
  }

  dispatch(frame: Uint8Array): Uint8Array {
    const { vm } = this;
    const input = vm.newArrayBuffer(frame);
    const output = vm.callFunction(this.#dispatch, vm.undefined, input);
    const bytes = output.toUint8Array().slice();
    output.dispose();
    input.dispose();
    return bytes;
  }

  dispose(): void {
    this.vm.dispose();
  }
}
