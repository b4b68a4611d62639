/** Two copies of this package share a cache: each must recognize its own files in the facts about an image. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { buildC } from '../dist/c/build.js';
import { guestFolder } from '../dist/package.js';

it('a build of one copy is not reported as one of the other', { timeout: 300_000 }, async () => {
  const place = join(guestFolder, '.cache');
  mkdirSync(place, { recursive: true });
  const folder = mkdtempSync(join(place, 'copies-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, 'guest');
  for (const part of ['dist', 'include', 'runtime', 'boot', 'abi', 'wasm', 'package.json'])
    cpSync(join(guestFolder, part), join(copy, part), { recursive: true });
  const file = join(folder, 'one.c');
  writeFileSync(file, '#include <colony/virtine.h>\nint one(void) { return 1; }\nCOLONY_EXPORT(int, one);\n');
  const options = {
    file,
    analyse: true,
    lean: { smallRequest: 256, smallOut: 256, frames: 0 },
    cacheDir: join(folder, 'cache'),
  };
  const other = (await import(pathToFileURL(join(copy, 'dist/index.js')).href)) as { buildC: typeof buildC };
  const first = await buildC(options as Parameters<typeof buildC>[0]);
  const second = await other.buildC(options as Parameters<typeof buildC>[0]);
  expect(second.image).toEqual(first.image);
  expect(first.callGraph).toContain(`${guestFolder}/runtime/`);
  expect(second.callGraph).toContain(`${copy}/runtime/`);
});
