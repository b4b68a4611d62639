/** Can this backend work here; if not, what to do; and what of the jail is missing. */
import { ColonyError, type DoctorFinding, isSupportedNode, LEAST_NODE } from '@colony/core';
import { probe } from './jail/index.js';

function platform(): DoctorFinding {
  const check = 'platform';
  const detail = `this is ${process.platform} on ${process.arch}`;
  if (process.platform === 'linux' && process.arch === 'x64') return { check, ok: true, detail };
  return { check, ok: false, detail, remedy: 'use Linux on x86-64, or another backend' };
}

function node(): DoctorFinding {
  const check = 'Node';
  if (isSupportedNode()) return { check, ok: true, detail: process.version };
  return { check, ok: false, detail: `${process.version} is too old`, remedy: `use Node ${LEAST_NODE.join('.')} or newer` };
}

async function jail(): Promise<readonly DoctorFinding[]> {
  const check = 'jail';
  try {
    const { findings } = await probe();
    return [{ check, ok: true, detail: 'child processes can be jailed' }, ...findings];
  } catch (error) {
    const detail = ColonyError.is(error) ? error.message : String(error);
    return [
      { check, ok: false, detail, remedy: 'see the message; `npm rebuild @colony/backend-process` builds the jail' },
    ];
  }
}

/** Findings in the order in which they must be mended. What the jail lacks is optional: the backend works with less. */
export async function doctor(): Promise<readonly DoctorFinding[]> {
  const first = [platform(), node()];
  return first.every(({ ok }) => ok) ? [...first, ...(await jail())] : first;
}
