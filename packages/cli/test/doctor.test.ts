import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildJail } from '@colony/compiler/c';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { runtimeFinding } from '../dist/doctor/machine.js';
import { installing } from '../dist/doctor/tools.js';
import { colony } from './lib.js';

vi.setConfig({ testTimeout: 180_000 });

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly optional?: boolean;
  readonly detail: string;
  readonly remedy?: string;
}
interface Report {
  readonly ok: boolean;
  readonly machine: readonly Finding[];
  readonly backends: readonly {
    readonly name: string;
    readonly installed: boolean;
    readonly works: boolean;
    readonly verdict: string;
    readonly findings: readonly Finding[];
  }[];
}

async function report(env: Readonly<Record<string, string>> = {}): Promise<Report> {
  const { status, stdout, stderr } = await colony(['doctor', '--json'], { env });
  expect(stderr).toBe('');
  const diagnosis: Report = JSON.parse(stdout);
  expect(status).toBe(diagnosis.ok ? 0 : 4);
  return diagnosis;
}
const backendOf = ({ backends }: Report, name: string) => backends.find((backend) => backend.name === name)!;

it('--json has findings, each with a remedy if not ok, and verdicts that follow from them', async () => {
  const diagnosis = await report();
  expect(diagnosis.machine.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['Node.js', 'system', 'processor']),
  );
  for (const { findings, verdict, works } of diagnosis.backends) {
    for (const finding of [...diagnosis.machine, ...findings]) if (!finding.ok) expect(finding.remedy).toBeTruthy();
    const fails = findings.some(({ ok, optional }) => !ok && optional !== true);
    expect(verdict).toBe(fails ? 'fails' : findings.every(({ ok }) => ok) ? 'works' : 'weaker');
    expect(works).toBe(!fails);
  }
  expect(JSON.stringify(diagnosis)).not.toMatch(/npm (install|rebuild) @colony|npx colony/);
});

it('reports the same of /dev/kvm as set-up does', async () => {
  const kvm = backendOf(await report(), 'kvm');
  const problem = kvmProblem();
  if (problem === undefined) expect(kvm).toMatchObject({ installed: true, verdict: 'works' });
  else {
    const { detail, remedy } = kvm.findings.find(({ check }) => check === '/dev/kvm')!;
    expect(`${detail}. Remedy: ${remedy}.`).toBe(problem);
    expect(kvm.verdict).toBe('fails');
  }
});

it('prints for a reader what --json contains', async () => {
  const { backends } = await report();
  const { stdout } = await colony(['doctor']);
  expect(stdout).toContain('This machine');
  const words = { works: 'works', weaker: 'works, weaker', fails: 'does not work' } as Record<string, string>;
  for (const { name, verdict } of backends) expect(stdout).toContain(`Backend ${name}: ${words[verdict]}\n`);
  const first = backends.find(({ works }) => works)!;
  expect(stdout).toContain(`A context that names no backend uses ${first.name} here.`);
});

it('without bubblewrap, process works and is weaker', async () => {
  const env = { COLONY_BWRAP: 'none' };
  const { verdict, works, findings } = backendOf(await report(env), 'process');
  expect({ verdict, works }).toEqual({ verdict: 'weaker', works: true });
  expect(findings.find(({ check }) => check === 'network-namespace')).toMatchObject({ ok: false });
  expect((await colony(['doctor'], { env })).stdout).toContain('Backend process: works, weaker\n');
});

describe('doctor, for compiling,', () => {
  /** A PATH with only Node. */
  function bare(): Readonly<Record<string, string>> {
    const folder = mkdtempSync(join(tmpdir(), 'colony-path-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    symlinkSync(process.execPath, join(folder, 'node'));
    return { PATH: folder, CC: 'gcc', CXX: 'g++' };
  }

  it('lists the purpose of missing tools, and how to install them', async () => {
    const { machine, backends } = await report({ ...bare(), COLONY_CLANG: 'clang', COLONY_BWRAP: 'none' });
    const tools = machine.filter(({ detail }) => detail.includes('needed for'));
    expect(tools.map(({ check }) => check)).toEqual(['C compiler', 'clang and lld', 'C++ compiler', 'make', 'python3']);
    for (const tool of tools) expect(tool).toMatchObject({ ok: false, optional: true });
    expect(tools[0]).toMatchObject({
      detail: expect.stringContaining('C on kvm'),
      remedy: expect.stringContaining('gcc'),
    });
    expect(tools[1]).toMatchObject({
      detail: expect.stringContaining('C on wasm'),
      remedy: expect.stringMatching(/clang lld wasi-libc/),
    });
    // JavaScript needs none of these tools.
    expect(backends.find(({ name }) => name === 'wasm')).toMatchObject({ verdict: 'works' });
  });

  it('the jail of compilers', async () => {
    const jail = async (env: Readonly<Record<string, string>>) =>
      (await report(env)).machine.find(({ check }) => check === 'build jail');
    expect(await jail({ COLONY_BWRAP: 'none' })).toMatchObject({
      ok: false,
      optional: true,
      detail: expect.stringContaining('works, weaker'),
      remedy: 'unset COLONY_BWRAP',
    });
    expect(await jail({ ...bare() })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('bubblewrap is not installed'),
      remedy: expect.stringContaining('bubblewrap'),
    });
    // A bubblewrap that cannot make namespaces.
    expect(await jail({ COLONY_BWRAP: '/bin/false' })).toMatchObject({ ok: false, optional: true });
    if ((await buildJail()).bubblewrap !== undefined) expect(await jail({})).toMatchObject({ ok: true });
  });

  it('the libraries of C', async () => {
    const { machine } = await report({ COLONY_MUSL: 'none', COLONY_WASI_SYSROOT: 'none' });
    for (const check of ['musl', 'wasi-libc']) {
      const finding = machine.find((candidate) => candidate.check === check);
      // Without a compiler, its library is not reported.
      if (finding !== undefined)
        expect(finding).toMatchObject({ ok: false, detail: expect.stringContaining('library') });
    }
  });

  it('has a command as a remedy only if it exists', () => {
    expect(installing('gcc', true, false)).toBe('sudo apt-get install gcc');
    expect(installing('gcc', true, true)).toBe('apt-get install gcc');
    expect(installing('gcc', false, false)).toMatch(/package manager \(in Debian: gcc\)/);
  });
});

it('reports the runtime by its own name', () => {
  const of = (versions: Record<string, string>) => runtimeFinding({ napi: '9', ...versions });
  expect(of({ node: '20.19.0' })).toMatchObject({ ok: true });
  expect(of({ node: '26.0.0' })).toMatchObject({ ok: true });
  expect(of({ node: '20.18.3' })).toMatchObject({ ok: false, remedy: 'install Node 20.19 or newer' });
  expect(of({ node: '24.3.0', bun: '1.4.4' })).toMatchObject({
    ok: true,
    detail: 'Bun 1.4.4, in place of Node 24.3.0',
  });
  expect(of({ node: '24.2.0', deno: '2.9.6' })).toMatchObject({
    ok: true,
    detail: expect.stringContaining('Deno 2.9.6'),
  });
});
