/** JavaScript programs for V8: a Node that runs as a guest serves their calls. */
import { readFileSync, realpathSync } from 'node:fs';
import process from 'node:process';
import type { LinuxProgram } from '../backend.js';
import { guestRuntimePath, nodeGuestPath } from '../guest-runtime.js';
import { linux } from './linux/linux.js';
import { makeProgram } from './make.js';
import type { Program } from './types.js';

/** The paths of the guest's part of the engine, in its files. */
const SCRIPT = '/colony/engine.cjs';
const RUNTIME = '/colony/runtime.js';

/**
 * Half of the memory that V8 gives to new objects is free at the start of a call, so short calls collect no garbage. The
 * machine has one processor, and no call should pay for work of other threads.
 */
const FLAGS = [
  '--experimental-vm-modules',
  '--expose-internals',
  '--no-warnings',
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--v8-pool-size=1',
  // Its guard regions are 10 GiB of addresses each.
  '--disable-wasm-trap-handler',
];

/** One arena of malloc, because each takes 64 MiB of addresses, and few threads, because they share one processor. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2', TZ: 'UTC' };

/** The engine of an executable. Its hash covers the content, so a changed executable is another engine. */
function engineOf(executable: string): LinuxProgram {
  const program = linux({
    executable,
    args: [...FLAGS, SCRIPT, RUNTIME],
    env: ENVIRONMENT,
    files: { [SCRIPT]: readFileSync(nodeGuestPath), [RUNTIME]: readFileSync(guestRuntimePath) },
  });
  return program.resolved as LinuxProgram;
}

/**
 * Returns the program for an engine of V8. `executable`: a Node, by default the one that runs this process.
 * @throws ColonyError ERR_COMPILE
 */
export function onV8<E>(program: Program<E>, executable: string = realpathSync(process.execPath)): Program<E> {
  const { resolved } = program;
  if (resolved.kind !== 'js') return program;
  const { filename, source, modules } = resolved;
  return makeProgram<E>({ kind: 'v8', filename, source, modules, engine: engineOf(executable) });
}
