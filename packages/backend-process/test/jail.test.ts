/** A jailed program can do nothing. test/jail/probe.c tries it from inside, as root and as an ordinary user. */
import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MECHANISMS } from '@colony/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from '../dist/jail/index.js';
import { attackNames, jailFor, runAttacks, startProbe } from './jail/attacks.mjs';
import { cgroupProblem } from './lib/cgroup.js';
import { NOBODY, noOutsider, Outsider } from './lib/outsider.js';
import { gone, isAlive } from './lib/processes.js';

const run = promisify(execFile);
const here = fileURLToPath(new URL('./jail/', import.meta.url));
const isRoot = process.getuid?.() === 0;
/** This machine may not allow a cgroup; another test covers it. */
const WITHOUT_CGROUP = MECHANISMS.filter((name) => name !== 'cgroup').sort();
const exceptCgroup = (applied: readonly string[]) => applied.filter((name) => name !== 'cgroup').sort();

/** The expected result of each attack; `SIGSYS` ends the attacker. */
const EXPECTED: Readonly<Record<string, string | RegExp>> = {
  read_self: /^\d+$/,
  read_etc: 'ENOENT',
  read_proc: 'ENOENT',
  read_proc_root: 'ENOENT',
  dot_dot: 'ENOENT',
  do_clone3: 'ENOSYS',
  io_uring: 'ENOSYS',
  // If the kernel has no 32-bit calls, the instruction itself faults.
  other_architecture: /^SIG(SYS|SEGV)$/,
  inherited: '0',
  variables: '0',
  core_limit: '0',
  whoami: String(NOBODY),
  process: '1',
  // 64 descriptors minus 0 to 3; 64 MiB minus the program's own memory.
  open_many: '60',
  take_memory: /^6[0-3]$/,
  last_words: '0',
};
/** None of our programs makes these calls; they end the attacker. */
const DEADLY = [
  ...['do_chroot', 'do_mount', 'do_umount', 'do_unshare', 'do_setns', 'do_ptrace_parent', 'do_traceme', 'read_memory'],
  ...[
    'do_fork',
    'exec_at',
    'do_keyctl',
    'add_key',
    'do_bpf',
    'perf_event',
    'do_userfaultfd',
    'do_pidfd',
    'open_handle',
  ],
  ...['do_personality', 'x32'],
];

function check(results: Readonly<Record<string, string>>): void {
  for (const name of attackNames) {
    const expected = EXPECTED[name] ?? (DEADLY.includes(name) ? 'SIGSYS' : 'EPERM');
    const got = results[name] ?? 'nothing';
    const holds = typeof expected === 'string' ? got === expected : expected.test(got);
    expect(holds, `${name}: ${got}, not ${expected}`).toBeTruthy();
  }
}

describe('a jail', () => {
  let folder: string;
  let probe: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colony-jail-'));
    chmodSync(folder, 0o755);
    probe = join(folder, 'probe');
    await run('gcc', ['-static', '-O1', '-o', probe, join(here, 'probe.c')]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('stops 60 attacks', async () => {
    expect(attackNames.length, 'probe.c has another form').toBeGreaterThanOrEqual(60);
    const { results, applied } = await runAttacks(probe);
    check(results);
    expect(exceptCgroup(applied)).toStrictEqual(WITHOUT_CGROUP);
  }, 300_000);

  it('has a cgroup with limits of memory and of processes', async ({ skip }) => {
    const problem = cgroupProblem();
    if (problem !== undefined) skip(problem);
    const { jailed } = await startProbe(jailFor(probe));
    expect(jailed.applied).toContain('cgroup');
    const own = new RegExp(`/colony-\\d+\\.${process.pid}\\.`);
    expect(readFileSync(`/proc/${jailed.pid}/cgroup`, 'latin1')).toMatch(own);
    jailed.kill();
    await jailed.exited;
  });

  it("works the same if the host's user is nobody", async ({ skip }) => {
    if (noOutsider !== undefined) skip(noOutsider);
    using outsider = new Outsider();
    // The attacks find the jail by their path in the package.
    const attacks = join(outsider.package, 'test/jail/attacks.mjs');
    cpSync(here, dirname(attacks), { recursive: true });
    const { results, applied } = JSON.parse(await outsider.run([attacks, outsider.add(probe)]));
    check(results);
    expect(exceptCgroup(applied)).toStrictEqual(WITHOUT_CGROUP);
  }, 300_000);

  it('reports what is missing without bubblewrap, and applies the rest', async () => {
    process.env.COLONY_BWRAP = 'none';
    try {
      const { jailed, ask } = await startProbe(jailFor(probe));
      const missing = MECHANISMS.filter((name) => !jailed.applied.includes(name) && name !== 'cgroup');
      expect(missing).toStrictEqual([
        ...['user-namespace', 'mount-namespace', 'network-namespace', 'pid-namespace', 'ipc-namespace', 'empty-root'],
      ]);
      // Landlock and the filter replace the empty root.
      expect(await ask('read_etc')).toBe('EACCES');
      expect(await ask('list_root')).toBe('EPERM');
      expect(await ask('tcp_socket')).toBe('EPERM');
      expect(await ask('kill_parent')).toBe('EPERM');
      if (isRoot) expect(await ask('whoami')).toBe(String(NOBODY));
      jailed.kill();
      await jailed.exited;
    } finally {
      delete process.env.COLONY_BWRAP;
    }
  });

  it.for([
    ['a small file', 0, undefined],
    ['a small file, without bubblewrap', 0, 'none'],
    ['a file too big to be copied into memory', 9 << 20, undefined],
    ['a file too big to be copied into memory, without bubblewrap', 9 << 20, 'none'],
  ] as const)('never stays root to read files of root only: %s', async ([, padding, bubblewrap], { skip }) => {
    if (!isRoot) skip('needs root');
    const hidden = mkdtempSync(join(tmpdir(), 'colony-hidden-'));
    const link = join(folder, 'link');
    if (bubblewrap !== undefined) process.env.COLONY_BWRAP = bubblewrap;
    try {
      chmodSync(hidden, 0o700);
      cpSync(probe, join(hidden, 'probe'));
      truncateSync(join(hidden, 'probe'), statSync(probe).size + padding);
      // The link is readable by all, its target by nobody.
      symlinkSync(join(hidden, 'probe'), link);
      const { jailed, ask } = await startProbe(jailFor(link));
      expect(await ask('whoami')).toBe(String(NOBODY));
      // Check the host's view, too: a user namespace must not be the only barrier.
      const status = readFileSync(`/proc/${jailed.pid}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:\\s+${NOBODY}`, 'm'));
      jailed.kill();
      await jailed.exited;
    } finally {
      delete process.env.COLONY_BWRAP;
      rmSync(link, { force: true });
      rmSync(hidden, { recursive: true });
    }
  });

  it('keeps only the last output, without terminal control characters', async () => {
    const { jailed, ask } = await startProbe(jailFor(probe));
    await ask('last_words');
    jailed.kill();
    await jailed.exited;
    expect(jailed.stderr().length).toBeLessThanOrEqual(4096);
    expect(jailed.stderr().endsWith('the end')).toBeTruthy();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
    expect(jailed.stderr()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('ends by kill, with a busy program and with a stopped one', async () => {
    for (const signal of [undefined, 'SIGSTOP'] as const) {
      const { jailed, ask } = await startProbe(jailFor(probe));
      void ask('burn');
      if (signal !== undefined) process.kill(jailed.pid, signal);
      jailed.kill();
      expect(await jailed.exited).toStrictEqual({ code: null, signal: 'SIGKILL' });
      await gone(jailed.pid);
    }
  });

  it('is ended by the kernel when its CPU time is over', async () => {
    const { jailed, ask } = await startProbe(jailFor(probe, { limits: { cpu: 1 } }));
    expect(await ask('burn')).toBe('SIGKILL');
    await gone(jailed.pid);
  });

  it('leaves no orphan when the host is killed', async () => {
    const script = `
      import { startProbe, jailFor } from ${JSON.stringify(join(here, 'attacks.mjs'))};
      const probes = await Promise.all([0, 1, 2].map(() => startProbe(jailFor(${JSON.stringify(probe)}))));
      for (const { ask } of probes) void ask('burn');
      console.log(JSON.stringify(probes.map(({ jailed }) => jailed.pid)));
      setInterval(() => {}, 1000);`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) => host.stdout.once('data', (bytes) => resolve(String(bytes))));
    const pids = JSON.parse(line) as number[];
    expect(pids.length === 3 && pids.every(isAlive)).toBeTruthy();
    host.kill('SIGKILL');
    await gone(...pids);
  });

  it('keeps the process alive until its last output has arrived', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-bwrap-'));
    chmodSync(folder, 0o755);
    try {
      const wrapper = join(folder, 'bwrap');
      writeFileSync(wrapper, '#!/bin/sh\nsleep 1 &\nexec bwrap "$@"\n', { mode: 0o755 });
      const env = { ...process.env, COLONY_BWRAP: wrapper };
      const { stdout } = await run(process.execPath, [join(here, '../lib/end-of-stderr.mjs')], { env });
      expect(JSON.parse(stdout)).toStrictEqual({ code: 126, signal: null });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that stops before its report is abandoned and ended', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-bwrap-'));
    const { COLONY_BWRAP } = process.env;
    try {
      const wrapper = join(folder, 'bwrap');
      writeFileSync(wrapper, `#!/bin/sh\necho $$ > ${folder}/pid\nkill -STOP $$\n`, { mode: 0o755 });
      chmodSync(folder, 0o777);
      process.env['COLONY_BWRAP'] = wrapper;
      const message = expect.stringMatching(/no child process can be jailed: it did not report within 2000 ms/);
      await expect(launch(jailFor(probe), 2000)).rejects.toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE', message });
      await gone(Number(readFileSync(join(folder, 'pid'), 'utf8')));
    } finally {
      if (COLONY_BWRAP === undefined) delete process.env['COLONY_BWRAP'];
      else process.env['COLONY_BWRAP'] = COLONY_BWRAP;
      rmSync(folder, { recursive: true });
    }
  });

  it('cannot be made from a missing program', async () => {
    await expect(startProbe(jailFor('/nowhere/probe'))).rejects.toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE' });
    await expect(startProbe(jailFor(probe, { program: '/other' }))).rejects.toMatchObject({
      code: 'ERR_BACKEND_UNAVAILABLE',
    });
  });
});
