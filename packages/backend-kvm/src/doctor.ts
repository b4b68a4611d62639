/** Checks whether this backend can work here, and if not, what to do. */
import type { DoctorFinding } from '@colony/core';
import { deviceProblem, machineProblem, readFacts } from './device/index.js';
import { loadAddon } from './native.js';
import { unloadable } from './unloadable.js';

interface Problem {
  readonly detail: string;
  readonly remedy: string;
}

function platformProblem(): Problem | undefined {
  const facts = readFacts();
  return facts.platform === 'linux' && facts.arch === 'x64' ? undefined : deviceProblem(facts);
}

function addonProblem(): Problem | undefined {
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    return unloadable((error as Error).cause);
  }
}

function kvmProblem(): Problem | undefined {
  try {
    new (loadAddon().Hypervisor)({ threads: 1, spares: 0 }).close();
    return undefined;
  } catch (error) {
    return machineProblem((error as Error).message);
  }
}

const CHECKS: readonly (readonly [check: string, problem: () => Problem | undefined, fine: string])[] = [
  ['platform', platformProblem, 'Linux on x86-64'],
  ['/dev/kvm', () => deviceProblem(readFacts()), 'present and permitted'],
  ['native addon', addonProblem, 'present and loadable'],
  ['KVM', kvmProblem, 'has every capability that virtines need'],
];

/** Findings in the order in which to fix them. Stops at the first problem: later checks would be meaningless. */
export async function doctor(): Promise<readonly DoctorFinding[]> {
  const out: DoctorFinding[] = [];
  for (const [check, find, fine] of CHECKS) {
    const problem = find();
    out.push(problem === undefined ? { check, ok: true, detail: fine } : { check, ok: false, ...problem });
    if (problem !== undefined) break;
  }
  return out;
}
