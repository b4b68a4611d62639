/** The part of a snapshot file that the native core reads, through the addon. libFuzzer reads it, too: native/fuzz/snapshot.cc. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, doctor, native, prevents } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Mutator, Reader } from '../../../scripts/fuzz/reader.mjs';
import { fromNative, loadAddon, type NativeSnapshot } from '../src/native.js';

/** Bytes of the header, the segments, and the pages that seeds keep: the rest is pages as these. */
const HEAD = 240 + 5 * 24;

/** Pages are the inside of a guest: what matters is before them. */
const inHead: Mutator = (random, input, other, ...rest) => {
  const head = bytes(random, input.slice(0, HEAD), other.subarray(0, HEAD), ...rest);
  const whole = new Uint8Array(head.length + input.length - Math.min(HEAD, input.length));
  whole.set(head);
  whole.set(input.subarray(HEAD), head.length);
  return whole;
};
const bytes = bytesMutator(['COLSNAP1']);

async function seed(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'colony-fuzz-kvm-'));
  const file = join(folder, 'one.c');
  writeFileSync(file, '#include <colony/virtine.h>\nint one(void) { return 1; }\nCOLONY_EXPORT(int, one);\n');
  await using context = await createContext({ backend: 'kvm', program: native.c(file) });
  using snapshot = await context.snapshot();
  rmSync(folder, { recursive: true });
  return snapshot.inner.serialize!();
}

export const reader = async (): Promise<Reader | string> => {
  const [report] = await doctor(['kvm']);
  if (report?.works !== true)
    return `kvm: ${report?.findings
      .filter(prevents)
      .map(({ detail }) => detail)
      .join('; ')}`;
  const hypervisor = new (loadAddon().Hypervisor)({ threads: 1, warm: 0, spares: 0 });
  const read = (input: Uint8Array): unknown => {
    let snapshot: NativeSnapshot | undefined;
    try {
      snapshot = hypervisor.deserialize(input);
      const facts = hypervisor.facts(snapshot);
      if (!(facts.size > 0 && facts.heapBytes <= facts.size))
        throw new Error(`facts that cannot be: ${JSON.stringify(facts)}`);
      return { facts, again: hypervisor.serialize(snapshot) };
    } catch (error) {
      throw fromNative(error);
    } finally {
      if (snapshot !== undefined) hypervisor.release(snapshot);
    }
  };
  const first = await seed();
  return {
    name: 'snapshot-kvm',
    what: 'the state in a snapshot file of the kvm backend',
    seeds: [first],
    mutators: [inHead, inHead, bytes],
    read,
    refusals: ['ERR_SNAPSHOT_DAMAGED', 'ERR_SNAPSHOT_VERSION', 'ERR_SNAPSHOT_FOREIGN'],
    planted: (input, value) =>
      input.length === first.length && Buffer.compare((value as { again: Uint8Array }).again, first) !== 0,
    allowance: 2 ** 22,
    end: () => hypervisor.close(),
  };
};
