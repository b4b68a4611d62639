import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Snapshot } from '@colony/core';
import fc from 'fast-check';
import { assertClean, fails, outcome } from '../expect.js';
import type { Tools } from '../law.js';
import { EVERYWHERE, needsKeepAndSnapshot, needsSnapshot, needsSnapshotFile, theme } from './define.js';

const needsWhat = 'the backend keeps no state or takes no snapshots';

async function take(t: Tools, value?: unknown): Promise<Snapshot> {
  const context = await t.context();
  if (value !== undefined) await context.with({ state: 'keep' }).call('keep', value);
  const snapshot = await context.snapshot();
  t.after(() => snapshot.dispose());
  return snapshot;
}

async function startsFrom(t: Tools): Promise<void> {
  const snapshot = await take(t, 123);
  for (let i = 0; i < 3; i++) {
    const context = await t.context({ snapshot });
    for (let call = 0; call < 3; call++) {
      assert.equal(await context.call('recall'), 123);
      await context.call('keep', 321);
    }
  }
}

async function present(t: Tools): Promise<void> {
  const context = await t.context();
  const kept = context.with({ state: 'keep' });
  for (const value of [1, 2, 3]) {
    await kept.call('keep', value);
    const snapshot = await context.snapshot();
    const other = await t.context({ snapshot });
    assert.equal(await other.call('recall'), value, 'the snapshot is not of the present state');
    snapshot.dispose();
    assert.equal(await other.call('recall'), value, 'a context started from a snapshot must outlive it');
  }
  assert.equal(await kept.call('recall'), 3, 'taking a snapshot changed the context');
}

async function independent(t: Tools): Promise<void> {
  const first = await t.context();
  await first.with({ state: 'keep' }).call('keep', 11);
  const snapshot = await first.snapshot();
  await first.dispose();
  const [a, b] = await Promise.all([t.context({ snapshot }), t.context({ snapshot })]);
  await a.with({ state: 'keep' }).call('keep', 22);
  assert.equal(await b.with({ state: 'keep' }).call('recall'), 11);
  assert.equal(await a.with({ state: 'keep' }).call('recall'), 22);
  assert.equal(await a.call('recall'), 11, 'a fresh call starts from the snapshot');
  await a.reset();
  assert.equal(await a.with({ state: 'keep' }).call('recall'), 11, 'reset goes back to the snapshot');
}

async function throughFile(t: Tools): Promise<void> {
  const value = t.kind === 'js' ? { big: 'x'.repeat(10_000), n: 2n } : 12_345;
  const snapshot = await take(t, value);
  const file = join(await t.directory(), 'state.snapshot');
  await snapshot.save(file);
  const loaded = await Snapshot.load(file);
  t.after(() => loaded.dispose());
  const context = await t.context({ snapshot: loaded });
  assert.deepEqual(await context.call('recall'), value);
  assert.equal(await context.call('add', 1, 2), 3);
}

async function damaged(t: Tools): Promise<void> {
  const folder = await t.directory();
  const file = join(folder, 'good');
  await (await take(t, 1)).save(file);
  const good = await readFile(file);
  const bad = join(folder, 'bad');
  const refused = async (bytes: Uint8Array) => {
    await writeFile(bad, bytes);
    await fails(['ERR_SNAPSHOT_DAMAGED', 'ERR_SNAPSHOT_VERSION', 'ERR_SNAPSHOT_FOREIGN'], () => Snapshot.load(bad));
  };
  for (const length of [0, 1, 8, 23, 24, 60, good.length - 1]) await refused(good.subarray(0, length));
  await refused(Buffer.concat([good, Buffer.from([0])]));
  await t.property(
    fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })),
    async ([at, flip]) => {
      const bytes = Buffer.from(good);
      bytes[at]! ^= flip;
      await refused(bytes);
    },
    { weight: 0.5 },
  );
}

/** The offset of a file's body, and the length of the checksum at its end: `core/src/snapshots/file.ts`. */
const HEADER = 24;
const DIGEST = 32;

/** The forger does not know the checks, but can fix the checksum. */
async function forged(t: Tools): Promise<void> {
  const file = join(await t.directory(), 'forged');
  await (await take(t, 1)).save(file);
  const good = await readFile(file);
  const end = good.length - DIGEST;
  // Half of the edits are near the start, where sizes and counts are stored.
  const at = fc.oneof(fc.integer({ min: HEADER, max: HEADER + 600 }), fc.integer({ min: HEADER, max: end - 1 }));
  const edit = fc.tuple(at, fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xff), fc.nat(255)));
  await t.property(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
    const bytes = Buffer.from(good);
    for (const [place, value] of edits) bytes[place] = value;
    createHash('sha256').update(bytes.subarray(0, end)).digest().copy(bytes, end);
    await writeFile(file, bytes);
    const loaded = await outcome(() => Snapshot.load(file));
    if ('code' in loaded) return void assertClean(loaded.error);
    const snapshot = loaded.value as Snapshot;
    const limits = { wallTime: 500, cpuTime: 500, memory: '64 MiB' };
    const ended = await outcome(async () => await (await t.context({ snapshot, policy: { limits } })).call('bump'));
    if ('code' in ended) assertClean(ended.error);
    snapshot.dispose();
  });
  assert.equal(await (await t.context()).call('bump'), 1, 'a forged file changed another context');
}

async function otherVersion(t: Tools): Promise<void> {
  const folder = await t.directory();
  const file = join(folder, 'state');
  await (await take(t, 1)).save(file);
  const bytes = await readFile(file);
  bytes.writeUInt32LE(0, 8);
  await writeFile(file, bytes);
  await fails('ERR_SNAPSHOT_VERSION', () => Snapshot.load(file));
  await writeFile(file, 'this is a text, and not short at all, about something else entirely');
  await fails('ERR_SNAPSHOT_FOREIGN', () => Snapshot.load(file));
}

export const snapshot = theme('snapshot', [
  [
    'contexts start from a snapshot, with each call',
    startsFrom,
    { programKinds: EVERYWHERE, needs: needsKeepAndSnapshot, needsWhat },
  ],
  ['a snapshot is of the present state', present, { programKinds: EVERYWHERE, needs: needsKeepAndSnapshot, needsWhat }],
  [
    'a context that starts from a snapshot is independent of its source',
    independent,
    { programKinds: EVERYWHERE, needs: needsKeepAndSnapshot, needsWhat },
  ],
  [
    'a snapshot without kept state is the start state',
    async (t) => {
      const context = await t.context({ snapshot: await take(t) });
      assert.equal(await context.call('bump'), 1);
      assert.equal(await context.call('findSecret', 1), 0);
    },
    {
      programKinds: EVERYWHERE,
      needs: needsSnapshot,
      refusal: async (t) => {
        const context = await t.context();
        await fails('ERR_UNSUPPORTED', () => context.snapshot());
      },
    },
  ],
  [
    'a snapshot can be saved and loaded',
    throughFile,
    {
      programKinds: EVERYWHERE,
      needs: (f) => needsSnapshotFile(f) && needsKeepAndSnapshot(f),
      refusal: async (t) => {
        const context = await t.context();
        const file = join(await t.directory(), 'never');
        await fails('ERR_UNSUPPORTED', async () => (await context.snapshot()).save(file));
      },
    },
  ],
  [
    'a damaged snapshot file is refused',
    damaged,
    { needs: needsSnapshotFile, needsWhat: 'the backend writes no snapshots' },
  ],
  [
    'a forged snapshot file is refused, or starts a guest that ends without effects on other contexts',
    forged,
    { programKinds: EVERYWHERE, needs: needsSnapshotFile, needsWhat: 'the backend writes no snapshots' },
  ],
  [
    'a snapshot file of another version or of something else is refused',
    otherVersion,
    { needs: needsSnapshotFile, needsWhat: 'the backend writes no snapshots' },
  ],
]);
