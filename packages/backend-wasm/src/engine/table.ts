/**
 * Adds host functions to the engine's function table. A table takes WebAssembly functions only, so a module of a few
 * bytes stands between: each of its functions calls one import with its own number.
 */
import { ByteWriter } from '../prepare/bytes.js';
import type { Engine, JsValue, Pointer } from './values.js';

/** A C function of quickjs-ng. Arguments that the caller left out are undefined. */
export type Native = (argv: Pointer) => JsValue;
/** Resizes an ArrayBuffer's memory, or frees it if the size is 0. */
export type Resize = (data: Pointer, capacity: number, size: number) => Pointer;

const I32 = 0x7f;
const I64 = 0x7e;
const LOCAL_GET = 0x20;
const I32_CONST = 0x41;
const CALL = 0x10;
const END = 0x0b;
const TYPES = [
  [0x60, 2, I32, I32, 1, I64], // 0: call(number, argv)
  [0x60, 3, I32, I32, I32, 1, I32], // 1: resize(data, capacity, size)
  [0x60, 4, I32, I64, I32, I32, 1, I64], // 2: JSCFunction(context, this, argc, argv)
  [0x60, 4, I32, I32, I32, I32, 1, I32], // 3: resize(runtime, capacity, data, size)
];

function section(out: ByteWriter, id: number, count: number, content: ByteWriter): void {
  const body = new ByteWriter().u32(count).raw(content.view());
  out.byte(id).u32(body.length).raw(body.view());
}

function bridge(functions: number): Uint8Array {
  const out = new ByteWriter().raw([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const types = new ByteWriter();
  for (const type of TYPES) types.raw(type);
  section(out, 1, TYPES.length, types);
  const imports = new ByteWriter().name('m').name('call').raw([0, 0]).name('m').name('resize').raw([0, 1]);
  section(out, 2, 2, imports);
  const declared = new ByteWriter();
  const exported = new ByteWriter();
  const code = new ByteWriter();
  for (let i = 0; i < functions; i++) {
    declared.byte(2);
    exported
      .name(String(i))
      .byte(0)
      .u32(2 + i);
    code.raw([8, 0, I32_CONST, i, LOCAL_GET, 3, CALL, 0, END]);
  }
  declared.byte(3);
  exported
    .name('resize')
    .byte(0)
    .u32(2 + functions);
  code.raw([10, 0, LOCAL_GET, 2, LOCAL_GET, 1, LOCAL_GET, 3, CALL, 1, END]);
  section(out, 3, functions + 1, declared);
  section(out, 7, functions + 1, exported);
  section(out, 10, functions + 1, code);
  return out.take();
}

let compiled: WebAssembly.Module | undefined;

/** @returns the indexes of the functions and of `resize` in the table */
export function addFunctions(
  engine: Engine,
  natives: readonly Native[],
  resize: Resize,
): { natives: number[]; resize: number } {
  compiled ??= new WebAssembly.Module(bridge(natives.length) as Uint8Array<ArrayBuffer>);
  const call = (number: number, argv: Pointer) => natives[number]!(argv >>> 0);
  const { exports } = new WebAssembly.Instance(compiled, { m: { call, resize } });
  const table = engine.instance.exports['__indirect_function_table'] as WebAssembly.Table;
  const add = (name: string): number => {
    const index = table.grow(1);
    table.set(index, exports[name]);
    return index;
  };
  return { natives: natives.map((_, i) => add(String(i))), resize: add('resize') };
}
