/** Can this backend work here; if not, what to do. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { DoctorFinding } from '@colony/core';
import { loadAddon } from './native.js';
import { unloadable } from './unloadable.js';

function finding(
  check: string,
  problem: { detail: string; remedy: string } | undefined,
  detail: string,
): DoctorFinding {
  return problem === undefined ? { check, ok: true, detail } : { check, ok: false, ...problem };
}

function platformProblem() {
  if (process.platform === 'linux' && process.arch === 'x64') return undefined;
  return {
    detail: `this is ${process.platform} on ${process.arch}`,
    remedy: 'use Linux on x86-64, or another backend',
  };
}

function deviceProblem() {
  if (!existsSync('/dev/kvm')) {
    return {
      detail: '/dev/kvm is missing',
      remedy:
        'load the module (modprobe kvm_intel or kvm_amd), enable virtualization in the firmware, or nested virtualization on the machine around this one',
    };
  }
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return { detail: 'no permission on /dev/kvm', remedy: 'sudo usermod -aG kvm $USER, then log in again' };
  }
}

function addonProblem() {
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    return unloadable((error as Error).cause);
  }
}

function kvmProblem() {
  try {
    new (loadAddon().Hypervisor)({ lanes: 1, spares: 0 }).close();
    return undefined;
  } catch (error) {
    return { detail: (error as Error).message, remedy: 'use a newer kernel or CPU, or another backend' };
  }
}

/** Findings in the order in which they must be mended; stops at the first that makes the rest meaningless. */
export async function doctor(): Promise<readonly DoctorFinding[]> {
  const out: DoctorFinding[] = [];
  const checks = [
    ['platform', platformProblem, 'Linux on x86-64'],
    ['/dev/kvm', deviceProblem, 'present and permitted'],
    ['native addon', addonProblem, 'built and loadable'],
    ['KVM', kvmProblem, 'has every capability that virtines need'],
  ] as const;
  for (const [name, problem, detail] of checks) {
    out.push(finding(name, problem(), detail));
    if (!out.at(-1)?.ok) break;
  }
  return out;
}
