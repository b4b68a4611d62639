/** Damaged images, each batch in its own process. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSettings } from '@colony/conformance';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, probeImage } from './lib/kvm.js';

const script = fileURLToPath(new URL('./lib/hostile-images.mjs', import.meta.url));
const CLEAN =
  /^(ERR_COMPILE|ERR_GUEST_(FAULT|TRAP|PROTOCOL|THROWN)|ERR_LIMIT_\w+|ERR_NO_SUCH_EXPORT|ERR_NOT_SERIALIZABLE)$/;
/** Milliseconds of processor time, independent of the machine's load. */
const SLOW = 3000;

interface Ends {
  readonly report: Readonly<Record<string, { end: string; took: number }>>;
  readonly rss: number;
}

let image: string;

async function run(...args: string[]): Promise<Ends> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, image, ...args], {
    maxBuffer: 2 ** 26,
    timeout: 280_000,
  });
  return JSON.parse(stdout) as Ends;
}

describeKvm('hostile images', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colony-images-'));
    image = join(folder, 'good.elf');
    await writeFile(image, await probeImage('basic.c'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('known kinds of damage are refused with a code within the time limit', async () => {
    const { report, rss } = await run('named');
    for (const [name, { end, took }] of Object.entries(report)) {
      if (name.startsWith('a healthy')) continue;
      // Facts that only help people (sections, symbols) may be damaged, but their cost is bounded.
      if (/section|symbol|flags|gigabyte/.test(name) && end === 'value') expect(took, name).toBeLessThan(SLOW);
      else expect(end, `${name} ended with ${end}`).toMatch(CLEAN);
      expect(took, name).toBeLessThan(SLOW);
    }
    expect(report['a healthy context afterwards']?.end).toBe('1');
    expect(rss).toBeLessThan(1.5 * 2 ** 30);
  }, 300_000);

  it('mutated images end in a value or a code', async () => {
    const { seed, runs } = readSettings();
    const edit = fc.tuple(fc.nat(1_000_000), fc.nat(255), fc.boolean());
    const edits = fc.sample(fc.array(edit, { minLength: 1, maxLength: 6 }), { seed, numRuns: runs * 8 });
    const file = `${image}.edits.json`;
    await writeFile(file, JSON.stringify(edits));
    const { report } = await run('generated', file);
    for (const [name, { end }] of Object.entries(report)) {
      expect(
        end === 'value' || end === '1' || CLEAN.test(end),
        `COLONY_SEED=${seed}: the edits ${name} ended with ${end}`,
      ).toBeTruthy();
    }
  }, 300_000);
});
