/** A process with a low limit of open files. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, Snapshot } from '@colony/core';
import { expect, it, onTestFinished } from 'vitest';
import { describeKvm, probe } from './lib/kvm.js';

const script = fileURLToPath(new URL('./lib/few-descriptors.mjs', import.meta.url));
/** The process's limit of descriptors, and a number of snapshots several times as large. */
const [MOST, TIMES] = [512, 3000];

/** Open snapshot descriptors of this process: each snapshot has a memory file. */
const openSnapshots = () =>
  readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).includes('memfd:colony-snapshot');
    } catch {
      return false; // the descriptor of the listing itself
    }
  }).length;

describeKvm('a process that may open few files', () => {
  it('reads any number of small snapshots, and gets a remedy in the error if it keeps too many', async () => {
    await using context = await createContext({ backend: 'kvm', program: probe('basic.c') });
    using snapshot = await context.snapshot();
    const command = `ulimit -n ${MOST}; exec "$0" "$@"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script, String(TIMES)], {
      input: snapshot.inner.serialize!(),
      encoding: 'utf8',
    });
    expect(stdout, stderr).not.toBe('');
    const { released, read, error } = JSON.parse(stdout);
    expect([released, read], error.message).toStrictEqual([TIMES, TIMES]);
    expect(error.code).toBe('ERR_BACKEND_UNAVAILABLE');
    expect(error.message).toMatch(/Too many open files: raise the limit of open files \(ulimit -n\)/);
  });

  it('has no descriptor of a disposed snapshot, nor of a disposed context that started from one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-descriptors-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'state');
    const program = probe('basic.c');
    await using context = await createContext({ backend: 'kvm', program });
    using taken = await context.snapshot();
    await taken.save(file);
    const once = async () => {
      const snapshot = await Snapshot.load(file, { backend: 'kvm' });
      const started = await createContext({ snapshot, backend: 'kvm' });
      snapshot.dispose();
      expect(await started.call('add', 1, 2)).toBe(3);
      expect(await started.with({ state: 'keep' }).call('add', 1, 2)).toBe(3);
      const kept = await started.snapshot();
      await started.dispose();
      kept.dispose();
    };
    // Each shell of the pool keeps the state that it ran last; the pool has eight.
    for (let i = 0; i < 20; i++) await once();
    const before = openSnapshots();
    for (let i = 0; i < 40; i++) await once();
    expect(openSnapshots() - before, `${openSnapshots()} snapshots are open, and were ${before}`).toBeLessThanOrEqual(
      8,
    );
  });
});
