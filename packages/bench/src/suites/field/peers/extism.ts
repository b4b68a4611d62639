/**
 * Extism in Node: a plugin is a WebAssembly module in V8. This one is a function without input, output or Extism's PDK.
 */
import type * as Extism from '@extism/extism';
import { loadPackage } from '../../../optional.js';
import { timedAsync } from '../../../timing.js';
import { assemble } from '../../backends/assemble.js';
import { groupOf, type Peer, spec } from '../peer.js';

const NAME = 'extism';
const PACKAGE = '@extism/extism';
// Node has it, but @types/node 20 does not declare it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const WAT = '(module (memory 1) (func (export "nothing") (result i32) (i32.const 0)))';

const group = groupOf(
  PACKAGE,
  [
    spec(
      `${NAME}.cold`,
      'wasm',
      ['c.call'],
      'createPlugin (Extism) of a small compiled WebAssembly module, null call, close',
    ),
    spec(`${NAME}.warm`, 'wasm', ['c.call'], 'null call in an existing Extism plugin, on the calling thread'),
    spec(
      `${NAME}.worker.warm`,
      'wasm',
      ['c.call'],
      'null call in an existing Extism plugin in a worker, where it can be interrupted',
    ),
  ],
  async () => {
    const { createPlugin } = await loadPackage<typeof Extism>(PACKAGE);
    const module = (await WebAssembly.compile(await assemble(WAT))) as never;
    const create = (runInWorker: boolean) => createPlugin({ wasm: [{ module }] }, { useWasi: false, runInWorker });
    const opened: { close(): Promise<void> }[] = [];
    const warm = async (runInWorker: boolean) => {
      const plugin = await create(runInWorker);
      opened.push(plugin);
      return timedAsync(() => plugin.call('nothing'));
    };
    const cold = async () => {
      const plugin = await create(false);
      try {
        await plugin.call('nothing');
      } finally {
        await plugin.close();
      }
    };
    return {
      makers: {
        [`${NAME}.cold`]: () => timedAsync(cold),
        [`${NAME}.warm`]: () => warm(false),
        [`${NAME}.worker.warm`]: () => warm(true),
      },
      end: async () => {
        for (const plugin of opened) await plugin.close();
      },
    };
  },
);

/** It does not run JavaScript, so it has no probe. */
export const peer: Peer = { name: NAME, package: PACKAGE, group };
