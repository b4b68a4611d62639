/** Modules that falsely claim to be C built by Colony: passed as such, or loaded from a snapshot file. */
import { assemble, fails } from '@colony/conformance';
import { createContext, native } from '@colony/core';
import { describe, expect, it } from 'vitest';

const STACK = '(global (export "__stack_pointer") (mut i32) (i32.const 65536))';
const EXPORTS = {
  _initialize: '(func (export "_initialize"))',
  colony_request: '(func (export "colony_request") (param i32) (result i32) i32.const 1024)',
  colony_serve: '(func (export "colony_serve") (param i32) (result i64) i64.const 0)',
  colony_row: '(func (export "colony_row") (param i32))',
};

/** A module as Colony builds it, with the given parts replaced. */
const moduleWith = (parts: Partial<typeof EXPORTS & { imports: string; stack: string }>) =>
  assemble(
    `(module ${parts.imports ?? ''} (memory (export "memory") 1) ${parts.stack ?? STACK}
      ${Object.values({ ...EXPORTS, ...parts, imports: '', stack: '' }).join('\n')})`,
  );

const make = async (parts: Parameters<typeof moduleWith>[0]) =>
  createContext({ backend: 'wasm', program: native.fat({ wasm32: await moduleWith(parts) }) });

describe('a module that claims to be C', () => {
  it('starts if it has the parts of a C module', async () => {
    // It runs until it must report its exports, and its answer is not a frame.
    await fails('ERR_GUEST_PROTOCOL', () => make({}));
  });

  it.each([
    ['a function of another name', '(import "colony" "hypercal1" (func (param i32 i32 i32 i32 i32) (result i64)))'],
    ['a function of another module', '(import "wasi" "hypercall" (func (param i32 i32 i32 i32 i32) (result i64)))'],
    ['a name that every object has', '(import "colony" "constructor" (func))'],
    ['a function of another type', '(import "colony" "hypercall" (func (param i64 i32 i32 i32 i32) (result i64)))'],
    ['a global', '(import "colony" "abort" (global i32))'],
    ['a memory of a module without a name', '(import "" "" (table 1 funcref))'],
  ])('cannot import %s', async (_, imports) => {
    await fails('ERR_COMPILE', () => make({ imports }));
  });

  it.each([
    ['without `colony_serve`', { colony_serve: '' }],
    ['without `_initialize`', { _initialize: '' }],
    [
      'whose `colony_serve` gives 32 bits',
      { colony_serve: '(func (export "colony_serve") (param i32) (result i32) i32.const 0)' },
    ],
    ['whose `colony_row` is a global', { colony_row: '(global (export "colony_row") i32 (i32.const 0))' }],
    [
      'whose `colony_request` takes nothing',
      { colony_request: '(func (export "colony_request") (result i32) i32.const 0)' },
    ],
  ])('%s does not start', async (_, parts) => {
    await fails('ERR_COMPILE', () => make(parts));
  });

  it.each([
    ['no stack pointer', ''],
    ['a function', '(func (export "__stack_pointer"))'],
    ['a constant', '(global (export "__stack_pointer") i32 (i32.const 65536))'],
  ])('with %s for its stack pointer does not start', async (_, stack) => {
    await expect(make({ stack })).rejects.toMatchObject({ code: 'ERR_GUEST_PROTOCOL', message: /no stack pointer/ });
  });

  it('is refused with the reason', async () => {
    const made = make({ imports: '(import "env" "puts" (func))' });
    await expect(made).rejects.toThrow('imports `env.puts`: C that Colony built for wasm32 does not');
  });
});
