/** The doctor's findings match what the backend then offers. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BackendReport, MECHANISMS, prevents } from '@colony/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refuseRuntime } from '../dist/doctor.js';
import { backend } from '../dist/index.js';
import { runtimeFinding } from '../dist/runtime.js';

describe('doctor', () => {
  it('reports for each mechanism whether it works, with a remedy if not, as the capabilities do', async () => {
    const findings = await backend.doctor();
    expect(findings.filter(prevents).map(({ check, detail }) => `${check}: ${detail}`)).toStrictEqual([]);
    const open = await backend.open({});
    for (const mechanism of MECHANISMS) {
      const finding = findings.find(({ check }) => check === mechanism);
      expect.assert(finding !== undefined, `nothing is said of ${mechanism}`);
      expect(finding.ok, mechanism).toBe(open.capabilities.mechanisms.includes(mechanism));
      if (!finding.ok) expect(finding.optional && finding.remedy, `${mechanism} has no remedy`).toBeTruthy();
    }
    await open.dispose();
  });

  const run = promisify(execFile);
  const ask = `import(process.argv[1]).then(async ({ doctor }) => console.log(JSON.stringify(await doctor(['process']))))`;
  const core = import.meta.resolve('@colony/core');
  const report = async (bwrap: string) => {
    const env = { ...process.env, COLONY_BWRAP: bwrap };
    const { stdout } = await run(process.execPath, ['-e', ask, core], { env });
    return JSON.parse(stdout)[0] as BackendReport;
  };

  it('reports that it works without bubblewrap, but weaker', async () => {
    const { verdict, works, findings } = await report('none');
    expect({ verdict, works }).toStrictEqual({ verdict: 'weaker', works: true });
    const lacking = findings.filter(({ ok }) => !ok).map(({ check }) => check);
    expect(lacking.includes('network-namespace') && lacking.includes('empty-root'), lacking.join()).toBeTruthy();
  });

  it('reports a remedy if bubblewrap cannot make namespaces', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-bwrap-'));
    chmodSync(folder, 0o755); // root's jails start as another user
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const bwrap = join(folder, 'bwrap');
    writeFileSync(bwrap, '#!/bin/sh\necho bwrap: No permissions to create new namespace >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { verdict, findings } = await report(bwrap);
    expect(verdict).toBe('fails');
    const { detail, remedy } = findings.at(-1)!;
    expect(detail).toMatch(/No permissions to create new namespace/);
    expect(remedy!).toMatch(/user namespaces.*COLONY_BWRAP=none/);
  });

  it('requires a recent Node; the report for other runtimes names it, and open refuses', () => {
    const of = (versions: Record<string, string>) => runtimeFinding(versions);
    expect(of({ node: '20.19.0' })).toStrictEqual({ check: 'Node', ok: true, detail: 'v20.19.0' });
    expect(of({ node: '26.1.0' }).ok).toBe(true);
    expect(of({ node: '20.18.9' }).detail).toMatch(/too old/);
    for (const [versions, name] of [
      [{ node: '24.3.0', bun: '1.4.4' }, 'Bun 1.4.4'],
      [{ node: '24.2.0', deno: '2.9.6' }, 'Deno 2.9.6'],
    ] as const) {
      const finding = of(versions);
      expect(finding.ok).toBe(false);
      expect(finding.detail).toBe(`this is ${name}; the process backend needs Node`);
      expect(finding.remedy!).toMatch(/kvm and wasm work/);
      expect(() => refuseRuntime(finding)).toThrow(
        expect.objectContaining({ code: 'ERR_BACKEND_UNAVAILABLE', message: expect.stringMatching(/needs Node/) }),
      );
    }
    refuseRuntime();
  });
});
