// The count that CI reads: a skip without a reason, a broken file and a failing hook must not pass silently.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../lib/run.mjs';

const TESTS = {
  'good.test.mjs': `
    import { test } from 'vitest';
    test('passes', () => {});
    test('is skipped with a reason', (context) => context.skip('no such device'));
    test.skip('is skipped without', () => {});
  `,
  'fails.test.mjs': `
    import { expect, test } from 'vitest';
    test('fails', () => expect(1).toBe(2));
  `,
  'broken.test.mjs': `throw new Error('does not load');`,
  'hook.test.mjs': `
    import { beforeAll, test } from 'vitest';
    beforeAll(() => { throw new Error('hook') });
    test('after a broken hook', () => {});
  `,
};

test('what a run is counted as', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-reporter-'));
  try {
    for (const [name, text] of Object.entries(TESTS)) writeFileSync(join(folder, name), text);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const reporter = join(root, 'scripts/lib/reporter.mjs');
    writeFileSync(
      join(folder, 'vitest.config.mjs'),
      `export default { test: { reporters: ['${reporter}'], pool: 'forks' } };`,
    );
    const file = join(folder, 'summary.json');
    const env = { ...process.env, COLONY_TEST_SUMMARY: file };
    const status = await new Promise((resolve) => {
      execFile(join(root, 'node_modules/.bin/vitest'), ['run'], { cwd: folder, env }, (error) =>
        resolve(error?.code ?? 0),
      );
    });
    const summary = JSON.parse(readFileSync(file, 'utf8'));
    expect(status).not.toBe(0);
    expect(summary.passed).toBe(1);
    expect(summary.skipped).toContainEqual({
      name: expect.stringContaining('with a reason'),
      reason: 'no such device',
    });
    for (const what of ['is skipped without', 'fails', 'broken.test.mjs', 'hook']) {
      expect(
        summary.failed.some((/** @type {string} */ name) => name.includes(what)),
        what,
      ).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
