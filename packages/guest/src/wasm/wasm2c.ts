/** Translates WebAssembly to C, and reads the facts that a virtine needs from the result. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ColonyError } from '@colony/core';
import type { Places } from '../tools/run.js';
import { runScript } from '../tools/script.js';

/** Larger modules would exceed wasm2c's own limits: see EXTRA_PAGES. */
const MAX_MODULE = 16 << 20;

/**
 * The C expression for the address of a load or store. In a virtine the memory has a constant address, which saves a
 * load for each access: measured 10 % on a JavaScript null call, 7 % on JSON.
 */
const ADDRESS = '#define MEM_ADDR_MEMOP(mem, addr, n) MEM_ADDR(mem, addr, n)';
const CONSTANT_ADDRESS = '#define MEM_ADDR_MEMOP(mem, addr, n) ((u8*)COLONY_WASM_HEAP_BASE + (addr))';

const WABT = '1.0.39';

/**
 * Returns a key that changes if the C could change.
 * @throws ColonyError ERR_COMPILE if wabt is not installed: only users who compile Wasm to machine code need it
 */
export function wasm2cVersion(): string {
  return `${installedWabt()} ${CONSTANT_ADDRESS}`;
}

function installedWabt(): string {
  try {
    return (createRequire(import.meta.url)('wabt/package.json') as { version: string }).version;
  } catch (cause) {
    const message = `a Wasm module is compiled to machine code by wabt, which is not installed: run \`npm install wabt@${WABT}\`, or use the backend 'wasm'`;
    throw new ColonyError('ERR_COMPILE', message, { cause });
  }
}

/** Far more than wasm2c's heap, which grows from below, needs for any module that Colony accepts. */
const EXTRA_PAGES = 8192;
const PLACE = 'var entryFunction=_main;';
const MOVE_STACK = `wasmMemory.grow(${EXTRA_PAGES});updateMemoryViews();__emscripten_stack_alloc(__emscripten_stack_alloc(0)-HEAPU8.length+64);`;

/**
 * wabt's wasm2c (JavaScript, compiled by Emscripten) with a larger stack. It walks nested blocks recursively, and an
 * interpreter's switch has hundreds of them. The 64 KiB that it was linked with are not enough for that. It needs no
 * other file.
 */
async function wasm2cScript(): Promise<string> {
  const path = createRequire(import.meta.url).resolve('wabt/bin/wasm2c');
  const source = (await readFile(path, 'utf8')).replace(/^#!.*/, '');
  if (source.includes(PLACE)) return source.replace(PLACE, MOVE_STACK + PLACE);
  throw new ColonyError('ERR_COMPILE', `this wabt is not version ${WABT}, which Colony was written for`);
}

export interface WasmFacts {
  /** Initial size of the linear memory, in pages of 64 KiB; 0 without one. */
  readonly memoryPages: number;
  /** Initial number of entries of all tables. */
  readonly tableEntries: number;
}

/** Writes NAME.wasm.c and NAME.wasm.h into the folder. */
export async function wasmToC(module: Uint8Array, name: string, folder: string, places: Places): Promise<WasmFacts> {
  if (module.length > MAX_MODULE) {
    throw new ColonyError(
      'ERR_UNSUPPORTED',
      `a Wasm module of ${module.length} bytes; at most ${MAX_MODULE} can be compiled`,
    );
  }
  const input = join(folder, `${name}.wasm`);
  const output = join(folder, `${name}.wasm.c`);
  const script = join(folder, 'wasm2c.cjs');
  await Promise.all([writeFile(input, module), writeFile(script, await wasm2cScript())]);
  const run = await runScript(script, [input, '-n', name, '-o', output], places);
  await Promise.all([rm(input), rm(script)]);
  if (run.code !== 0) {
    const why = stripVTControlCharacters(run.stderr).trim().split('\n').slice(0, 5).join('\n');
    throw new ColonyError('ERR_COMPILE', `the Wasm module does not compile: ${why || `wasm2c ended with ${run.code}`}`);
  }
  const code = await readFile(output, 'utf8');
  if (!code.includes(ADDRESS)) throw new ColonyError('ERR_INTERNAL', 'wasm2c writes memory accesses in a new way');
  await writeFile(output, code.replace(ADDRESS, CONSTANT_ADDRESS));
  return facts(code);
}

function facts(code: string): WasmFacts {
  const memories = [...code.matchAll(/wasm_rt_allocate_memory\(&instance->\w+, (\d+), \d+, (\d), (\d+)\)/g)];
  const tables = [...code.matchAll(/wasm_rt_allocate_(?:func|extern)ref_table\(&instance->\w+, (\d+), \d+\)/g)];
  const memory = memories[0];
  if (memories.length > 1) throw new ColonyError('ERR_UNSUPPORTED', 'a Wasm module with several memories');
  if (memory !== undefined && (memory[2] !== '0' || memory[3] !== '65536')) {
    throw new ColonyError('ERR_UNSUPPORTED', 'a Wasm memory with 64-bit addresses or custom pages');
  }
  return {
    memoryPages: memory === undefined ? 0 : Number(memory[1]),
    tableEntries: tables.reduce((sum, table) => sum + Number(table[1]), 0),
  };
}
