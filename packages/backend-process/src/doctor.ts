/** Checks whether this backend can work here, and if not, what to do; reports what the jail lacks. */
import { ColonyError, type DoctorFinding } from '@colony/core';
import { probe, remedyForFailure } from './jail/index.js';
import { runtimeFinding } from './runtime.js';

function platform(): DoctorFinding {
  const check = 'platform';
  const detail = `this is ${process.platform} on ${process.arch}`;
  if (process.platform === 'linux' && process.arch === 'x64') return { check, ok: true, detail };
  return { check, ok: false, detail, remedy: 'use Linux on x86-64, or another backend' };
}

async function jail(): Promise<readonly DoctorFinding[]> {
  const check = 'jail';
  try {
    const { findings } = await probe();
    return [{ check, ok: true, detail: 'child processes can be jailed' }, ...findings];
  } catch (error) {
    const detail = ColonyError.is(error) ? error.message : String(error);
    return [{ check, ok: false, detail, remedy: remedyForFailure(error) }];
  }
}

/** Findings in the order in which to fix them. Missing parts of the jail are optional: the backend works with less. */
export async function doctor(): Promise<readonly DoctorFinding[]> {
  const first = [platform(), runtimeFinding()];
  return first.every(({ ok }) => ok) ? [...first, ...(await jail())] : first;
}

/** @throws ColonyError ERR_BACKEND_UNAVAILABLE in a runtime that cannot run this backend, which else would fail obscurely */
export function refuseRuntime(finding: DoctorFinding = runtimeFinding()): void {
  if (finding.ok) return;
  const message = `the backend 'process' cannot work here. ${finding.detail}. ${finding.remedy}`;
  throw new ColonyError('ERR_BACKEND_UNAVAILABLE', message, { details: { backend: 'process', findings: [finding] } });
}
