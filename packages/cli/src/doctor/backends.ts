/** Every backend that core knows: is its package there, and what does its own doctor say. */
import { doctor } from '@colony/core';
import type { Finding } from './machine.js';

export interface BackendReport {
  readonly name: string;
  readonly installed: boolean;
  readonly works: boolean;
  readonly findings: readonly Finding[];
}

export async function examineBackends(): Promise<BackendReport[]> {
  const reports = await doctor();
  return reports.map(({ backend: name, installed, works, findings, error }) => {
    if (error === undefined) return { name, installed, works, findings };
    // core's message ends with what to do: `... is not installed: run ...`.
    const [detail = error, remedy = error] = error.split(/: (?=run )|; (?=reinstall )/);
    return {
      name,
      installed,
      works,
      findings: [{ check: 'package', ok: false, optional: !installed, detail, remedy }],
    };
  });
}
