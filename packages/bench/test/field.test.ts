// The field: every peer runs or reports why not, does what its description states, and leaves nothing behind.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it, type TestContext } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { buildFloor } from '../src/floor-process.js';
import { Trial } from '../src/harness.js';
import type { Report } from '../src/index.js';
import type { Probed } from '../src/isolation/probed.js';
import { loadPackage } from '../src/optional.js';
import { field } from '../src/suites/field/index.js';
import { groupOf, type Peer, spec } from '../src/suites/field/peer.js';
import { PEERS } from '../src/suites/field/peers/index.js';
import { type Group, specsOf } from '../src/types.js';
import { descendants, isAlive, type ProcessId } from './processes.js';

const environment = { quick: true, floorPath: buildFloor() };
const root = fileURLToPath(new URL('../../..', import.meta.url));

async function eventually<Value>(take: () => Value, wanted: (value: Value) => boolean): Promise<Value> {
  for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const value = take();
    if (wanted(value) || Date.now() > end) return value;
  }
}

/** In a sandbox the kernel may refuse another /proc, which bubblewrap needs for Node as in its manual. */
function noProc(): string | undefined {
  const { status, stderr } = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : stderr.trim();
}

/** The reason why a peer cannot run here. */
const obstacles: Readonly<Record<string, string | undefined>> = { 'bubblewrap.node': noProc() };

/** Skips the test of a peer that cannot run here. */
function needs(context: TestContext, name: string): void {
  const obstacle = obstacles[name];
  if (obstacle !== undefined) context.skip(obstacle);
}

describe.each(PEERS.map((peer) => [peer.name, peer] as const))('%s', (name, peer) => {
  it('returns samples of all its subjects, and its end leaves neither process nor thread', {
    timeout: 300_000,
  }, async (context) => {
    needs(context, name);
    const workers: Worker[] = [];
    const note = (worker: Worker) => workers.push(worker);
    process.on('worker', note);
    const opened = await peer.group.open(environment);
    const started: ProcessId[] = [];
    try {
      for (const { subject } of peer.group.specs) {
        const sampler = opened.samplers[subject];
        if (typeof sampler !== 'function') throw sampler ?? new Error(`${subject}: no sampler`);
        const samples = await sampler(2);
        expect(samples.length, subject).toBe(2);
        expect(Math.min(...samples), subject).toBeGreaterThan(0);
      }
      started.push(...descendants(process.pid));
    } finally {
      await opened.close();
      process.off('worker', note);
    }
    expect(
      await eventually(
        () => started.filter(isAlive),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
    // A worker that has ended has no thread number.
    const running = () => workers.filter(({ threadId }) => threadId !== -1).length;
    expect(await eventually(running, (count) => count === 0)).toBe(0);
  });
});

/** On a busy machine a wall time deadline may pass before the guest runs, so the question is repeated. */
async function patiently(probe: Probed, source: string): Promise<unknown> {
  for (let tries = 1; ; tries++) {
    try {
      return await probe.evaluate(source);
    } catch (error) {
      if (tries === 10 || !DEADLINE_PASSED.test((error as Error).message)) throw error;
    }
  }
}

const DEADLINE_PASSED = /killed|timed out|interrupted/;
const evaluating = PEERS.filter((peer) => peer.probe !== undefined);

describe.each(evaluating.map((peer) => [peer.name, peer] as const))('the probe of %s', (name, { probe }) => {
  it('evaluates, throws, ends endless code, and leaves nothing', { timeout: 300_000 }, async (context) => {
    needs(context, name);
    const opened = await probe!();
    try {
      expect(await patiently(opened, '6 * 7')).toBe(42);
      expect(await patiently(opened, '({ a: [1, "x"], b: null })')).toEqual({ a: [1, 'x'], b: null });
      expect(await patiently(opened, 'undefined')).toBe(undefined);
      await expect(patiently(opened, '(() => { throw new TypeError("of its own") })()')).rejects.toThrow('of its own');
      await expect(opened.evaluate('(() => { for (;;); })()')).rejects.toThrow(DEADLINE_PASSED);
      expect(await patiently(opened, '"again"')).toBe('again');
    } finally {
      await opened.close();
    }
    expect(
      await eventually(
        () => descendants(process.pid),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
  });
});

describe('the list of subjects is right:', () => {
  const inPeer = async (name: string, source: string): Promise<unknown> => {
    const probe = await PEERS.find((peer) => peer.name === name)!.probe!();
    return await patiently(probe, source).finally(() => probe.close());
  };

  it('a bubblewrapped Node sees no files but its own, no other process and no network', async (context) => {
    needs(context, 'bubblewrap.node');
    const files = `import('node:fs').then((fs) => [fs.existsSync(${JSON.stringify(root)}), fs.existsSync('/program/answer.mjs')])`;
    expect(await inPeer('bubblewrap.node', files)).toEqual([false, true]);
    const interfaces = `import('node:os').then((os) => Object.keys(os.networkInterfaces()))`;
    expect(await inPeer('bubblewrap.node', interfaces)).toEqual(['lo']);
    expect(await inPeer('bubblewrap.node', 'process.ppid')).toBeLessThan(3);
  });

  it('Deno has no permission', async () => {
    await expect(inPeer('deno', 'Deno.readTextFileSync("/etc/hostname")')).rejects.toThrow('--allow-read');
    await expect(inPeer('deno', 'Deno.connect({ port: 1 })')).rejects.toThrow('--allow-net');
  });

  it('a worker may do everything that its process may', async () => {
    expect(await inPeer('worker_threads', 'process.pid')).toBe(process.pid);
  });
});

it('a missing package is a reason with a remedy, and the rest is measured', async () => {
  const absent = groupOf('absent', [spec('absent.cold', 'isolate', [], '')], async () => {
    await loadPackage('not-there-at-all');
    return { makers: {} };
  });
  const there: Group = {
    name: 'there',
    specs: [spec('there.cold', 'none', [], '')],
    open: async () => ({ samplers: { 'there.cold': () => [1] }, close: async () => {} }),
  };
  const suite = {
    name: 'made-up',
    what: '',
    headline: { question: '', answers: {} },
    groups: [absent, there],
    targets: [],
  };
  const plan = {
    suite: 'made-up',
    trial: 1,
    rounds: 1,
    quick: true,
    subjects: ['absent.cold', 'there.cold'],
    floorPath: '',
  };
  const { skipped, samples } = await new Trial(suite, plan, () => {}).run();
  expect(skipped).toEqual([
    { subject: 'absent.cold', reason: expect.stringMatching(/not-there-at-all is not installed.*npm install/) },
  ]);
  expect(Object.keys(samples)).toEqual(['there.cold']);
});

it('no command fetches a package of this project by its name, which belongs to others on the public registry', async () => {
  await expect(loadPackage('@colony/backend-none')).rejects.toThrow(
    '@colony/backend-none is not installed: install it from where @colony/bench came from',
  );
});

it('the page names every peer with the version that is installed', async () => {
  const page = await readFile(join(root, 'packages/docs/internals/benchmarks.md'), 'utf8');
  const section = page.slice(page.indexOf('\n## The field'));
  const { devDependencies, dependencies } = createRequire(import.meta.url)('../package.json') as Record<
    string,
    Record<string, string>
  >;
  const versions = { ...dependencies, ...devDependencies };
  const npm = PEERS.map((peer: Peer) => peer.package).filter((name) => name in versions);
  expect(npm.length).toBeGreaterThanOrEqual(7);
  for (const name of npm) expect(section, name).toContain(`${name} ${versions[name]}`);
  for (const { name } of PEERS) expect(section, name).toContain(`\`${name}`);
});

/** Runs `bench` as a user does, and records all its descendant processes. */
async function bench(...args: string[]): Promise<{ seen: ProcessId[]; status: number | null; said: string }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const seen = new Map<string, ProcessId>();
  const look = setInterval(() => {
    for (const stat of descendants(child.pid!)) seen.set(`${stat.pid} ${stat.started}`, stat);
  }, 100);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(look);
  return { seen: [...seen.values()], status, said };
}

it('a quick run measures every subject or has a reason, and leaves no process', {
  timeout: 400_000,
}, async (context) => {
  const problem = kvmProblem();
  if (problem !== undefined) context.skip(problem);
  const folder = await mkdtemp(join(tmpdir(), 'colony-field-'));
  try {
    const file = join(folder, 'field.json');
    const { seen, status, said } = await bench('--suite', 'field', '--quick', '--rounds', '1', '--json', file);
    expect(status, said).toBe(0);
    const { rows, skipped } = JSON.parse(await readFile(file, 'utf8')) as Report;
    // Only what a backend's capabilities exclude may be skipped.
    for (const { subject, reason } of skipped) {
      const obstacle = obstacles[subject.replace(/\.\w+$/, '')];
      if (obstacle !== undefined && reason.includes(obstacle)) continue;
      expect(`${subject}: ${reason}`).toMatch(
        /^(process\.\w+\.(snapshot|pooled\.callSync|kept\.callSync)|wasm\.component\.(snapshot|kept\.call(Sync)?)): .* capabilities report that$/,
      );
    }
    const measured = new Set(rows.map(({ subject }) => subject));
    const without = new Set(skipped.map(({ subject }) => subject));
    for (const { subject } of specsOf(field))
      expect(measured.has(subject) !== without.has(subject), subject).toBe(true);
    // A trial, the C floors, isolated-vm's, workerd, Deno, a fork, two jails of two, and Colony's children.
    expect(seen.length).toBeGreaterThan(10);
    expect(
      await eventually(
        () => seen.filter(isAlive),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
