// Proves that the check can fail: each kind of violation is planted in a copy, and must be reported.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** @type {string[]} */
const made = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A small monorepo without violations, and the given files. @param {Record<string, string>} files */
function check(files) {
  const root = mkdtempSync(join(tmpdir(), 'colony-layers-'));
  made.push(root);
  const all = {
    'packages/core/package.json': '{ "name": "@colony/core" }',
    'packages/core/src/index.ts': "export * from './codec/index.js';\n",
    'packages/core/src/codec/index.ts': 'export type Bytes = Uint8Array;\nexport const one = 1;\n',
    'packages/core/src/context/index.ts': "export { one } from '../codec/index.js';\n",
    'packages/backend-kvm/package.json':
      '{ "name": "@colony/backend-kvm", "dependencies": { "@colony/core": "0" }, "devDependencies": { "vitest": "0" } }',
    'packages/backend-kvm/src/index.ts': "import { one } from '@colony/core';\nexport { one };\n",
    'packages/backend-wasm/package.json': '{ "name": "@colony/backend-wasm", "dependencies": { "@colony/core": "0" } }',
    'packages/backend-wasm/src/index.ts': "import type { Bytes } from '@colony/core';\nexport type { Bytes };\n",
    'packages/backend-kvm/native/base/error.h': '#include <string>\n',
    'packages/backend-kvm/native/kvm/kvm.h': '#include "base/error.h"\n',
    'packages/backend-kvm/native/addon/addon.cc': '#include <napi.h>\n#include "kvm/kvm.h"\n',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, 'scripts/layers.mjs'), root], {
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

it('the list of backends may import backends at run time', () => {
  const { text } = check({
    'packages/core/src/backends/list.ts': "export const b = () => import('@colony/backend-kvm');\n",
  });
  expect(text).toContain(' 0 violations');
});

it('a repository without violations passes', () => {
  const { status, text } = check({});
  expect(text).toContain(' 0 violations');
  expect(status).toBe(0);
});

it('two files of a room may need types of each other', () => {
  const { text } = check({
    'packages/core/src/codec/encode.ts':
      "import type { Part } from './part.js';\nexport const encode = (part: Part) => part;\n",
    'packages/core/src/codec/part.ts':
      "import { encode } from './encode.js';\nexport interface Part { of: Part }\nexport const use = encode;\n",
  });
  expect(text).toContain(' 0 violations');
});

it.each([
  [
    'two rooms',
    {
      'codec/bad.ts': "export { one } from '../frames/frame.js';\n",
      'frames/frame.ts': "export { one } from '../codec/index.js';\n",
    },
    /rooms that import each other: core\/codec -> core\/frames -> core\/codec/,
  ],
  [
    'two rooms, by a type alone',
    {
      'codec/bad.ts': "import type { Frame } from '../frames/frame.js';\nexport type F = Frame;\n",
      'frames/frame.ts': "import type { Bytes } from '../codec/index.js';\nexport type Frame = Bytes;\n",
    },
    /rooms that import each other: core\/codec -> core\/frames -> core\/codec/,
  ],
  [
    'two rooms, one of them lazily',
    {
      'codec/bad.ts': "export const load = () => import('../frames/frame.js');\n",
      'frames/frame.ts': "export { one } from '../codec/index.js';\n",
    },
    /rooms that import each other: core\/codec -> core\/frames -> core\/codec/,
  ],
  [
    'a room and a loose file',
    {
      'errors.ts': "export { one } from './codec/index.js';\n",
      'codec/bad.ts': "export { one } from '../errors.js';\n",
    },
    /rooms that import each other: core\/codec -> core\/errors -> core\/codec/,
  ],
  [
    'three rooms in a circle',
    {
      'codec/bad.ts': "export { two } from '../frames/deep/frame.js';\n",
      'frames/deep/frame.ts': 'export const two = 2;\n',
      'frames/other.ts': "import type { Wire } from '../wire/wire.js';\nexport type W = Wire;\n",
      'wire/wire.ts': "import type { Bytes } from '../codec/index.js';\nexport type Wire = Bytes;\n",
    },
    /rooms that import each other: core\/codec -> core\/frames -> core\/wire -> core\/codec/,
  ],
  [
    'two files of one room, by values',
    {
      'codec/encode.ts': "import { part } from './part.js';\nexport const encode = () => part;\n",
      'codec/part.ts': "import { encode } from './encode.js';\nexport const part = () => encode;\n",
    },
    /files that need values of each other: .*encode -> .*part -> .*encode/,
  ],
])('caught: a circle of %s, in every package', (_, files, rule) => {
  for (const folder of ['core', 'backend-wasm']) {
    const index = { 'codec/index.ts': 'export type Bytes = Uint8Array;\nexport const one = 1;\n' };
    const planted = Object.entries({ ...index, ...files }).map(([path, text]) => [
      `packages/${folder}/src/${path}`,
      text,
    ]);
    const { status, text } = check(Object.fromEntries(planted));
    expect(text).toMatch(new RegExp(rule.source.replaceAll('core', folder)));
    expect(status).toBe(1);
  }
});

it.each([
  [
    'core imports a backend',
    'packages/core/src/bad.ts',
    "import '@colony/backend-kvm';\n",
    /against the arrows between packages/,
  ],
  [
    'core imports a backend lazily',
    'packages/core/src/bad.ts',
    "export const b = () => import('@colony/backend-kvm');\n",
    /against the arrows/,
  ],
  [
    'core imports a backend where only optional imports may be',
    'packages/core/src/backends/list.ts',
    "import '@colony/backend-kvm';\n",
    /against the arrows/,
  ],
  [
    'a backend imports another',
    'packages/backend-wasm/src/bad.ts',
    "import '@colony/backend-kvm';\n",
    /against the arrows/,
  ],
  [
    "a backend imports another's type",
    'packages/backend-wasm/src/bad.ts',
    "import type { A } from '@colony/backend-kvm';\nexport type B = A;\n",
    /against the arrows/,
  ],
  [
    'a path into another package',
    'packages/backend-kvm/src/bad.ts',
    "export * from '../../core/src/index.js';\n",
    /by its name, not by a path/,
  ],
  [
    'a dependency that package.json lacks',
    'packages/backend-kvm/src/bad.ts',
    "import 'picocolors';\n",
    /not among the dependencies/,
  ],
  [
    'a development dependency in src',
    'packages/backend-kvm/src/bad.ts',
    "import 'vitest';\n",
    /not among the dependencies/,
  ],
  [
    'the wire format imports contexts',
    'packages/core/src/wire/bad.ts',
    "export { one } from '../context/index.js';\n",
    /between core's rooms/,
  ],
  [
    'a room includes one to its right',
    'packages/backend-kvm/native/base/bad.h',
    '#include "kvm/kvm.h"\n',
    /rooms to their left/,
  ],
  [
    'rooms side by side',
    'packages/backend-kvm/native/memory/bad.h',
    '#  include "../kvm/kvm.h"\n',
    /rooms to their left/,
  ],
  [
    'Node outside the addon',
    'packages/backend-kvm/native/machine/bad.cc',
    '#include <node_api.h>\n',
    /only the addon room knows Node/,
  ],
])('caught: %s', (_, path, source, rule) => {
  const { status, text } = check({ [path]: source });
  expect(text).toMatch(rule);
  expect(text).toContain(path.replace('packages/backend-kvm/native', 'native'));
  expect(status).toBe(1);
});
