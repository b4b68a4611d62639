/** `colony types`: its output declares what can be called, and agrees with jco's types. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '@bytecodealliance/jco/component';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportedNames } from '../../src/components/component-guest.js';
import { declarations } from '../../src/components/declarations.js';
import { assemble as assembleModule } from '../lib/wasm.js';
import { ALLOCATOR, assemble, build, cacheDir, prepared } from './lib.js';

const WIT = `package a:b@1.0.0;
interface shapes {
  record point { x: s32, long-name: option<string>, %type: u8 }
  variant shape { nothing, number(f64), point(point), many(list<point>) }
  enum color { red, green-blue }
  flags permissions { read, write-all }
  type names = list<string>;
  take: func(p: point, s: shape, c: color, f: permissions, n: names) -> tuple<point, option<shape>>;
  find: func(id: u64, %default: option<u32>) -> result<point, color>;
  check: func(a: result<u32, string>, b: list<u8>, c: list<s64>, d: option<option<bool>>) -> result<_, string>;
  letters: func(c: char) -> list<char>;
  nothing: func();
}
interface other { record point { z: f32 } get-point: func() -> point; }
world w { import other; import log-line: func(text: string) -> result; export shapes; export get-time: func() -> f64; }`;
const FUNCTIONS = ['take', 'find', 'check', 'letters', 'nothing'];
const WAT = `(module
  (import "a:b/other@1.0.0" "get-point" (func (result f32)))
  (import "$root" "log-line" (func (param i32 i32) (result i32)))
  ${ALLOCATOR}
  (func (export "a:b/shapes@1.0.0#take")
    (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0)
  (func (export "a:b/shapes@1.0.0#find") (param i64 i32 i32) (result i32) i32.const 0)
  (func (export "a:b/shapes@1.0.0#check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0)
  (func (export "a:b/shapes@1.0.0#letters") (param i32) (result i32) i32.const 0)
  (func (export "a:b/shapes@1.0.0#nothing"))
  (func (export "get-time") (result f64) f64.const 0))`;

const MAIN = `
import type { Exports, Imports } from './colony.js';
import type { ABShapes } from './interfaces/a-b-shapes.js';
import { component, createContext } from '@colony/core';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
type Both<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
${FUNCTIONS.map((name) => `export const ${name}: Both<Exports['shapes.${name}'], typeof ABShapes.${name}> = true;`).join('\n')}
export const names: Same<keyof Exports, ${[...FUNCTIONS.map((name) => `'shapes.${name}'`), "'getTime'"].join(' | ')}> = true;
const hypercalls = { logLine: async () => {} } satisfies Partial<Imports>;
export async function use() {
  const context = await createContext({ program: component<Exports>('x'), hypercalls });
  const point: { x: number; longName?: string | undefined; type: number } = await context.call('shapes.find', 1n);
  // @ts-expect-error a bigint is needed
  await context.call('shapes.find', 1);
  // @ts-expect-error there is no such function
  await context.call('shapes.lost');
  return point;
}
`;

function check(folder: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  };
  const program = ts.createProgram([join(folder, 'main.ts'), join(folder, 'colony.d.ts')], options);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start, file }) => {
    const where =
      file === undefined || start === undefined
        ? ''
        : `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1} `;
    return where + ts.flattenDiagnosticMessageText(messageText, '\n');
  });
}

describe('declarations', () => {
  let folder: string;
  let bytes: Uint8Array;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colony-types-'));
    bytes = await build(WIT, WAT);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    rmSync(cacheDir, { recursive: true, force: true });
  });

  it('of a component compile, and are equivalent to those of jco', { timeout: 300_000 }, async () => {
    const { files } = await generate(bytes, { name: 'component', instantiation: { tag: 'sync' } });
    for (const [name, content] of files as [string, Uint8Array][]) {
      if (!name.endsWith('.d.ts')) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    mkdirSync(join(folder, 'node_modules/@colony'), { recursive: true });
    symlinkSync(fileURLToPath(new URL('../../../core', import.meta.url)), join(folder, 'node_modules/@colony/core'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'colony.d.ts'), declarations(bytes, 'component.wasm'));
    writeFileSync(join(folder, 'main.ts'), MAIN);
    expect(check(folder)).toStrictEqual([]);
  });

  it('name the exports', async () => {
    const text = declarations(bytes, 'component.wasm');
    const exports = /export type Exports = \{\n([\s\S]*?)\n\};/.exec(text)![1]!;
    const names = [...exports.matchAll(/^ {2}'?([\w.]+)'?: \(/gm)].map((match) => match[1]);
    expect(names.sort()).toStrictEqual([...exportedNames(await prepared(bytes))].sort());
    expect(text).toMatch(/logLine: \(text: string\) => void \| Promise<void>;/);
    expect(text).toMatch(/'other\.getPoint': \(\) => Point2 \| Promise<Point2>;/);
    expect(text).toMatch(/Throws, with `Color`/);
  });

  it('of a core module name its numbers', async () => {
    const module = await assembleModule(`(module (import "env" "log" (func (param i64)))
      (func (export "add") (param i32 f64) (result i32) local.get 0) (func (export "a \\22b") (result i64) i64.const 1))`);
    const text = declarations(module, 'm.wasm');
    expect(text).toMatch(/"add": \(a0: number, a1: number\) => number;/);
    expect(text).toMatch(/"a \\"b": \(\) => number \| bigint;/);
    expect(text).toMatch(/"env\.log": \(a0: number \| bigint\) => void \| Promise<void>;/);
  });

  it('end, however large the types are', async () => {
    const levels = Array.from({ length: 25 }, (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`).join('\n');
    const huge = await assemble(`(component (type $t0 (tuple u8 u8)) ${levels}
      (import "f" (func (param "a" $t25))))`).catch(() => undefined);
    if (huge === undefined) expect.unreachable('it could not be made');
    expect(() => declarations(huge, 'x')).toThrow(expect.objectContaining({ code: 'ERR_COMPILE' }));
  });
});
