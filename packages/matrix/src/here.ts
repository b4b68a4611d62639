/** The backends that work on this machine, and the reasons why the others do not. */
import { doctor, prevents } from '@colony/core';
import { BACKENDS, type BackendName } from './cells.js';

const reports = await doctor(BACKENDS);

/** The reason why a backend cannot be tested here; undefined if it can. */
export const absent: Readonly<Record<BackendName, string | undefined>> = Object.fromEntries(
  BACKENDS.map((name) => {
    const report = reports.find(({ backend }) => backend === name)!;
    const bad = report.findings.filter(prevents).map(({ check, detail }) => `${check}: ${detail}`);
    return [name, report.works ? undefined : (report.error ?? bad.join('; '))];
  }),
) as Record<BackendName, string | undefined>;

export const present: readonly BackendName[] = BACKENDS.filter((name) => absent[name] === undefined);
