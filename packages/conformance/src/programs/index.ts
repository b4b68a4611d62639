/** The suite's programs: the same exports in each language, as far as a language supports them. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { native, type Policy, type Program, type ProgramKind, wasm } from '@colony/core';
import { addComponent } from './component.js';
import { suiteProgram } from './javascript.js';
import { assemble } from './wat.js';

export { lineOf, SUITE_FILENAME, suiteProgram } from './javascript.js';

const file = (name: string) => fileURLToPath(new URL(`../../programs/${name}`, import.meta.url));

let wasmSuite: Promise<Program> | undefined;

/** The suite's program of a kind. Few laws are about components, so theirs is the smallest one. */
export async function suiteProgramOf(kind: ProgramKind): Promise<Program> {
  switch (kind) {
    case 'js':
      return suiteProgram;
    case 'native':
      return native.c(file('suite.c'));
    case 'wasm':
      wasmSuite ??= readFile(file('suite.wat'), 'utf8').then(async (text) => wasm(await assemble(text, 'suite.wat')));
      return await wasmSuite;
    case 'component':
      return await addComponent();
    case 'linux':
    case 'v8':
      throw new Error('the suite has no program of this kind: no law is about it yet');
  }
}

/** Milliseconds for calls and starts in laws that are not about time: enough for a slow and busy machine. */
export const PATIENT = { wallTime: 60_000, cpuTime: 60_000, startTime: 60_000 } as const;

/** The policy, with that time wherever its first layer does not set one, because later layers only narrow. */
export function patient(policy: Policy): Policy {
  if (!('all' in policy)) return { ...policy, limits: { ...PATIENT, ...policy.limits } };
  const [first, ...rest] = policy.all;
  return first === undefined ? policy : { all: [patient(first), ...rest] };
}

/** Hypercalls and a policy that grants all of them. */
export function granted<T extends Record<string, unknown>>(hypercalls: T, limits?: Record<string, number | string>) {
  const grants = Object.fromEntries(Object.keys(hypercalls).map((name) => [name, true as const]));
  return { hypercalls, policy: { hypercalls: grants, limits: { ...PATIENT, ...limits } } };
}
