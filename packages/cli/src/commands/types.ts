import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { component, wasm } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';
import { COMPONENT_LAYER } from '../run/subject.js';
import { C_SOURCE, cOptions, type SynthesisFlags } from '../synthesis.js';

export interface TypesOptions extends Pick<SynthesisFlags, 'neighbours' | 'cflags'> {
  readonly out?: string;
  /** Of a C file: beside it, where TypeScript looks. */
  readonly write?: boolean;
}

export async function typesCommand(file: string, options: TypesOptions): Promise<ExitStatus> {
  const isC = C_SOURCE.test(file);
  if (options.write && !isC) throw new UsageError('--write is for C files; say where to, with --out');
  const text = isC ? await declarationsOfC(file, options) : await declarationsOfWasm(file);
  const { declarationFile } = await import('@colony/compiler/c');
  const out = options.write ? declarationFile(file) : options.out;
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text);
  return EXIT.ok;
}

async function declarationsOfC(file: string, options: TypesOptions): Promise<string> {
  const { declareC } = await import('@colony/compiler/c');
  return await declareC({ files: [file], ...cOptions(options) });
}

async function declarationsOfWasm(file: string): Promise<string> {
  const { declarations } = await import('@colony/backend-wasm/tools');
  const bytes = new Uint8Array(await readFile(file));
  // Their check of the header says what is wrong with it.
  if (bytes[4] === COMPONENT_LAYER) component(bytes);
  else wasm(bytes);
  return declarations(bytes, basename(file));
}
