/** A WebAssembly module, fresh for every call: by hand in V8, and on each backend. */
import { wasm } from '@colony/core';
import { timed, timedAsync } from '../../timing.js';
import type { Group } from '../../types.js';
import { Contexts } from '../contexts.js';
import { spec } from '../spec.js';
import { assemble } from './assemble.js';

// Node has it, but @types/node 20 does not declare it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
};

const BY_HAND = 'ref.wasm.instance';
const WAT =
  '(module (memory 1) (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))';

export const modules: Group = {
  name: 'WebAssembly modules',
  specs: [
    spec(
      BY_HAND,
      'new WebAssembly.Instance by hand, of a compiled module with a page of memory, and a call of add(2, 3)',
    ),
    spec('wasm.module.callSync', 'callSync of add(2, 3) in a WebAssembly module, on the wasm backend, fresh', [
      BY_HAND,
    ]),
    spec(
      'wasm.module.call',
      'call (asynchronous) of add(2, 3) in a WebAssembly module, in a worker of the wasm backend, fresh',
      [BY_HAND],
    ),
    spec(
      'kvm.module.callSync',
      'callSync of add(2, 3) in a WebAssembly module compiled ahead of time, in a virtine, fresh',
      [BY_HAND],
    ),
    spec(
      'process.module.call',
      'call of add(2, 3) in a WebAssembly module compiled ahead of time, in a fork of its zygote',
      [BY_HAND],
    ),
  ],
  async open() {
    const contexts = new Contexts();
    const bytes = await assemble(WAT);
    const module = new WebAssembly.Module(bytes);
    const program = wasm(bytes);
    const byHand = () =>
      (new WebAssembly.Instance(module, {}).exports as { add(a: number, b: number): number }).add(2, 3);
    return {
      samplers: {
        [BY_HAND]: timed(byHand),
        'wasm.module.callSync': await contexts.sampler({ backend: 'wasm', program, pool: {} }, (context) =>
          timed(() => context.callSync('add', 2, 3)),
        ),
        'wasm.module.call': await contexts.sampler({ backend: 'wasm', program, pool: {} }, (context) =>
          timedAsync(() => context.call('add', 2, 3)),
        ),
        'kvm.module.callSync': await contexts.sampler({ program }, (context) =>
          timed(() => context.callSync('add', 2, 3)),
        ),
        'process.module.call': await contexts.sampler({ backend: 'process', program, pool: {} }, (context) =>
          timedAsync(() => context.call('add', 2, 3)),
        ),
      },
      close: () => contexts.close(),
    };
  },
};
