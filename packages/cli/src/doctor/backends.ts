/** Every backend that core knows: is its package there, and what does its own doctor say. */
import { type DoctorFinding, doctor, type Verdict } from '@colony/core';

export interface ExaminedBackend {
  readonly name: string;
  readonly installed: boolean;
  readonly works: boolean;
  readonly verdict: Verdict;
  readonly findings: readonly DoctorFinding[];
}

/** A package that is missing or broken is a finding, too. */
function packageFinding(installed: boolean, detail: string): DoctorFinding {
  const from = 'from where @colony/core came from: the same release, or the same scope';
  const remedy = installed ? `install its package again, ${from}` : `install its package ${from}`;
  return { check: 'package', ok: false, optional: !installed, detail, remedy };
}

/** In the order in which a context without a named backend tries them. */
export async function examineBackends(): Promise<ExaminedBackend[]> {
  const reports = await doctor();
  return reports.map(({ backend: name, installed, works, verdict, findings, error }) => ({
    name,
    installed,
    works,
    verdict,
    findings: error === undefined ? findings : [packageFinding(installed, error)],
  }));
}
