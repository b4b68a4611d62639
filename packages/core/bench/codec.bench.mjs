// Measures the codec and null calls on V8 and in quickjs-ng. Run: node packages/core/bench/codec.bench.mjs (after a
// build)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { QuickJS } from 'quickjs-wasi';
import '../dist/wire/codec/node.js';
import { concat, decode, encode, DEFAULT_CODEC_LIMITS as L } from '../dist/wire/codec/index.js';
import * as frames from '../dist/wire/frames.js';

const require = createRequire(import.meta.url);
const wasm = new WebAssembly.Module(readFileSync(require.resolve('quickjs-wasi/quickjs.wasm')));

function time(label, n, fn) {
  for (let i = 0; i < Math.min(n, 2000); i++) fn();
  const runs = [];
  for (let r = 0; r < 5; r++) {
    const t = process.hrtime.bigint();
    for (let i = 0; i < n; i++) fn();
    runs.push(Number(process.hrtime.bigint() - t) / n / 1000);
  }
  runs.sort((a, b) => a - b);
  console.log(label.padEnd(52), runs[2].toFixed(3), 'us');
}

const small = concat(encode([1, 'main', []])).slice();
const row = { id: 12345, name: 'a name', tags: ['x', 'y'], score: 1.5, ok: true, none: null };
const rows = Array.from({ length: 1000 }, (_, i) => ({ ...row, tags: ['x', 'y'], id: i }));
const rowBytes = concat(encode(rows)).slice();
const big = new Float64Array(2 ** 20);
const bigBytes = concat(encode(big));
time('V8 encode [1,"main",[]]', 200000, () => encode([1, 'main', []]));
time('V8 decode [1,"main",[]]', 200000, () => decode(small));
time('V8 encode 1000 rows', 200, () => encode(rows));
time('V8 decode 1000 rows', 200, () => decode(rowBytes));
time('V8 JSON.stringify 1000 rows', 200, () => JSON.stringify(rows));
time('V8 encode 8 MiB Float64Array', 200, () => encode(big));
time('V8 decode 8 MiB Float64Array', 20, () => decode(bigBytes));
if (process.argv[2] === 'libs') {
  const cborg = await import('cborg');
  time('V8 cborg encode+decode [1,"main",[]]', 20000, () => cborg.decode(cborg.encode([1, 'main', []])));
}

const vm = await QuickJS.create({ wasm });
const embedder = vm.newObject();
const def = (name, fn) => vm.setProp(embedder, name, vm.newFunction(name, fn));
def('hypercall', (r) => r);
def('utf8Encode', (t) => vm.newArrayBuffer(new TextEncoder().encode(t.toString())));
def('utf8Decode', (b, o, l) =>
  vm.newString(new TextDecoder().decode(b.toUint8Array().subarray(o.toNumber(), o.toNumber() + l.toNumber()))),
);
def('evalModule', (f, s) => vm.evalCode(s.toString(), f.toString(), 1));
def('realJobs', () => {
  vm.executePendingJobs();
  return vm.undefined;
});
vm.setProp(vm.global, '__e', embedder);
vm.evalCode(
  'globalThis.loading = true; const real = __e.realJobs; globalThis.__jobs = () => { if (globalThis.loading) real() }',
);
vm.setProp(embedder, 'drainJobs', vm.getProp(vm.global, vm.newString('__jobs')));
vm.setProp(vm.global, '__embedder', embedder);
const t = process.hrtime.bigint();
vm.evalCode(readFileSync(new URL('../dist/guest/runtime.js', import.meta.url), 'utf8'), 'colony:runtime');
console.log(
  'QuickJS start-up of the runtime'.padEnd(52),
  (Number(process.hrtime.bigint() - t) / 1000).toFixed(0),
  'us (once, cold wasm)',
);
const use = (name, frame) => {
  vm.setProp(vm.global, name, vm.newArrayBuffer(frame));
};
const load = concat(frames.encodeLoad('user.js', 'export const main = () => 0; export const id = (x) => x', {}));
use('LOAD', load);
vm.evalCode('globalThis.D = __dispatch; D(LOAD); loading = false');
use('NULL', concat(frames.encodeCall('main', [], L)));
use('ARGS', concat(frames.encodeCall('id', [20, 'abc', 1.5], L)));
use('ROWS', concat(frames.encodeCall('id', [rows.slice(0, 100)], L)));
use('BIG', concat(frames.encodeCall('id', [new Uint8Array(2 ** 20)], L)));
const inner = (label, n, frame) => {
  vm.evalCode(`globalThis.L${frame} = (n) => { for (let i = 0; i < n; i++) D(${frame}) }`);
  const fn = vm.getProp(vm.global, vm.newString(`L${frame}`));
  const count = vm.newNumber(n);
  time(label, 1, () => vm.callFunction(fn, vm.undefined, count));
};
console.log('(the next figures are for the number of calls given)');
// Discarded warm-up: V8 recompiles the engine's wasm while it runs hot.
inner('QuickJS warming up', 5000, 'NULL');
inner('QuickJS 1000 null calls, dispatch', 1000, 'NULL');
inner('QuickJS 1000 calls id(20,"abc",1.5)', 1000, 'ARGS');
inner('QuickJS 10 calls id(100 rows)', 10, 'ROWS');
inner('QuickJS 10 calls id(1 MiB)', 10, 'BIG');
