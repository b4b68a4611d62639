import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import '../src/wire/codec/node.js';
import { concat, DEFAULT_CODEC_LIMITS as L } from '../src/wire/codec/index.js';
import * as frames from '../src/wire/frames.js';
import { QuickJSGuest } from './quickjs-embedder.js';

let guest: QuickJSGuest;
const asked: frames.HypercallFrame[] = [];
let reply: (call: frames.HypercallFrame) => Uint8Array[] = () => frames.encodeReply(undefined, L);

beforeEach(async () => {
  guest = await QuickJSGuest.create();
  asked.length = 0;
  guest.onHypercall = (bytes) => {
    const call = frames.decodeHypercall(bytes, L);
    asked.push(call);
    return concat(reply(call));
  };
});
afterEach(() => guest.dispose());

const load = (source: string, modules = {}) =>
  frames.decodeLoadResult(guest.dispatch(concat(frames.encodeLoad('user.js', source, modules))), L);
const call = (name: string, ...args: unknown[]) =>
  frames.decodeResult(guest.dispatch(concat(frames.encodeCall(name, args, L))), L);

describe('the guest runtime', () => {
  it('loads a module and returns the names of its functions', () => {
    expect(load('export function a() {} export const b = 1; export default () => 2')).toEqual(['a', 'default']);
    expect(call('default')).toEqual([0, 2]);
  });
  it('imports are resolved among the modules', () => {
    const exported = load('import { x } from "./lib/x.js"; export const main = () => x', {
      'lib/x.js': 'export { y as x } from "./y.js"',
      'lib/y.js': 'export const y = 7',
    });
    expect(exported).toEqual(['main']);
    expect(call('main')).toEqual([0, 7]);
  });
  it("a clone within the guest is limited by the guest’s memory, and not by the host's charges", () => {
    load('export const f = () => structuredClone(Array.from({ length: 2e5 }, () => ({}))).length');
    expect(call('f')).toEqual([0, 200_000]);
  });
  it('objects with many keys and with indices cross unchanged', () => {
    const value = {
      5: 1,
      1023: 2,
      4294967294: 3,
      4294967295: 4,
      b: 5,
      ...Object.fromEntries([...'cdefghijklmnopqrstuvwxyz'].map((letter, i) => [letter, i])),
    };
    load('export const f = (x) => [x, Object.keys(x)]');
    expect(call('f', value)).toEqual([0, [value, Object.keys(value)]]);
  });
  it('the error for a missing export names the existing ones', () => {
    load('export function a() {}');
    const [failed, error] = call('toString') as unknown as [1, { code: string; message: string }];
    expect(failed).toBe(1);
    expect(error.code).toBe('ERR_NO_SUCH_EXPORT');
    expect(error.message).toContain('a');
  });
  it('async functions are awaited; a promise that cannot settle is an error', () => {
    load('export async function a(x) { await null; return x + 1 } export const never = () => new Promise(() => {})');
    expect(call('a', 1)).toEqual([0, 2]);
    expect(call('never')[1]).toMatchObject({ message: expect.stringContaining('never settle') });
  });
  it('errors have name, message and a stack of the user’s files only', () => {
    load('\n\nexport function a() { throw new TypeError("bad") }\nexport function b() { throw { x: 1 } }');
    const [, error] = call('a') as unknown as [1, { name: string; stack: string }];
    expect(error).toMatchObject({ name: 'TypeError', message: 'bad' });
    expect(error.stack).toContain('user.js:3');
    expect(error.stack).not.toContain('colony:runtime');
    expect(call('b')[1]).toMatchObject({ value: { x: 1 } });
  });
  it('a syntax error names file and line', () => {
    expect(load('let a = 1;\nlet = ;')).toMatchObject({
      name: 'SyntaxError',
      stack: expect.stringContaining('user.js:2'),
    });
  });
  it('a batch has one outcome a row, also for values that cannot cross', () => {
    load('export const f = (x) => { if (x === 1) throw Error("one"); return x === 2 ? () => {} : x }');
    const bytes = guest.dispatch(concat(frames.encodeBatch('f', [[0], [1], [2], [3]], L)));
    const rows = frames.decodeBatchResult(bytes, 4, L) as frames.Outcome[];
    expect(rows.map((row) => row[0])).toEqual([0, 1, 1, 0]);
    expect(rows[2]![1]).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
  });
  it('hypercalls block, and their errors are thrown', () => {
    load(
      'export const f = async (k) => [host.get(k), await host.get(k)]; export const g = () => { try { host.get(1) } catch (e) { return [e instanceof RangeError, e.code, e.message] } }',
    );
    reply = ({ args }) => frames.encodeReply([args[0], 'v'], L);
    expect(call('f', 'k')).toEqual([
      0,
      [
        ['k', 'v'],
        ['k', 'v'],
      ],
    ]);
    reply = () => frames.encodeErrorReply({ name: 'RangeError', message: 'no', code: 'E1' }, L);
    expect(call('g')).toEqual([0, [true, 'E1', 'no']]);
  });
  it('Math.random asks once a call, Date and console every time', () => {
    load(
      'export const f = () => [Math.random(), Math.random(), new Date().getTime(), Date.now()]; export const g = () => console.log("a", {b: [1n]})',
    );
    reply = ({ name }) => frames.encodeReply(name === 'colony:random' ? new Uint8Array(32).fill(7) : 5, L);
    const [, first] = call('f') as [0, number[]];
    expect(asked.map(({ name }) => name)).toEqual(['colony:random', 'colony:clock', 'colony:clock']);
    expect(first[0]).not.toBe(first[1]);
    expect(first.slice(2)).toEqual([5, 5]);
    expect(call('f')[1]).toEqual(first);
    call('g');
    expect(asked.at(-1)!.args).toEqual(['log', 'a { b: [ 1n ] }']);
  });
  it('the embedder is hidden, and values of every kind pass', () => {
    load('export const f = () => [typeof __embedder, typeof __dispatch]; export const id = (x) => x');
    expect(call('f')).toEqual([0, ['undefined', 'undefined']]);
    const value = [
      undefined,
      null,
      -0,
      Number.NaN,
      2n ** 70n,
      -5n,
      'é\ud800',
      'x'.repeat(100),
      new Date(5),
      /a/gi,
      new Map([[1, { a: 1 }]]),
      new Set([1]),
      new Float64Array([1.5]),
      new Uint8Array(9000),
      new DataView(new ArrayBuffer(3)),
      new ArrayBuffer(2),
      JSON.parse('{"__proto__":1}'),
    ];
    expect(call('id', value)).toEqual([0, value]);
    const loop: unknown[] = [];
    loop.push(loop, loop);
    const [, back] = call('id', loop) as [0, unknown[]];
    expect(back[0]).toBe(back);
    let deep: unknown = 1;
    for (let i = 0; i < 120; i++) deep = [deep];
    expect(call('id', deep)).toEqual([0, deep]);
  });
  it('tampering with prototypes affects only the program', () => {
    load(
      'Array.prototype.push = Map.prototype.set = Array.prototype.includes = () => { throw 1 }; Object.prototype.toString = null; export const id = (x) => x',
    );
    expect(call('id', { a: [1] })).toBeDefined();
  });
});
