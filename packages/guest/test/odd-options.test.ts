/** Wrong values for the builders of images: a ColonyError that names the option, before any compiler runs. */

import { buildC, buildWasmImage } from '@colony/guest';
import { describe, expect, it } from 'vitest';
import { expectOddRefused, expectRefused, isFlag, isTextList, mayBePath } from '../../../scripts/lib/odd-options.mjs';

type Accepts = (value: unknown) => boolean;
const never: Accepts = () => false;
const milliseconds: Accepts = (value) => Number.isSafeInteger(value) && Number(value) > 0;
const wholePages: Accepts = (value) => value === 0;

const C: Readonly<Record<string, Accepts>> = {
  file: mayBePath,
  target: never,
  flags: isTextList,
  sanitize: isFlag,
  stackSize: never,
  heapSize: wholePages,
  sources: isTextList,
  lean: never,
  analyse: isFlag,
  folders: isTextList,
  root: mayBePath,
  cacheDir: mayBePath,
  buildTime: milliseconds,
  signal: never,
};
const WASM: Readonly<Record<string, Accepts>> = {
  module: (value) => value instanceof Uint8Array,
  target: never,
  name: (value) => typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value),
  stackSize: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  glue: isTextList,
  defines: (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string'),
  cacheDir: mayBePath,
  buildTime: milliseconds,
  signal: never,
};

describe('buildC', () => {
  it.each(Object.entries(C))('%s', async (key, accepts) => {
    await expectOddRefused(`options.${key}`, accepts, (value) => buildC({ file: 'none.c', [key]: value }));
  });

  it.each([
    [{}, 'options.file'],
    [{ file: 'a.c', stackSize: 4097 }, 'options.stackSize'],
    [{ file: 'a.c', flags: ['-Wall', '-shared'] }, 'options.flags[1]'],
    [{ file: 'a.c', flags: ['-Wall', '-I'] }, 'options.flags[1]'],
    [{ file: 'a.c', signal: Object.create(AbortSignal.prototype) }, 'options.signal'],
    [{ file: 'a.c', target: 'process', lean: {} }, 'options.lean'],
    [{ file: 'a.c', flag: [] }, 'options.flag'],
  ])('refuses %j', async (options, path) => {
    await expectRefused(() => buildC(options as never), path);
  });
});

describe('buildWasmImage', () => {
  const module = new Uint8Array();
  it.each(Object.entries(WASM))('%s', async (key, accepts) => {
    await expectOddRefused(`options.${key}`, accepts, (value) => buildWasmImage({ module, [key]: value }));
  });

  it.each([
    [{}, 'options.module'],
    [{ module, name: '../elsewhere' }, 'options.name'],
    [{ module, defines: { A: 1 } }, 'options.defines.A'],
  ])('refuses %j', async (options, path) => {
    const message = await expectRefused(() => buildWasmImage(options as never), path);
    expect(message).toContain(path);
  });
});
