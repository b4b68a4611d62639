/** The JavaScript engine, prepared when the package is built. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError } from '@colony/core';
import { guestRuntimeSource } from '@colony/core/guest-runtime';
import type { ModuleFacts } from '../prepare/prepared.js';
import type { PreparedJs } from './js-guest.js';

/** From src/ as from dist/. */
const folder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist', 'engine');
export const engineFiles = { module: join(folder, 'quickjs.wasm'), facts: join(folder, 'quickjs.json') };

/** @throws ColonyError ERR_BACKEND_UNAVAILABLE where the package was not built */
export async function loadEngine(): Promise<PreparedJs> {
  try {
    const [bytes, facts] = await Promise.all([readFile(engineFiles.module), readFile(engineFiles.facts, 'utf8')]);
    const engine = { module: await WebAssembly.compile(bytes), facts: JSON.parse(facts) as ModuleFacts };
    return { kind: 'js', engine, runtime: guestRuntimeSource() };
  } catch (cause) {
    const message = `the JavaScript engine is missing or damaged (${engineFiles.module}): run npm run build`;
    throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { cause });
  }
}
