/** System calls of the library OS beside Linux's: the same probes run natively and in a virtine, and print the same. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm } from '../lib/kvm.js';
import { type Run, Workshop } from '../lib/linux.js';

describeKvm('system calls of Linux programs', () => {
  const workshop = new Workshop();
  const folder = join(workshop.folder, 'set');
  beforeAll(() => {
    mkdirSync(folder);
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, `f${i}`), String(i));
  });
  afterAll(() => workshop.remove());

  /** Compares two fresh calls: the second one finds no site rewritten and no file open. */
  async function compare(source: string, flags: readonly string[], run: Run): Promise<string> {
    const executable = workshop.compile('gcc', source, ['-O1', ...flags]);
    const expected = workshop.natively(executable, run);
    await using context = await workshop.context({ executable, files: { [folder]: folder } });
    for (let i = 0; i < 2; i++) {
      const { stdout, ...outcome } = await workshop.inVirtine(context, run);
      expect(stdout.split('\n')).toEqual(expected.stdout.split('\n'));
      expect({ ...outcome, stdout }).toEqual(expected);
    }
    return expected.stdout;
  }

  for (const flags of [['-static'], []]) {
    const how = flags.length > 0 ? 'static' : 'dynamic';
    it(`results, errors and data agree (${how})`, async () => {
      const printed = await compare('system-calls.c', ['-w', ...flags], {});
      expect(printed.split('\n').length).toBeGreaterThan(110);
    });

    it(`registers, the red zone and the middle of a site are kept (${how})`, async () => {
      const printed = await compare('registers.c', flags, { args: [folder] });
      expect(printed).toContain('open: ok general 1 vectors 1 x87 1 mxcsr 1');
      expect(printed).toContain('fs kept 1 opened 1 gs kept 1');
      expect(printed).toContain('red zone 0');
      expect(printed).toContain('mask by the middle 77');
    });
  }
});
