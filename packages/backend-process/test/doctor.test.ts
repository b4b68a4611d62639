/** What the doctor says, and what the backend then promises: the same. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BackendReport, MECHANISMS, prevents } from '@colony/core';
import { describe, it, onTestFinished } from 'vitest';
import { refuseRuntime } from '../dist/doctor.js';
import { backend } from '../dist/index.js';
import { runtimeFinding } from '../dist/runtime.js';

describe('doctor', () => {
  it('says of each mechanism whether it holds, with a remedy where not, and capabilities say the same', async () => {
    const findings = await backend.doctor();
    assert.deepEqual(
      findings.filter(prevents).map(({ check, detail }) => `${check}: ${detail}`),
      [],
    );
    const open = await backend.open({});
    for (const mechanism of MECHANISMS) {
      const finding = findings.find(({ check }) => check === mechanism);
      assert.ok(finding !== undefined, `nothing is said of ${mechanism}`);
      assert.equal(finding.ok, open.capabilities.mechanisms.includes(mechanism), mechanism);
      if (!finding.ok) assert.ok(finding.optional && finding.remedy, `${mechanism} has no remedy`);
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

  it('says that without bubblewrap it works, and is weaker', async () => {
    const { verdict, works, findings } = await report('none');
    assert.deepEqual({ verdict, works }, { verdict: 'weaker', works: true });
    const lacking = findings.filter(({ ok }) => !ok).map(({ check }) => check);
    assert.ok(lacking.includes('network-namespace') && lacking.includes('empty-root'), lacking.join());
  });

  it('says what to do where bubblewrap is there and makes no namespace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-bwrap-'));
    chmodSync(folder, 0o755); // root's jails begin as another user
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const bwrap = join(folder, 'bwrap');
    writeFileSync(bwrap, '#!/bin/sh\necho bwrap: No permissions to create new namespace >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { verdict, findings } = await report(bwrap);
    assert.equal(verdict, 'fails');
    const { detail, remedy } = findings.at(-1)!;
    assert.match(detail, /No permissions to create new namespace/);
    assert.match(remedy!, /user namespaces.*COLONY_BWRAP=none/);
  });

  it('needs Node, of an age: other runtimes are told so, and open refuses', () => {
    const of = (versions: Record<string, string>) => runtimeFinding(versions);
    assert.deepEqual(of({ node: '20.19.0' }), { check: 'Node', ok: true, detail: 'v20.19.0' });
    assert.equal(of({ node: '26.1.0' }).ok, true);
    assert.match(of({ node: '20.18.9' }).detail, /too old/);
    for (const [versions, name] of [
      [{ node: '24.3.0', bun: '1.4.4' }, 'Bun 1.4.4'],
      [{ node: '24.2.0', deno: '2.9.6' }, 'Deno 2.9.6'],
    ] as const) {
      const finding = of(versions);
      assert.equal(finding.ok, false);
      assert.equal(finding.detail, `this is ${name}; the process backend needs Node`);
      assert.match(finding.remedy!, /kvm and wasm work/);
      assert.throws(() => refuseRuntime(finding), { code: 'ERR_BACKEND_UNAVAILABLE', message: /needs Node/ });
    }
    refuseRuntime();
  });
});
