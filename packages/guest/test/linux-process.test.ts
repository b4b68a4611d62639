/** How the library OS starts programs, and what it reports to them, compiled for the host. */
import { expect, it } from 'vitest';
import { execute } from '../dist/toolchain.js';
import { cacheDir } from './lib/cache.js';
import { guestFolder } from './lib/guest.js';

it('programs start as on Linux, damaged files are refused, and no call fails under ASan and UBSan', async () => {
  const run = await execute('make', [
    '-C',
    `${guestFolder}linux/process/test`,
    `OUT=${cacheDir}/linux-process`,
    'check',
  ]);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/calls: ok[\s\S]*load: ok/);
}, 300_000);
