import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { component, wasm } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { COMPONENT_LAYER } from '../run/subject.js';

export async function typesCommand(file: string, options: { out?: string }): Promise<ExitStatus> {
  const { declarations } = await import('@colony/backend-wasm/tools');
  const bytes = new Uint8Array(await readFile(file));
  // Their check of the header says what is wrong with it.
  if (bytes[4] === COMPONENT_LAYER) component(bytes);
  else wasm(bytes);
  const text = declarations(bytes, basename(file));
  if (options.out === undefined) process.stdout.write(text);
  else await writeFile(options.out, text);
  return EXIT.ok;
}
