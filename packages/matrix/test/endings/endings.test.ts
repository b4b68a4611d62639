/**
 * A host, or a worker thread of it, that ends in the middle of its work leaves no process, cgroup, file or descriptor.
 * `npm run endings -w @colony/matrix` runs every way at every moment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@colony/conformance';
import { defaultCacheDir, owner } from '@colony/guest';
import { BACKENDS, type BackendName } from '@colony/matrix';
import { afterAll, expect, it } from 'vitest';
import { describeOn } from '../lib.js';
import {
  cgroupFolder,
  cgroupsOf,
  childrenLeft,
  descendantsOf,
  descriptorsLeft,
  filesIn,
  type Named,
  stillRunning,
} from './traces.js';

const script = fileURLToPath(new URL('./host.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'colony-endings-'));
// Jailed users must be able to pass through it.
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Ways in which a host may end, with its status. The host of a worker stays alive and exits at last. */
const STATUS = {
  exit: 7,
  throw: 1,
  SIGTERM: 'SIGTERM',
  SIGKILL: 'SIGKILL',
  'worker-exit': 7,
  'worker-throw': 7,
  'worker-terminate': 7,
} as const;
type Way = keyof typeof STATUS;

/** Building comes last, because it must continue until the end. */
const ALL_AT_ONCE = ['kept', 'waiting', 'running', 'building'] as const;
const IN_HOST_FUNCTION = 'in a host function';
const IN_CALL_SYNC = 'in a host function of callSync';

type Case = readonly [way: Way, moments: readonly string[]];

/** Waits inside callSync, if the backend has it. */
const innermost = (backend: BackendName) => (backend === 'process' ? IN_HOST_FUNCTION : IN_CALL_SYNC);

const short = (backend: BackendName): Case[] => [
  ['exit', ['kept', innermost(backend)]],
  ['worker-exit', ['kept', IN_HOST_FUNCTION]],
  ['worker-terminate', ALL_AT_ONCE],
  ['SIGKILL', ALL_AT_ONCE],
];

const long = (backend: BackendName): Case[] => [
  ...(Object.keys(STATUS) as Way[]).flatMap((way): Case[] => [
    ...ALL_AT_ONCE.map((moment): Case => [way, [moment]]),
    [way, ALL_AT_ONCE],
    [way, ['starting']],
  ]),
  ...(['exit', 'worker-exit'] as const).flatMap((way): Case[] => [
    [way, [IN_HOST_FUNCTION]],
    [way, [innermost(backend)]],
  ]),
];

const casesOf = process.env['COLONY_ENDINGS'] === 'all' ? long : short;

let made = 0;

/** A ready host with its own folder of temporary files. */
class Host {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(backend: BackendName, way: Way, moments: readonly string[], temporary: string) {
    const env = { ...process.env, TMPDIR: temporary, SLOW_SOURCE: slowSource(), CGROUP: cgroupFolder() };
    this.process = spawn(process.execPath, [script, backend, way, ...moments], { env });
    this.process.stderr!.on('data', (text) => {
      this.#errors += text;
    });
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.process.pid!;
  }

  async says(word: string): Promise<void> {
    const { value, done } = await this.#lines.next();
    expect(done ? `nothing more: ${this.#errors}` : value).toBe(word);
  }

  /** Returns its status or signal after it has ended. */
  async status(): Promise<unknown> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode;
    const [code, signal] = await once(this.process, 'exit');
    return code ?? signal;
  }
}

/** A source that compiles for longer than the test runs, and that was never compiled before. */
function slowSource(): string {
  const path = join(root, `slow-${++made}.c`);
  const sums = Array.from(
    { length: 2000 },
    (_, i) =>
      `int f${i}(int a, int b) { int s = ${i}; for (int i = 0; i < a; i++) for (int j = 0; j < b; j++) s += (i * ${i}) ^ (j << ${i % 7}); return s; }`,
  );
  writeFileSync(
    path,
    `#include <colony/virtine.h>\n// ${root}\n${sums.join('\n')}\nCOLONY_EXPORT(int, f0, int, int);\n`,
  );
  return path;
}

function temporaryFolder(): string {
  const folder = join(root, `tmp-${++made}`);
  mkdirSync(folder, { mode: 0o755 });
  return folder;
}

/** Unfinished builds of a process in the cache: their names contain its number. */
function inCache(pid: number): string[] {
  const cache = defaultCacheDir();
  const names = readdirSync(cache, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name, ...readdirSync(join(cache, entry.name))] : [entry.name],
  );
  return names.filter((name) => name.includes(`.${pid}.`)).map((name) => `in the cache ${name}`);
}

const none = (left: readonly string[]) => (left.length === 0 ? undefined : `left: ${left.join(', ')}`);

async function endHost(way: Way, host: Host): Promise<readonly Named[]> {
  const processes = descendantsOf(host.pid);
  if (way === 'SIGKILL' || way === 'SIGTERM') host.process.kill(way);
  expect(await host.status()).toBe(STATUS[way]);
  return processes;
}

/** Checks while the host is alive. */
async function checkLivingHost(host: Host, temporary: string): Promise<void> {
  await host.says('LEFT');
  const left = () => [
    ...childrenLeft(host.pid),
    ...cgroupsOf(host.pid),
    ...descriptorsLeft(host.pid),
    ...filesIn(temporary),
  ];
  await eventually(() => none(left()));
  expect(inCache(host.pid)).toStrictEqual([]);
  host.process.stdin!.end();
}

async function check(backend: BackendName, [way, moments]: Case, temporary: string = temporaryFolder()): Promise<void> {
  const host = new Host(backend, way, moments, temporary);
  try {
    await host.says('READY');
    if (way.startsWith('worker-')) await checkLivingHost(host, temporary);
    const processes = await endHost(way, host);
    await eventually(() => none(stillRunning(processes)));
    // A killed host cannot clean up; the next host does.
    if (way.startsWith('SIG')) await check(backend, ['exit', ['kept', 'building']], temporary);
    expect([...cgroupsOf(host.pid), ...inCache(host.pid), ...filesIn(temporary)]).toStrictEqual([]);
  } finally {
    host.process.kill('SIGKILL');
  }
}

for (const backend of BACKENDS) {
  describeOn(backend, 'endings', () => {
    for (const ending of casesOf(backend)) {
      const [way, moments] = ending;
      it.concurrent(`nothing is left after ${way}: ${moments.join(', ')}`, () => check(backend, ending));
    }
  });
}

describeOn('process', 'the next start', () => {
  it('ends what a killed host left in a cgroup', async (context) => {
    const folder = cgroupFolder() ?? context.skip('no cgroup of version 1 with memory can be made here');
    // A number that no process has.
    const group = join(folder, `colony-${owner.replace(/\.\d+\.\d+-$/, '.999999999.1-')}0-1`);
    mkdirSync(group);
    const left = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(join(group, 'cgroup.procs'), String(left.pid));
    const host = new Host('process', 'exit', ['kept'], temporaryFolder());
    await once(left, 'exit');
    expect(await host.status()).toBe(STATUS.exit);
    expect(left.signalCode).toBe('SIGKILL');
    expect(existsSync(group)).toBe(false);
  });
});

it('sees what is left', async () => {
  const temporary = temporaryFolder();
  const host = new Host('wasm', 'worker-exit', ['careless'], temporary);
  try {
    await host.says('READY');
    await host.says('LEFT');
    expect(childrenLeft(host.pid)).toStrictEqual(['child sleep']);
    expect(filesIn(temporary)).toStrictEqual(['file left']);
    const [sleep] = descendantsOf(host.pid);
    host.process.stdin!.end();
    expect(await host.status()).toBe(7);
    expect(stillRunning([sleep!])).toStrictEqual([`sleep (${sleep!.pid})`]);
    process.kill(sleep!.pid, 'SIGKILL');
    const groups = cgroupFolder() === undefined ? [] : [`cgroup ${cgroupFolder()}/colony-0.${host.pid}.0-0-1`];
    expect(cgroupsOf(host.pid)).toStrictEqual(groups);
    for (const group of groups) rmdirSync(group.replace('cgroup ', ''));
  } finally {
    host.process.kill('SIGKILL');
  }
});
