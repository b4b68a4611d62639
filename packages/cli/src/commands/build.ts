import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { component } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';

export async function buildCommand(file: string, options: { out: string }): Promise<ExitStatus> {
  const { buildComponent } = await import('@colony/backend-wasm/tools');
  const bytes = new Uint8Array(await readFile(file));
  component(bytes);
  process.stdout.write(`${await buildComponent(bytes, options.out, basename(file))}\n`);
  return EXIT.ok;
}
