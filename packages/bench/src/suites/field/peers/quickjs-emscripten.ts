import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { QuickJSContext, QuickJSWASMModule } from 'quickjs-emscripten';
import type { Probed } from '../../../isolation/probed.js';
import { loadPackage } from '../../../optional.js';
import { timed, timedAsync } from '../../../timing.js';
import { DEADLINE, FIB, groupOf, type Peer, SHORT, SOURCE, spec } from '../peer.js';

type Package = typeof import('quickjs-emscripten');

// Node has it, but @types/node 20 does not declare it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const NAME = 'quickjs_emscripten';
const PACKAGE = 'quickjs-emscripten';

const run = (context: QuickJSContext, source: string) => context.unwrapResult(context.evalCode(source)).dispose();

function fresh(engine: QuickJSWASMModule): void {
  const context = engine.newContext();
  try {
    run(context, SOURCE);
    run(context, 'nothing()');
  } finally {
    context.dispose();
  }
}

/** Makes modules of the engine from one compiled module, as its documentation shows for other platforms. */
async function compiledOnce({ newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC }: Package) {
  // The engine is a dependency of that package.
  const { resolve } = createRequire(createRequire(import.meta.url).resolve(PACKAGE));
  const bytes = await readFile(resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
  const variant = newVariant(RELEASE_SYNC, { wasmModule: (await WebAssembly.compile(bytes)) as never });
  return () => newQuickJSWASMModuleFromVariant(variant);
}

/** An existing context, and calls of its functions. */
function calling(context: QuickJSContext) {
  run(context, SOURCE);
  const sampler = (name: string, ...args: number[]) => {
    const called = context.getProp(context.global, name);
    const numbers = args.map((argument) => context.newNumber(argument));
    handles.push(called, ...numbers);
    const call = () => context.unwrapResult(context.callFunction(called, context.undefined, ...numbers)).dispose();
    return timed(call, args.length === 0 ? SHORT : 1);
  };
  const handles: { dispose(): void }[] = [];
  const end = () => {
    for (const handle of handles) handle.dispose();
    context.dispose();
  };
  return { sampler, end };
}

const BOUNDARY = 'engine in wasm';

const group = groupOf(
  PACKAGE,
  [
    spec(
      `${NAME}.module`,
      BOUNDARY,
      ['c.call'],
      'new WebAssembly module and context of quickjs-emscripten, program, null call, disposal',
    ),
    spec(
      `${NAME}.instance`,
      BOUNDARY,
      ['c.call'],
      'new instance of a compiled quickjs-emscripten module, context, program, null call, disposal',
    ),
    spec(
      `${NAME}.context`,
      BOUNDARY,
      ['c.call'],
      'new quickjs-emscripten context in a memory that all contexts share, program, null call, disposal',
    ),
    spec(`${NAME}.warm`, BOUNDARY, ['c.call'], 'null call in an existing quickjs-emscripten context'),
    spec(`${NAME}.fib${FIB}`, BOUNDARY, ['node.fib20'], `fib(${FIB}) in an existing quickjs-emscripten context`),
  ],
  async () => {
    const quickjs = await loadPackage<Package>(PACKAGE);
    const { newQuickJSWASMModule } = quickjs;
    const engine = await newQuickJSWASMModule();
    const kept = calling(engine.newContext());
    return {
      makers: {
        [`${NAME}.module`]: () => timedAsync(async () => fresh(await newQuickJSWASMModule())),
        [`${NAME}.instance`]: async () => {
          const instance = await compiledOnce(quickjs);
          return timedAsync(async () => fresh(await instance()));
        },
        [`${NAME}.context`]: () => timed(() => fresh(engine)),
        [`${NAME}.warm`]: () => kept.sampler('nothing'),
        [`${NAME}.fib${FIB}`]: () => kept.sampler('fib', FIB),
      },
      end: kept.end,
    };
  },
);

const probe = async (): Promise<Probed> => {
  const { newQuickJSWASMModule, shouldInterruptAfterDeadline } = await loadPackage<Package>(PACKAGE);
  const context = (await newQuickJSWASMModule()).newContext();
  context.runtime.setMemoryLimit(64 * 2 ** 20);
  return {
    evaluate: async (source) => {
      context.runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + DEADLINE));
      const handle = context.unwrapResult(context.evalCode(source));
      try {
        return context.dump(handle);
      } finally {
        handle.dispose();
      }
    },
    close: async () => context.dispose(),
  };
};

export const peer: Peer = { name: NAME, package: PACKAGE, group, probe };
