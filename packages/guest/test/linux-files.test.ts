/** The library OS's files: unit tests, and random system calls that are compared with Linux. Without KVM. */
import { expect, it } from 'vitest';
import { execute } from '../dist/toolchain.js';
import { cacheDir } from './lib/cache.js';
import { guestFolder } from './lib/guest.js';

it('system calls of files return what Linux returns, under ASan and UBSan', async () => {
  const folder = `${guestFolder}linux/files/test`;
  const run = await execute('make', ['-C', folder, `OUT=${cacheDir}/linux-files-test`, 'check']);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/files: ok[\s\S]*ready: ok[\s\S]*differential: (?:ok|skipped)/);
}, 300_000);
