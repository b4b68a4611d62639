/** A JavaScript function that does nothing, fresh for every call: quickjs-emscripten by hand, and on each backend. */
import { js } from '@colony/core';
import type * as Package from 'quickjs-emscripten';
import { loadPackage } from '../../optional.js';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Sampler } from '../../types.js';
import { Contexts } from '../contexts.js';
import { spec } from '../spec.js';

const SHARED = 'ref.quickjs_emscripten.context';
const OWN = 'ref.quickjs_emscripten.module';
const SOURCE = 'export function nothing() {}';

/** Follows its documentation: makes a context, evaluates the program, calls it, disposes of it. */
function inContext(engine: Package.QuickJSWASMModule): void {
  const context = engine.newContext();
  try {
    context.unwrapResult(context.evalCode('function nothing() {}')).dispose();
    context.unwrapResult(context.evalCode('nothing()')).dispose();
  } finally {
    context.dispose();
  }
}

async function byHand(): Promise<Record<string, Sampler>> {
  const { newQuickJSWASMModule } = await loadPackage<typeof Package>('quickjs-emscripten');
  const engine = await newQuickJSWASMModule();
  return {
    [SHARED]: timed(() => inContext(engine)),
    [OWN]: timedAsync(async () => inContext(await newQuickJSWASMModule())),
  };
}

export const javascript: Group = {
  name: 'JavaScript',
  specs: [
    spec(SHARED, 'quickjs-emscripten by hand: new context, program, call, disposal; all contexts share one memory'),
    spec(OWN, 'the same in a WebAssembly module of its own, which is what keeps a memory bug in one context'),
    spec('wasm.js.callSync', 'callSync on the wasm backend, fresh', [OWN, SHARED]),
    spec('wasm.js.call', 'the same in a worker', [OWN, SHARED]),
    spec('kvm.js.callSync', 'callSync in a virtine, fresh', [OWN, SHARED]),
    spec('process.js.call', 'call in a jailed Node of its own, started ahead', [OWN, SHARED]),
  ],
  async open() {
    const contexts = new Contexts();
    const program = js(SOURCE);
    const reference = await byHand().catch((error: Error) => ({ [SHARED]: error, [OWN]: error }));
    const sync = (backend: string) =>
      contexts.sampler({ backend, program, pool: {} }, (context) => timed(() => context.callSync('nothing')));
    const async = (backend: string) =>
      contexts.sampler({ backend, program, pool: {} }, (context) => timedAsync(() => context.call('nothing')));
    return {
      samplers: {
        ...reference,
        'wasm.js.callSync': await sync('wasm'),
        'wasm.js.call': await async('wasm'),
        'kvm.js.callSync': await sync('kvm'),
        'process.js.call': await async('process'),
      },
      close: () => contexts.close(),
    };
  },
};
