/** Files from a checkout or from another person: with any content, they are read or refused with a code. */
import { concat, encode } from '@colony/core/codec';
import { describe, expect, it } from 'vitest';
import { packFat, readFat } from '../src/c/output/fat.js';
import type { LockEntry } from '../src/lock/entry.js';
import { describeIncrease } from '../src/lock/explain.js';
import { readLock } from '../src/lock/lock.js';
import type { VirtineReport } from '../src/report/types.js';

const refused = expect.objectContaining({ name: 'ColonyError', code: 'ERR_COMPILE' });

describe('a lock file', () => {
  const good = { policy: { console: true }, packages: { left: ['1.0.0'] } };
  const lock = (entry: unknown) => JSON.stringify({ format: 1, virtines: { 'a.ts#f': entry } });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [good]],
    ['packages that are null', { ...good, packages: null }],
    ['packages in a list', { ...good, packages: [['1.0.0']] }],
    ['a version that is not a list', { ...good, packages: { left: '1.0.0' } }],
    ['a version that is a number', { ...good, packages: { left: [1] } }],
    ['a policy that is null', { ...good, policy: null }],
    ['a policy that is a list', { ...good, policy: [] }],
    ['an invalid policy', { ...good, policy: { console: 'yes' } }],
  ])('with an entry that is damaged is refused: %s', (_what, entry) => {
    expect(() => readLock(lock(entry), 'colony.lock.json')).toThrow(refused);
  });
  it.each([
    '',
    'null',
    '[]',
    '{"format":2,"virtines":{}}',
    '{"format":1,"virtines":null}',
    '{"format":1,"virtines":[]}',
  ])('that is invalid is refused: %s', (text) => expect(() => readLock(text, 'colony.lock.json')).toThrow(refused));
  it('that is right is read', () => {
    expect(readLock(lock(good), 'colony.lock.json')).toEqual([['a.ts#f', good]]);
  });

  it("does not confuse a package's name with a property of every object", () => {
    const [[, old]] = readLock(lock(good), 'colony.lock.json') as [[string, LockEntry]];
    const entry = { ...old, packages: { constructor: ['2.0.0'] } } as unknown as LockEntry;
    const chain = [{ file: 'node_modules/constructor/index.js', line: 1, column: 1, name: 'f' }];
    const report = {
      file: 'a.ts',
      line: 1,
      column: 1,
      name: 'f',
      accepted: [],
      grants: [{ grant: 'clock', what: 'clock', chain }],
    };
    const text = describeIncrease(
      report as unknown as VirtineReport,
      { grant: 'clock', what: 'clock' },
      { old, entry, lock: 'l' },
    );
    expect(text).toContain('constructor 2.0.0, which is new');
  });
});

describe('a fat program', () => {
  const image = Uint8Array.of(1);
  const good = { policy: { console: true }, images: { virtine: image } };
  const file = (virtines: unknown, version: unknown = 1) =>
    concat(encode({ colony: 'fat', version, virtines })).slice();

  it.each<[string, unknown]>([
    ['no virtines', null],
    ['virtines in a list', [good]],
    ['virtines in a map', new Map([['f', good]])],
    ['a virtine that is null', { f: null }],
    ['a virtine without images', { f: { policy: {} } }],
    ['no image at all', { f: { ...good, images: {} } }],
    ['an image for nothing that is known', { f: { ...good, images: { elsewhere: image } } }],
    ['an image that is text', { f: { ...good, images: { process: '/bin/sh' } } }],
    ['no policy', { f: { images: { virtine: image } } }],
    ['an invalid policy', { f: { ...good, policy: { console: 1 } } }],
  ])('is refused: %s', (_what, virtines) => {
    expect(() => readFat(file(virtines))).toThrow(refused);
  });
  it.each([[2], ['1'], [null], [[]], [{}], [10n ** 40n]])('of another version is refused: %s', (version) => {
    expect(() => readFat(file({}, version))).toThrow(refused);
  });
  it('that is right is read', () => {
    const { bytes, programs, policies } = packFat({ f: good });
    expect(readFat(bytes)).toEqual({ bytes, programs, policies });
  });
});
