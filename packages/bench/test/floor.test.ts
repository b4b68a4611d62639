// The C floors work: they stop if a guest exits unexpectedly, or if a reset leaves something.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { buildFloor, compile, FloorProcess } from '../src/floor-process.js';
import { boot } from '../src/suites/boot/index.js';
import { c } from '../src/suites/floor/c.js';
import { specsOf } from '../src/types.js';

const process = new FloorProcess(buildFloor());
afterAll(() => process.close());

const NEEDS_KVM = /^c\.(entry|hypercall|hotset|reset|cold|teardown)/;
const inC = ({ subject, bytes }: (typeof c.specs)[number]) => (bytes === undefined ? subject : `c.memcpy.${bytes}`);

/** The boot suite's C subjects, which have their own tests. */
const booting = specsOf(boot).filter(({ subject }) => subject.startsWith('c.'));

it('the program has the subjects that the suites name, and no others', async () => {
  const named = new Set([...c.specs, ...booting].map(inC));
  expect((await process.list()).sort()).toEqual([...named].sort());
});

describe.each(c.specs.map((spec) => [spec.subject, spec] as const))('%s', (subject, spec) => {
  it('returns as many samples as requested', async (context) => {
    const problem = kvmProblem();
    if (NEEDS_KVM.test(subject) && problem !== undefined) context.skip(problem);
    const samples = await process.sampler(inC(spec))(3);
    expect(samples).toHaveLength(3);
    expect(samples.every((sample) => sample > 0)).toBe(true);
  });
});

it('an unknown subject ends it with a reason, for this request and the next', async () => {
  const other = new FloorProcess(buildFloor());
  await expect(other.sampler('c.nothing')(1)).rejects.toThrow('floor: no subject c.nothing');
  await expect(other.list()).rejects.toThrow('no subject');
  await other.close();
});

it('a program that is built twice at once keeps the first file, which may already run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-floor-'));
  try {
    const [source, output] = [join(folder, 'main.c'), join(folder, 'main')];
    writeFileSync(source, 'int main(void) { return 0; }\n');
    expect(compile(output, source)).toBeUndefined();
    const { ino } = statSync(output);
    expect(compile(output, source)).toBeUndefined();
    expect(statSync(output).ino).toBe(ino);
    expect(readdirSync(folder).sort()).toEqual(['main', 'main.c']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
