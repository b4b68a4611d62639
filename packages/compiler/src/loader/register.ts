/** `node --import @colony/compiler/register app.ts`: compiles files with virtines when they are loaded. */
import module from 'node:module';
import { workerData } from 'node:worker_threads';
import { guard } from './guards.js';
import { SERVICE } from './service.js';
import * as hooks from './sync-hooks.js';

const LOADED = Symbol.for('colony.register');

/** Whether it came by a flag: then threads inherit it. They do not if the program imported it. */
function cameByFlag(): boolean {
  const words = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  return /@colony\/compiler\/register|loader\/register\.js/.test(words);
}

/** Registers once in each thread, because a second copy would compile the output of the first. */
function start(): void {
  const place = globalThis as { [LOADED]?: true };
  const isService = typeof workerData === 'object' && workerData !== null && SERVICE in workerData;
  if (place[LOADED] === true || isService) return;
  place[LOADED] = true;
  // So that stacks name lines of the source.
  process.setSourceMapsEnabled(true);
  // From Node 22.15 on.
  const { registerHooks } = module as { registerHooks?: (implementation: typeof hooks) => void };
  if (registerHooks !== undefined) registerHooks(hooks);
  else module.register('./hooks.js', import.meta.url);
  guard(import.meta.url, cameByFlag());
}

start();
