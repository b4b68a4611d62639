// The demonstration checks itself; this test only runs it, as `npm start` does.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { doctor, prevents } from '@colony/core';
import { expect, it } from 'vitest';

it('the main job runs on the strongest backend that works, with the reason for each that does not', {
  timeout: 300_000,
}, async () => {
  const file = fileURLToPath(new URL('../demo/main-job.mjs', import.meta.url));
  // Without colours, which CI services get. Failures are on standard output.
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.message}`);
  });
  expect(stdout).toContain('Everything was as expected.');
  const reports = await doctor(['kvm', 'wasm', 'process']);
  expect(stdout).toContain(`The next part runs on ${reports.find(({ works }) => works)?.backend}: `);
  for (const { backend, works, findings } of reports) {
    const bad = findings.find(prevents);
    if (works) expect(stdout).toMatch(new RegExp(`^  ${backend} +works`, 'm'));
    else for (const text of [bad?.detail, bad?.remedy]) expect(stdout).toContain(text);
  }
});
