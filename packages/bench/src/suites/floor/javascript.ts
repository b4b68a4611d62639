/** JavaScript in a virtine, and the same function in engines with less isolation. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { js } from '@colony/core';
import type * as Package from 'quickjs-wasi';
import { loadPackage } from '../../optional.js';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { Contexts } from '../contexts.js';
import { spec } from '../spec.js';

const FIB = 20;
const ROWS = 1000;
const SOURCE = 'export function nothing() {}\nexport function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }';

const SPECS: readonly Spec[] = [
  spec('node.fib20', `fib(${FIB}) in JavaScript in this process, compiled by V8`, []),
  spec('ref.quickjs.fib20', `fib(${FIB}) in QuickJS, the engine of virtines, as WebAssembly in V8, without reset`, []),
  spec('kvm.js.callSync', 'callSync of a JavaScript function that does nothing, in a virtine, with full reset', [
    'c.entry',
    'c.hotset16',
  ]),
  spec(
    'kvm.js.call',
    'call (asynchronous) of a JavaScript function that does nothing, in a virtine on another thread',
    ['c.entry'],
  ),
  {
    ...spec(
      'kvm.js.call.added',
      'call less callSync of a JavaScript function that does nothing, in a virtine: the cost of another thread',
    ),
    derived: { from: ['kvm.js.callSync', 'kvm.js.call'], of: ([sync = 0, async = 0]) => async - sync },
  },
  spec('kvm.js.batch', `one of ${ROWS} rows in a callBatch of a JavaScript function that does nothing, in a virtine`, [
    'c.entry',
  ]),
  spec('kvm.js.fib20', `callSync of fib(${FIB}) in JavaScript, in a virtine, with full reset`, [
    'node.fib20',
    'ref.quickjs.fib20',
  ]),
];

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** The same engine, as its package offers it. */
async function quickjs(): Promise<Sampler> {
  const { QuickJS } = await loadPackage<typeof Package>('quickjs-wasi');
  const wasm = await readFile(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'));
  const engine = await QuickJS.create({ wasm });
  engine.evalCode(SOURCE.replaceAll('export ', '')).dispose();
  const call = `fib(${FIB})`;
  return timed(() => engine.evalCode(call).dispose());
}

export const javascript: Group = {
  name: 'JavaScript virtines',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    // Programs that differ by a comment: rows and recursion write more pages than an empty call.
    const create = (comment: string) => contexts.create({ program: js(`${SOURCE}\n// ${comment}`) });
    const [nothing, many, deep] = [await create('nothing'), await create('rows'), await create('fib')];
    const rows = Array.from({ length: ROWS }, () => []);
    const batch = timedAsync(() => many.callBatch('nothing', rows));
    return {
      samplers: {
        'node.fib20': timed(() => fib(FIB)),
        'ref.quickjs.fib20': await quickjs().catch((error: Error) => error),
        'kvm.js.callSync': timed(() => nothing.callSync('nothing')),
        'kvm.js.call': timedAsync(() => nothing.call('nothing')),
        'kvm.js.batch': async (count) => (await batch(count)).map((all) => all / ROWS),
        'kvm.js.fib20': timed(() => deep.callSync('fib', FIB)),
      },
      close: () => contexts.close(),
    };
  },
};
