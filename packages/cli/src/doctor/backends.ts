/** Checks every backend that core knows: whether its package is installed, and the result of its own doctor. */
import { type DoctorFinding, doctor, type Verdict } from '@colony/core';

export interface ExaminedBackend {
  readonly name: string;
  readonly installed: boolean;
  readonly works: boolean;
  readonly verdict: Verdict;
  readonly findings: readonly DoctorFinding[];
}

/** Reports a missing or broken package as a finding. */
function packageFinding(installed: boolean, detail: string): DoctorFinding {
  const from = 'from where @colony/core came from: the same release, or the same scope';
  const remedy = installed ? `install its package again, ${from}` : `install its package ${from}`;
  return { check: 'package', ok: false, optional: !installed, detail, remedy };
}

/** In the order in which a context without a named backend tries the backends. */
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
