// Prints which backends work under this runtime, as JSON: `{ "wasm": null, "kvm": "/dev/kvm is missing..." }`.
import { doctor } from '@colony/core';

const reports = await doctor(['kvm', 'wasm', 'process']);
/** @param {import('@colony/core').BackendReport} report */
const why = ({ findings, error }) => {
  const finding = findings.find(({ ok, optional }) => !ok && !optional);
  return error ?? `${finding?.check}: ${finding?.detail}`;
};
console.log(
  JSON.stringify(Object.fromEntries(reports.map((report) => [report.backend, report.works ? null : why(report)]))),
);
