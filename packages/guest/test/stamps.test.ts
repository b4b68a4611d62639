/** Stamps do not fail if a file cannot be accessed. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stampsOf } from '../src/stamps.js';

it('a file that is missing or unreadable has the stamp of a missing file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colony-stamps-'));
  const file = join(folder, 'here');
  writeFileSync(file, 'abc');
  expect(stampsOf([file])).toMatch(/^\d+:3$/);
  // A path below a file, and a name that no system accepts: stat fails with other errors than "not found".
  expect(stampsOf([join(folder, 'none'), join(file, 'below'), join(folder, 'x'.repeat(5000))])).toBe('- - -');
});
