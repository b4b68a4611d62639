// The count that CI reads: a skip without a reason, a broken file and a failing hook must not pass silently.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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

/** @param {Readonly<Record<string, string>>} files @param {readonly string[]} args @param {Readonly<Record<string, string>>} more */
async function run(files, args = [], more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'colony-reporter-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const reporter = join(root, 'scripts/lib/reporter.mjs');
    writeFileSync(
      join(folder, 'vitest.config.mjs'),
      `export default { test: { reporters: ['${reporter}'], pool: 'forks' } };`,
    );
    const file = join(folder, 'summary.json');
    const env = { ...process.env, COLONY_TEST_SUMMARY: file, ...more };
    const status = await new Promise((resolve) => {
      execFile(join(root, 'node_modules/.bin/vitest'), ['run', ...args], { cwd: folder, env }, (error) =>
        resolve(error?.code ?? 0),
      );
    });
    return { status, summary: JSON.parse(readFileSync(file, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("a run's counts are right", async () => {
  const { status, summary } = await run(TESTS);
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
});

it("a test that a run excludes by its name has the run's reason", async () => {
  const files = { 'two.test.mjs': `import { test } from 'vitest'; test('one', () => {}); test('lasts', () => {});` };
  const without = ['-t', '^(?!.*lasts)'];
  const reason = { COLONY_TEST_LEFT_OUT: JSON.stringify({ lasts: 'days here' }) };
  const { status, summary } = await run(files, without, reason);
  expect(status).toBe(0);
  expect(summary).toMatchObject({ passed: 1, failed: [], skipped: [{ reason: 'days here' }] });
  const other = { COLONY_TEST_LEFT_OUT: JSON.stringify({ another: 'days here' }) };
  const unexplained = await run(files, without, other);
  expect(unexplained.status).not.toBe(0);
  expect(unexplained.summary.failed).toEqual([expect.stringContaining('lasts (skipped without a reason)')]);
});
