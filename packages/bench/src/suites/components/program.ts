/** One core module, by itself and as a component, and the component transpiled by two versions of jco. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadPackage } from '../../optional.js';
import { assemble } from '../backends/assemble.js';

// Node has it, but @types/node 20 does not declare it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports?: object) => { readonly exports: object };
};

/** Its allocator always returns the same address, because only the glue is measured. */
const WAT = `(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "nothing"))
  (func (export "echo") (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))`;
const WIT = 'package bench:bench; world bench { export nothing: func(); export echo: func(text: string) -> string; }';

export interface Program {
  nothing(): void;
  echo(text: string): string;
}

type Files = readonly (readonly [name: string, content: Uint8Array])[];

interface Glue {
  instantiate(
    getCoreModule: (file: string) => object,
    imports: object,
    instantiateCore?: (module: object, imports?: object) => { readonly exports: object },
  ): Program;
}

/** Makes instances of one kind. */
export type Make = () => Program;

export interface Programs {
  readonly component: Uint8Array;
  readonly byHand: Make;
  readonly jco1: Make;
  readonly jcoNewest: Make;
  close(): Promise<void>;
}

interface Core {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly cabi_realloc: (old: number, size: number, align: number, length: number) => number;
  readonly nothing: () => void;
  readonly echo: (pointer: number, length: number) => number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Handwritten code without jco: copies the same string into the memory and out of it. */
function byHand(module: object): Program {
  const core = new WebAssembly.Instance(module).exports as Core;
  return {
    nothing: () => core.nothing(),
    echo(text) {
      const bytes = encoder.encode(text);
      const pointer = core.cabi_realloc(0, 0, 1, bytes.length);
      new Uint8Array(core.memory.buffer).set(bytes, pointer);
      const result = core.echo(pointer, bytes.length);
      const view = new DataView(core.memory.buffer);
      return decoder.decode(
        new Uint8Array(core.memory.buffer, view.getUint32(result, true), view.getUint32(result + 4, true)),
      );
    },
  };
}

/** Loads transpiled files as Node would, and compiles the core modules once. */
async function load(files: Files, folder: string, name: string): Promise<Make> {
  const glue = files.find(([file]) => file.endsWith('.js'))!;
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, glue[1]);
  const { instantiate } = (await import(pathToFileURL(path).href)) as Glue;
  const cores = new Map(
    files.filter(([file]) => file.endsWith('.wasm')).map(([file, bytes]) => [file, new WebAssembly.Module(bytes)]),
  );
  const core = (file: string) => cores.get(file)!;
  return () => instantiate(core, {}, (module, imports) => new WebAssembly.Instance(module, imports));
}

async function transpile1(component: Uint8Array): Promise<Files> {
  const { transpile } = await loadPackage<typeof import('@bytecodealliance/jco')>('@bytecodealliance/jco');
  const { files } = await transpile(component, { name: 'bench', instantiation: 'sync', base64Cutoff: 0 });
  return Object.entries(files as Record<string, Uint8Array>);
}

async function transpileNewest(component: Uint8Array): Promise<Files> {
  const { transpileBytes } = await loadPackage<typeof import('@bytecodealliance/jco-transpile')>(
    '@bytecodealliance/jco-transpile',
  );
  const { files } = await transpileBytes(component, { name: 'bench', instantiation: 'sync', base64Cutoff: 0 });
  return Object.entries(files as Record<string, Uint8Array>);
}

async function componentOf(core: Uint8Array): Promise<Uint8Array> {
  const { componentEmbed, componentNew } =
    await loadPackage<typeof import('@bytecodealliance/jco')>('@bytecodealliance/jco');
  return await componentNew(await componentEmbed({ binary: core, witSource: WIT }), []);
}

/** The component without the other two forms. */
export const makeComponent = async () => componentOf(await assemble(WAT));

export async function makePrograms(): Promise<Programs> {
  const core = await assemble(WAT);
  const component = await componentOf(core);
  const module = new WebAssembly.Module(core);
  const folder = await mkdtemp(join(tmpdir(), 'colony-bench-components-'));
  return {
    component,
    byHand: () => byHand(module),
    jco1: await load(await transpile1(component), folder, 'jco1'),
    jcoNewest: await load(await transpileNewest(component), folder, 'newest'),
    close: () => rm(folder, { recursive: true }),
  };
}
