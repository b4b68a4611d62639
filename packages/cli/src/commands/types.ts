import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { component, wasm } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';
import { type Input, inputFile } from '../input/file.js';
import { cOptions, type SynthesisFlags } from '../synthesis.js';

export interface TypesOptions extends Pick<SynthesisFlags, 'neighbours' | 'cflags'> {
  readonly out?: string;
  /** For a C file: writes beside it, where TypeScript searches. */
  readonly write?: boolean;
}

export async function typesCommand(file: string, options: TypesOptions): Promise<ExitStatus> {
  const input = await inputFile('types', file);
  const isC = input.kind === 'c';
  if (options.write && !isC) throw new UsageError('--write is for C files; name the output with --out');
  const text = isC ? await declarationsOfC(file, options) : await declarationsOfWasm(input);
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

async function declarationsOfWasm({ file, kind }: Input): Promise<string> {
  const { declarations } = await import('@colony/backend-wasm/tools');
  const bytes = new Uint8Array(await readFile(file));
  // Throws an error that describes a wrong header.
  if (kind === 'component') component(bytes);
  else wasm(bytes);
  return declarations(bytes, basename(file));
}
