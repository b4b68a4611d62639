/**
 * A profile is a file that others may have edited. An invalid one is refused, and never becomes a limit without effect.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { limitsFrom } from '../src/profile/limits.js';
import { addToProfile, type Needed, readProfile } from '../src/profile/profile.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'colony.profile.json');
const needed: Needed = {
  ...{
    calls: 1,
    backend: 'kvm',
    memory: 2 ** 20,
    bytesIn: 10,
    bytesOut: 10,
    hypercalls: 1,
    pagesWritten: 2,
    cpuTime: 1,
  },
  wallTime: { p50: 1, p95: 1, p99: 1, max: 1 },
};
const read = (virtines: unknown, format: unknown = 1) => {
  writeFileSync(path, JSON.stringify({ format, virtines }));
  return readProfile(path);
};
const key = 'main.ts#f';

it('a recorded profile is read unchanged', () => {
  rmSync(path, { force: true });
  addToProfile(path, { [key]: needed });
  addToProfile(path, { [key]: { ...needed, memory: 2 ** 21 } });
  expect(readProfile(path)?.virtines).toEqual({ [key]: { ...needed, calls: 2, memory: 2 ** 21 } });
});

it.each([
  ['nothing', null],
  ['a list', []],
  ['an invalid entry', { [key]: null }],
  ['an entry without sizes', { [key]: {} }],
  ...(['calls', 'memory', 'bytesIn', 'bytesOut', 'hypercalls', 'pagesWritten', 'cpuTime'] as const).flatMap((name) =>
    [-1, '1', null, 1e300, [1]].map((value) => [
      `${name} of ${JSON.stringify(value)}`,
      { [key]: { ...needed, [name]: value } },
    ]),
  ),
  ['an invalid time', { [key]: { ...needed, wallTime: { ...needed.wallTime, max: '1' } } }],
  ['no backend', { [key]: { ...needed, backend: 7 } }],
] as [string, unknown][])('%s is not a profile', (_, virtines) => {
  expect(() => read(virtines)).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }));
});

it('a profile has no numbers beyond any double', () => {
  writeFileSync(path, JSON.stringify({ format: 1, virtines: { [key]: needed } }).replace('1048576', '1e999'));
  expect(() => readProfile(path)).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }));
});

it('limits of the largest profile are limits', () => {
  const most = 2 ** 50 - 1;
  const large = { ...needed, memory: most, bytesIn: most, bytesOut: most, hypercalls: most, cpuTime: 2 ** 39 };
  const { limits } = limitsFrom(read({ [key]: large })!.virtines[key]!, path);
  for (const limit of Object.values(limits)) expect(Number.isSafeInteger(limit)).toBe(true);
});
