import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { js } from '@colony/core';
import fc from 'fast-check';
import { fails } from '../expect.js';
import type { Tools } from '../law.js';
import { needsSync, theme } from './define.js';
import { instanceAtDoor, requestFor } from './door.js';

const LARGE = 300_000;

async function ownedResults(t: Tools): Promise<void> {
  const context = await t.context();
  const first = (await context.call('bytes', LARGE, 1)) as unknown as Uint8Array;
  const text = (await context.call('echo', ['first', new Uint8Array([1, 2, 3])])) as unknown as unknown[];
  for (let i = 0; i < 8; i++) await context.call('bytes', LARGE, 255);
  assert.ok(
    first.length === LARGE && first.every((byte) => byte === 1),
    'a later call changed the bytes of an earlier result',
  );
  assert.deepEqual(text, ['first', new Uint8Array([1, 2, 3])]);
}

/** Core decodes at once, and so hides from callers what a backend does to its buffers later. */
async function ownedOutput(t: Tools): Promise<void> {
  const instance = await instanceAtDoor(t);
  const runs = [async () => (await instance.run(requestFor('bytes', LARGE, 7))).output];
  if (instance.runSync) runs.push(async () => instance.runSync!(requestFor('bytes', LARGE, 7)).output);
  for (const run of runs) {
    const output = await run();
    const copy = output.slice();
    for (let i = 0; i < 8; i++) await instance.run(requestFor('bytes', LARGE, 255));
    if (instance.runSync) instance.runSync(requestFor('bytes', LARGE, 255));
    assert.ok(Buffer.from(output).equals(copy), "a later run wrote over an earlier one's output");
  }
}

async function modules(t: Tools): Promise<void> {
  const folder = await t.directory();
  await writeFile(
    join(folder, 'main.mjs'),
    `import { twice } from './lib.mjs';\nexport const quadruple = (n) => twice(twice(n));\nexport { twice } from './lib.mjs';`,
  );
  await writeFile(join(folder, 'lib.mjs'), `export function twice(n) { return 2 * n }`);
  const context = await t.context({ program: js.file(join(folder, 'main.mjs')) });
  assert.equal(await context.call('quadruple', 5), 20);
  assert.equal(await context.call('twice', 5), 10);
}

async function missingExports(t: Tools): Promise<void> {
  const context = await t.context();
  for (const name of [
    'missing',
    'toString',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'notAFunction',
    'a\0b',
    '\ud83d\ude00',
  ]) {
    const error = await fails('ERR_NO_SUCH_EXPORT', () => context.call(name));
    assert.match(error.message, /echo/, 'the message should name what there is');
  }
}

export const results = theme('results', [
  [
    'a call gives what the function returns',
    async (t) => {
      const context = await t.context();
      assert.equal(await context.call('add', 2, 3), 5);
      assert.equal(await context.call('nothing'), undefined);
      assert.equal(await context.call('count', undefined, null, 0), 3);
      assert.deepEqual(await context.call('default', 1), ['default', 1]);
    },
  ],
  [
    'an async function gives what its promise is fulfilled with',
    async (t) => {
      const context = await t.context();
      assert.deepEqual(await context.call('later', { a: [1] }), { a: [1] });
    },
  ],
  [
    'a promise that can never settle is an error, not a hang',
    async (t) => {
      const context = await t.context();
      await fails('ERR_GUEST_THROWN', () => context.call('stuck'));
    },
  ],
  [
    'call and callSync give the same',
    async (t) => {
      const context = await t.context();
      await t.property(fc.jsonValue(), async (value) => {
        assert.deepEqual(context.callSync('echo', value), await context.call('echo', value));
      });
      assert.equal(context.callSync('later', 4), 4);
    },
    {
      needs: needsSync,
      refusal: async (t) => {
        const context = await t.context();
        await fails('ERR_UNSUPPORTED', () => context.callSync('add', 1, 2));
      },
    },
  ],
  ['a result belongs to the caller: later calls do not change it', ownedResults],
  ["the output of a backend's run belongs to the caller", ownedOutput],
  ['a program of several modules', modules],
  ['a function that is not exported is refused by name', missingExports],
  [
    'a context counts what it did',
    async (t) => {
      const context = await t.context();
      await context.call('add', 1, 2);
      await fails('ERR_GUEST_THROWN', () => context.call('throwValue', 1));
      assert.equal(context.stats().calls, 2);
    },
  ],
]);
