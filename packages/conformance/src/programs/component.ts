/** The smallest useful component: a core module, and its export `add` lifted. */
import { component, type Program } from '@colony/core';
import { assemble } from './wat.js';

const MODULE = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))';
const S32 = 0x7a;

const name = (text: string) => [text.length, ...Buffer.from(text)];
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)]);
const section = (id: number, ...body: readonly number[]) => [id, ...leb(body.length), ...body];

/** The binary format is defined by Binary.md of https://github.com/WebAssembly/component-model. */
async function componentOf(module: Uint8Array): Promise<Uint8Array> {
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0],
    ...section(1, ...module),
    ...section(2, 1, 0, 0, 0), // one core instance: of module 0, without arguments
    ...section(6, 1, 0, 0, 1, 0, ...name('add')), // an alias of its core function
    ...section(7, 1, 0x40, 2, ...name('a'), S32, ...name('b'), S32, 0, S32), // func(a: s32, b: s32) -> s32
    ...section(8, 1, 0, 0, 0, 0, 0), // lifted: core function 0, no options, type 0
    ...section(11, 1, 0, ...name('add'), 1, 0, 0), // exported, without a type of its own
  ]);
}

export async function addComponent(): Promise<Program> {
  return component(await componentOf(await assemble(MODULE)));
}
