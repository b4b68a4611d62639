// The boot of the reference, step by step: whether it happens, not how long it takes.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { buildFloor, FloorProcess } from '../src/floor-process.js';
import { ENVIRONMENTS, QUICK, WORKS } from '../src/suites/boot/environment-names.js';
import { buildImage, complaint } from '../src/suites/boot/images.js';
import { STEPS } from '../src/suites/boot/steps.js';
import { expectQuickRun } from './quick-run.js';

const floorPath = buildFloor();
const floor = new FloorProcess(floorPath);
afterAll(() => floor.close());
/** The least of 25 samples, because a busy machine adds to each. */
const least = async (subject: string) => Math.min(...(await floor.sampler(subject)(25)));

describe('a guest that boots', () => {
  // The floor compares the steps of a boot with the whole of the same boot, and stops where they are more.
  it('enters every mode; each step takes some time, and all steps at most the whole', async (context) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    for (const { subject } of STEPS) expect(await least(subject), subject).toBeGreaterThan(0);
    // 3,000 instructions of an emulator, or a loop on hardware: more than a far jump in both cases.
    expect(await least('c.boot.tables')).toBeGreaterThan(await least('c.boot.jump32'));
  });

  it('is slower than a machine that only halts', async (context) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    expect(await least('c.boot.hlt')).toBeLessThan(await least('c.boot.total'));
  });

  it('has the stated instructions in its steps', () => {
    const source = readFileSync(new URL('../native/boot_guest.S', import.meta.url), 'utf8');
    const guest = source.slice(source.indexOf('boot_text:'), source.indexOf('gdt32:'));
    const lines = guest.split('\n').map((line) =>
      line
        .replace(/\/\/.*/, '')
        .replace(/^(\d:)\s*/, '$1 ')
        .trim(),
    );
    const counts: number[] = [];
    let [count, loop] = [0, Number.NaN];
    for (const line of lines) {
      if (/^(MARK|rdtsc)/.test(line)) {
        // Between two readings: storing the first, the code in between, and the second reading.
        if (/^rdtsc|MARK\s+[1-9]/.test(line)) counts.push(count + 2);
        count = 0;
      } else if (line !== '' && !/^\.|^[a-z]\w*:/.test(line)) {
        if (/^1: /.test(line)) loop = count;
        count++;
        if (/^jnz\s+1b/.test(line)) count = loop + 512 * (count - loop);
      }
    }
    expect(counts).toEqual(STEPS.map(({ instructions }) => instructions));
  });
});

describe('one source in 16, 32 and 64 bits', () => {
  const cells = ENVIRONMENTS.flatMap((environment) => WORKS.map((work) => ({ environment, work })));

  it('the compiler or the linker reports what a mode cannot have', () => {
    const missing = cells.flatMap(({ environment, work }) => {
      const problem = buildImage(floorPath, environment.bits, work);
      return problem === undefined ? [] : [`${environment.bits}: ${problem.message}`];
    });
    expect([...new Set(missing)].sort()).toEqual([
      expect.stringMatching(/^16: fold cannot be compiled to 16-bit code: gcc -m16: '__int128' is not supported/),
      expect.stringMatching(/^16: touch cannot be compiled to 16-bit code: gcc -m16: .*overflowed by \d+ bytes$/),
      expect.stringMatching(/^32: fold cannot be compiled to 32-bit code: gcc -m32: '__int128' is not supported/),
    ]);
  });

  it('a reason is the line of the message that explains it, without files', () => {
    const linker = "ld: /tmp/x.o: in function `f':\nld: warning: w\nld: /tmp/x section `.bss' will not fit\n";
    expect(complaint(linker)).toBe("in function 'f':");
    expect(complaint(`${linker}/usr/bin/ld: region \`image' overflowed by 12 bytes\n`)).toBe(
      "region 'image' overflowed by 12 bytes",
    );
    expect(complaint('f.c: In function:\nf.c:3:1: error: ‘__int128’ is not supported\n')).toBe(
      "'__int128' is not supported",
    );
    expect(complaint('spawn gcc ENOENT')).toBe('spawn gcc ENOENT');
  });

  it.for(ENVIRONMENTS)('$title: the result is the one that the host computes', async (environment, context) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    for (const work of WORKS.filter((one) => buildImage(floorPath, environment.bits, one) === undefined)) {
      const argument = Math.min(work.argument, QUICK[work.name]!);
      const samples = await floor.sampler(`env.${environment.name}.${work.name}.${argument}`)(2);
      expect(Math.min(...samples), work.title).toBeGreaterThan(0);
    }
  });

  it('a guest with another result has no figure: the floor stops', async (context) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    const folder = mkdtempSync(join(tmpdir(), 'colony-environments-'));
    try {
      const path = join(folder, 'floor');
      copyFileSync(floorPath, path);
      copyFileSync(`${floorPath}-fold.64`, `${path}-fib.64`);
      const other = new FloorProcess(path);
      await expect(other.sampler('env.direct64.fib.8')(1)).rejects.toThrow(/the guest returned \d+, but 21 is right/);
      await other.close();
      const none = new FloorProcess(path);
      await expect(none.sampler('env.direct64.sha256.8')(1)).rejects.toThrow('floor-sha256.64: No such file');
      await none.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

it('a quick run measures everything', { timeout: 300_000 }, (context) => expectQuickRun('boot', context));
