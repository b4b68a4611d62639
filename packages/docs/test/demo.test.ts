// The demonstration checks itself; here it is only run, as `npm start` runs it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the main job, in under a minute', { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL('../demo/main-job.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  expect(stdout).toContain('Everything was as expected.');
});
