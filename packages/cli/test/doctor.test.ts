import { expect, test } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { colony } from './lib.js';

test('doctor --json: findings, each with a remedy where not ok', async () => {
  const { status, stdout } = await colony(['doctor', '--json']);
  const report = JSON.parse(stdout);
  expect(status).toBe(report.ok ? 0 : 4);
  expect(report.machine.map((finding: { check: string }) => finding.check)).toContain('Node.js');
  const kvm = report.backends.find((backend: { name: string }) => backend.name === 'kvm');
  if (kvmProblem() === undefined) expect(kvm).toMatchObject({ installed: true, works: true });
  for (const finding of [...report.machine, ...kvm.findings]) if (!finding.ok) expect(finding.remedy).toBeTruthy();
  for (const backend of report.backends)
    if (!backend.installed) expect(backend.findings[0].remedy).toContain('npm install');
});

test('doctor for a reader', async () => {
  const { stdout } = await colony(['doctor']);
  expect(stdout).toContain('This machine');
  expect(stdout).toMatch(/Backend kvm: (works|does not work)/);
});
