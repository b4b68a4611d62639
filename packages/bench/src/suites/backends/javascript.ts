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
    spec(
      SHARED,
      'quickjs-emscripten by hand: new context in a memory that all contexts share, program, null call, disposal',
    ),
    spec(OWN, 'quickjs-emscripten by hand: new WebAssembly module and context, program, null call, disposal'),
    spec('wasm.js.callSync', 'callSync of a JavaScript function that does nothing, on the wasm backend, fresh', [
      OWN,
      SHARED,
    ]),
    spec(
      'wasm.js.call',
      'call (asynchronous) of a JavaScript function that does nothing, in a worker of the wasm backend, fresh',
      [OWN, SHARED],
    ),
    spec('kvm.js.callSync', 'callSync of a JavaScript function that does nothing, in a virtine, fresh', [OWN, SHARED]),
    spec('process.js.call', 'call of a JavaScript function that does nothing, in a jailed Node process started ahead', [
      OWN,
      SHARED,
    ]),
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
