/** The floors' integer and floating-point kernels: C and C compiled to WebAssembly, on each backend. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, wasm } from '@colony/core';
import { KERNEL_FLAGS, programs } from '../../floor-process.js';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { Contexts, cProgram, PATIENT } from '../contexts.js';
import { spec } from '../spec.js';

/** native/host_kernels.c has the same numbers. */
const KERNELS = [
  { name: 'int', title: 'integer', function: 'integer', rounds: 20_000_000 },
  { name: 'float', title: 'floating-point', function: 'floating', rounds: 4_000_000 },
] as const;

const CELLS = [
  { cell: 'kvm.c', what: 'in a virtine' },
  { cell: 'kvm.module', what: 'compiled to WebAssembly, and that ahead of time to a virtine' },
  { cell: 'wasm.c', what: 'compiled to WebAssembly by Colony, in V8' },
  { cell: 'wasm.module', what: 'compiled to a WebAssembly module by clang, in V8' },
  { cell: 'process.c', what: 'in a jailed process' },
  { cell: 'process.module', what: 'compiled to WebAssembly, and that ahead of time to a jailed process' },
] as const;

/** A module of the kernels alone, without any library. @throws if clang is missing */
function kernelModule(): Program {
  const folder = mkdtempSync(join(tmpdir(), 'colony-bench-'));
  try {
    const output = join(folder, 'kernels.wasm');
    const exported = KERNELS.map(({ function: name }) => `-Wl,--export=${name}`);
    const flags = ['--target=wasm32', '-O2', '-nostdlib', '-Wl,--no-entry', ...exported, ...KERNEL_FLAGS];
    execFileSync('clang', [...flags, '-Wno-unused-command-line-argument', '-o', output, join(programs, 'kernels.c')]);
    return wasm(new Uint8Array(readFileSync(output)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
}

export const compute: Group = {
  name: 'compute',
  specs: CELLS.flatMap(({ cell, what }) =>
    KERNELS.map(
      ({ name, title }): Spec =>
        spec(`${cell}.compute.${name}`, `call of the ${title} kernel in C, ${what}`, [`c.compute.${name}`]),
    ),
  ),
  async open() {
    const contexts = new Contexts();
    const module = attempt(kernelModule);
    const samplers: Record<string, Sampler | Error> = {};
    for (const { cell } of CELLS) {
      const [backend = '', form] = cell.split('.');
      const program = form === 'c' ? cProgram('compute.c') : module;
      for (const { name, function: exported, rounds } of KERNELS) {
        samplers[`${cell}.compute.${name}`] =
          program instanceof Error
            ? program
            : await contexts.sampler({ backend, program, pool: {}, policy: { limits: PATIENT } }, (context) =>
                context.capabilities.callSync
                  ? timed(() => context.callSync(exported, rounds))
                  : timedAsync(() => context.call(exported, rounds)),
              );
      }
    }
    return { samplers, close: () => contexts.close() };
  },
};
