/** Forged bytes of the backend's own snapshots, in a file with a correct checksum. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertClean, fails, outcome, readSettings } from '@colony/conformance';
import { type Context, createContext, js, openBackend, Snapshot } from '@colony/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, PATIENT, probe } from './lib/kvm.js';

const BAD = ['ERR_SNAPSHOT_DAMAGED', 'ERR_SNAPSHOT_VERSION', 'ERR_SNAPSHOT_FOREIGN'] as const;
const policy = { limits: PATIENT };
const program = js(`let n = 0; export const bump = () => ++n; export const echo = (v) => v;`);

describeKvm('snapshots', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-snapshots-'));
  const file = join(folder, 'good');
  let payload: Buffer;

  beforeAll(async () => {
    const context = await createContext({ backend: 'kvm', program, policy });
    await context.with({ state: 'keep' }).call('bump');
    const snapshot = await context.snapshot();
    await snapshot.save(file);
    payload = Buffer.from(snapshot.inner.serialize!());
    snapshot.dispose();
    await context.dispose();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = async (bytes: Uint8Array) => (await openBackend('kvm')).deserializeSnapshot!(bytes);

  it('bytes that are truncated, empty, too long or of another version are refused', async () => {
    for (const length of [0, 7, 8, 12, 100, 4096, payload.length - 1])
      await fails(BAD, () => load(payload.subarray(0, length)), `${length} bytes`);
    await fails('ERR_SNAPSHOT_DAMAGED', () => load(Buffer.concat([payload, Buffer.alloc(1)])));
    const version = Buffer.from(payload);
    version.writeUInt32LE(99, 8);
    await fails('ERR_SNAPSHOT_VERSION', () => load(version));
    const features = Buffer.from(payload);
    features.fill(0xff, 16, 32);
    await fails('ERR_SNAPSHOT_FOREIGN', () => load(features), 'a CPU with every feature');
  });

  it('generated damage in the header is refused, or starts a guest that ends in a value or a code', async () => {
    const { seed, runs } = readSettings();
    const edit = fc.tuple(fc.nat(400), fc.oneof(fc.constant(0), fc.constant(255), fc.nat(255)));
    const base = await createContext({ backend: 'kvm', program, policy });
    const limits = { wallTime: 100, cpuTime: 100 };
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const bytes = Buffer.from(payload);
        for (const [at, value] of edits) bytes[at] = value;
        const loaded = await outcome(() => load(bytes));
        if ('code' in loaded) {
          expect(BAD as readonly string[], `refused with ${loaded.code}`).toContain(loaded.code);
          return;
        }
        const snapshot = new Snapshot(loaded.value as never, program);
        const made = await outcome(() => createContext({ backend: 'kvm', snapshot, policy: { limits } }));
        if ('code' in made) return;
        const context = made.value as Context;
        await outcome(() => context.call('bump'));
        await context.dispose();
        snapshot.dispose();
      }),
      { seed, numRuns: runs * 2 },
    );
    expect(await base.call('bump')).toBe(1);
    await base.dispose();
  });

  it('a file with a checksum that an attacker corrected is still checked', async () => {
    const bytes = readFileSync(file);
    const at = bytes.indexOf('COLSNAP1');
    expect(at, 'the file has no kvm part where this test looks for it').toBeGreaterThan(0);
    bytes[at + 40] = bytes[at + 40]! ^ 0xff;
    createHash('sha256')
      .update(bytes.subarray(0, -32))
      .digest()
      .copy(bytes, bytes.length - 32);
    writeFileSync(join(folder, 'bad'), bytes);
    const loaded = await outcome(() => Snapshot.load(join(folder, 'bad')));
    if ('error' in loaded) assertClean(loaded.error);
  });

  it('a snapshot of machine code starts other contexts', async () => {
    const context = await createContext({ backend: 'kvm', program: probe('basic.c'), policy });
    await context.with({ state: 'keep' }).call('count');
    const snapshot = await context.snapshot();
    await snapshot.save(join(folder, 'native'));
    await context.dispose();
    const loaded = await Snapshot.load(join(folder, 'native'));
    const other = await createContext({ backend: 'kvm', snapshot: loaded, policy });
    expect(await other.call('count')).toBe(2);
    expect(await other.call('count')).toBe(2);
    await other.dispose();
  });
});
