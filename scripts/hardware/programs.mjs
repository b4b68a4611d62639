// The programs for the emulated machine, one of each kind, and the part of their build that runs on the host.
import { join } from 'node:path';
import { buildC, buildWasmImage } from '@colony/backend-kvm';
import { js, native, wasm } from '@colony/core';
import { buildFloor } from '../../packages/bench/dist/floor-process.js';
import { root } from '../lib/run.mjs';

const cFile = (/** @type {string} */ name) => join(root, 'packages/bench/programs', name);

/** `(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))` */
const ADD = Uint8Array.from(
  Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex'),
);

export const javascript = js(`
  let calls = 0;
  export const nothing = () => {};
  export const count = () => ++calls;
  export const ask = (value) => host.ask(value);
  export const loop = () => { for (;;); };`);
export const asking = native.c(cFile('asks.c'));
export const nothing = native.c(cFile('null.c'));
export const add = wasm(ADD);

/** Compiles on the host, because a compiler takes minutes on the machine. The caches hold the images. */
export async function buildPrograms() {
  for (const name of ['asks.c', 'null.c']) await buildC({ file: cFile(name) });
  await buildWasmImage({ module: ADD });
  buildFloor();
}
