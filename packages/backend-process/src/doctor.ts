/** Can this backend work here; if not, what to do; and what of the jail is missing. */
import { ColonyError, type DoctorFinding } from '@colony/core';
import { probe } from './jail/index.js';

/** The first with an ordinary global object for new realms (`vm.constants.DONT_CONTEXTIFY`). */
const LEAST_NODE = [20, 18] as const;

function platform(): DoctorFinding {
  const check = 'platform';
  const detail = `this is ${process.platform} on ${process.arch}`;
  if (process.platform === 'linux' && process.arch === 'x64') return { check, ok: true, detail };
  return { check, ok: false, detail, remedy: 'use Linux on x86-64, or another backend' };
}

function node(): DoctorFinding {
  const check = 'Node';
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needed, least] = LEAST_NODE;
  if (major > needed || (major === needed && minor >= least)) return { check, ok: true, detail: process.version };
  return { check, ok: false, detail: `${process.version} is too old`, remedy: `use Node ${needed}.${least} or newer` };
}

async function jail(): Promise<readonly DoctorFinding[]> {
  const check = 'jail';
  try {
    const { findings } = await probe();
    return [{ check, ok: true, detail: 'child processes can be jailed' }, ...findings];
  } catch (error) {
    const detail = ColonyError.is(error) ? error.message : String(error);
    return [{ check, ok: false, detail, remedy: 'see the message, or use another backend' }];
  }
}

/** Findings in the order in which they must be mended. What the jail lacks is optional: the backend works with less. */
export async function doctor(): Promise<readonly DoctorFinding[]> {
  const first = [platform(), node()];
  return first.every(({ ok }) => ok) ? [...first, ...(await jail())] : first;
}
