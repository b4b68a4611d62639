/** The JavaScript workloads without Colony: in this process by V8, and in the engine that kvm and wasm use. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';
import type * as Package from 'quickjs-wasi';
import { loadPackage } from '../../optional.js';

/** This suite's modules import nothing and export only functions, so they are scripts without `export`. */
const asScript = (source: string) => source.replaceAll(/^export /gm, '');
const exportsOf = (source: string) => [...source.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);

export function inNode<Exports>(source: string): Exports {
  return runInThisContext(`(() => { ${asScript(source)}\nreturn { ${exportsOf(source).join(', ')} }; })()`) as Exports;
}

/** quickjs-ng as its package offers it: one instance for all calls, without a reset between them. */
export class QuickJsInV8 {
  readonly #engine: Package.QuickJS;

  private constructor(engine: Package.QuickJS) {
    this.#engine = engine;
  }

  static async create(source: string): Promise<QuickJsInV8> {
    const { QuickJS } = await loadPackage<typeof Package>('quickjs-wasi');
    const wasm = await readFile(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'));
    const engine = await QuickJS.create({ wasm });
    engine.evalCode(asScript(source)).dispose();
    return new QuickJsInV8(engine);
  }

  /** Arguments and result are copied, as in a context. */
  call(name: string, argument: number | string | Uint8Array): unknown {
    const engine = this.#engine;
    const called = engine.getProp(engine.global, engine.newString(name));
    const passed = engine.hostToHandle(argument);
    const result = engine.callFunction(called, engine.undefined, passed);
    const value = argument instanceof Uint8Array ? result.toUint8Array().slice() : engine.dump(result);
    for (const handle of [called, passed, result] satisfies Package.JSValueHandle[]) handle.dispose();
    return value;
  }
}
