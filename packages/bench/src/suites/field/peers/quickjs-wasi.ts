import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { QuickJS } from 'quickjs-wasi';
import type { Probed } from '../../../isolation/probed.js';
import { loadPackage } from '../../../optional.js';
import { timed, timedAsync } from '../../../timing.js';
import { DEADLINE, FIB, groupOf, type Peer, SHORT, SOURCE, spec } from '../peer.js';

// Node has it, but @types/node 20 does not declare it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const NAME = 'quickjs_wasi';
const PACKAGE = 'quickjs-wasi';
const BOUNDARY = 'engine in wasm';

/** Compiled once: every engine is an instance of this module. */
async function engines() {
  const { QuickJS: Engine } = await loadPackage<{ QuickJS: typeof QuickJS }>(PACKAGE);
  const bytes = await readFile(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'));
  return { Engine, wasm: (await WebAssembly.compile(bytes)) as never };
}

const group = groupOf(
  PACKAGE,
  [
    spec(
      `${NAME}.cold`,
      BOUNDARY,
      ['c.call'],
      'new quickjs-wasi engine from a compiled module, program, null call, disposal',
    ),
    spec(
      `${NAME}.snapshot`,
      BOUNDARY,
      ['c.call'],
      'quickjs-wasi engine restored from a snapshot with the program, null call, disposal',
    ),
    spec(`${NAME}.warm`, BOUNDARY, ['c.call'], 'null call in an existing quickjs-wasi engine'),
    spec(`${NAME}.fib${FIB}`, BOUNDARY, ['node.fib20'], `fib(${FIB}) in an existing quickjs-wasi engine`),
  ],
  async () => {
    const { Engine, wasm } = await engines();
    const kept = await Engine.create(wasm);
    kept.evalCode(SOURCE).dispose();
    const frozen = kept.snapshot();
    const nothing = kept.global.getProp('nothing');
    const fib = kept.global.getProp('fib');
    const number = kept.newNumber(FIB);
    const cold = async () => {
      const engine = await Engine.create(wasm);
      engine.evalCode(SOURCE).dispose();
      engine.evalCode('nothing()').dispose();
      engine.dispose();
    };
    const restored = async () => {
      const engine = await Engine.restore(frozen, wasm);
      engine.evalCode('nothing()').dispose();
      engine.dispose();
    };
    return {
      makers: {
        [`${NAME}.cold`]: () => timedAsync(cold),
        [`${NAME}.snapshot`]: () => timedAsync(restored),
        [`${NAME}.warm`]: () => timed(() => kept.callFunction(nothing, kept.undefined).dispose(), SHORT),
        [`${NAME}.fib${FIB}`]: () => timed(() => kept.callFunction(fib, kept.undefined, number).dispose()),
      },
      end: () => kept.dispose(),
    };
  },
);

const probe = async (): Promise<Probed> => {
  const { Engine, wasm } = await engines();
  let until = 0;
  const engine = await Engine.create({
    wasm,
    memoryLimit: 64 * 2 ** 20,
    interruptHandler: () => Date.now() > until,
  });
  return {
    evaluate: async (source) => {
      until = Date.now() + DEADLINE;
      const handle = engine.evalCode(source);
      try {
        return engine.dump(handle);
      } finally {
        handle.dispose();
      }
    },
    close: async () => engine.dispose(),
  };
};

export const peer: Peer = { name: NAME, package: PACKAGE, group, probe };
