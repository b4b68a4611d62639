/** The library OS's address space, allocator and string functions, compiled for the host. */
import { expect, it } from 'vitest';
import { execute } from '../dist/toolchain.js';
import { cacheDir } from './lib/cache.js';
import { guestFolder } from './lib/guest.js';

it('the address space answers as Linux does, and holds under ASan and UBSan', async () => {
  const run = await execute('make', ['-C', `${guestFolder}linux/memory/test`, `OUT=${cacheDir}/linux-memory`, 'check']);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/calls: ok[\s\S]*random: ok/);
}, 300_000);

it('string functions agree with those of the host', async () => {
  const run = await execute('make', ['-C', `${guestFolder}linux/lib/test`, `OUT=${cacheDir}/linux-lib`, 'check']);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/string: ok/);
}, 300_000);
