import assert from 'node:assert/strict';
import { ERROR_CODES, js, wasm } from '@colony/core';
import { fails } from '../expect.js';
import type { Tools } from '../law.js';
import { lineOf, SUITE_FILENAME } from '../programs/index.js';
import { assemble } from '../programs/wat.js';
import { EVERYWHERE, MACHINE, theme } from './define.js';
import { programOf } from './programs.js';

/** Codes that a guest's runtime may report itself; only the host decides the others. */
const GUESTS_OWN = new Set(['ERR_GUEST_THROWN', 'ERR_NO_SUCH_EXPORT', 'ERR_NOT_SERIALIZABLE']);

async function described(t: Tools): Promise<void> {
  const context = await t.context();
  for (const [name, message, code] of [
    ['RangeError', 'too far', undefined],
    ['TypeError', '', undefined],
    ['Error', 'with a code', 'E_MINE'],
  ] as const) {
    const error = await fails('ERR_GUEST_THROWN', () =>
      context.call('fail', name, message, code === undefined ? {} : { code }),
    );
    const { guest } = error.details;
    assert.equal(guest?.name, name);
    assert.equal(guest?.message, message);
    assert.equal(guest?.code, code);
    assert.ok(
      guest?.stack?.includes(`${SUITE_FILENAME}:${lineOf('export function fail(')}`),
      `no line of the program in ${guest?.stack}`,
    );
  }
}

async function thrownValues(t: Tools): Promise<void> {
  const context = await t.context();
  for (const value of [null, undefined, 0, -0, '', 'text', false, 12n, { a: 1 }, [1, [2]]]) {
    for (const name of ['throwValue', 'reject']) {
      const { details } = await fails('ERR_GUEST_THROWN', () => context.call(name, value));
      assert.ok(details.guest !== undefined && 'value' in details.guest, `${name} of ${String(value)} lost the value`);
      assert.deepStrictEqual(details.guest.value, value);
    }
  }
}

async function forgedCodes(t: Tools): Promise<void> {
  const context = await t.context();
  for (const code of ERROR_CODES.filter((candidate) => !GUESTS_OWN.has(candidate))) {
    for (const name of ['Error', 'ColonyError']) {
      const error = await fails('ERR_GUEST_THROWN', () => context.call('fail', 'Error', 'forged', { name, code }));
      assert.equal(error.details.guest?.code, code);
    }
  }
}

export const errors = theme('errors', [
  ["a guest's error is described: name, message, code, file and line", described],
  ['a thrown value need not be an Error', thrownValues],
  ["a guest cannot forge the host's error codes", forgedCodes],
  [
    'a program that does not parse is ERR_COMPILE when the context is made',
    async (t) => {
      const error = await fails('ERR_COMPILE', () =>
        t.context({ program: js('export const ok = 1;\nexport function (', { filename: 'broken.mjs' }) }),
      );
      assert.match(error.message, /broken\.mjs:2/);
    },
  ],
  [
    'a program that throws while it is evaluated fails when the context is made',
    async (t) => {
      const error = await fails('ERR_GUEST_THROWN', () =>
        t.context({ program: js('throw new RangeError("at the top")') }),
      );
      assert.equal(error.details.guest?.message, 'at the top');
    },
  ],
  [
    'a damaged program is ERR_COMPILE when the context is made',
    async (t) => {
      const program =
        t.kind === 'wasm'
          ? wasm(Uint8Array.of(...(await assemble('(module)')), 1, 5, 1, 0x60))
          : await programOf(t, { js: '', c: 'int half(', wat: '' });
      const error = await fails('ERR_COMPILE', () => t.context({ program }));
      if (t.kind === 'native') assert.match(error.message, /law\.c/, 'the message should name the file');
    },
    { programKinds: MACHINE },
  ],
  [
    'a program that traps while it is evaluated fails when the context is made',
    async (t) => {
      const program = await programOf(t, {
        js: '',
        c: '__attribute__((constructor)) static void trap(void) { abort(); }\nint one(void) { return 1; }\nCOLONY_EXPORT(int, one);',
        wat: '(func $trap (unreachable)) (start $trap)',
      });
      await fails(['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'], () => t.context({ program }));
    },
    { programKinds: MACHINE },
  ],
  [
    'a trap ends its call with a code, and the next call is served',
    async (t) => {
      const context = await t.context();
      for (const [name, ...args] of [['divide', 1, 0], ['divide', -(2 ** 31), -1], ['giveUp'], ['outOfBounds']] as [
        string,
        ...number[],
      ][]) {
        await fails(['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'], () => context.call(name, ...args), name);
        if (t.capabilities.callSync)
          await fails(['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'], () => context.callSync(name, ...args), name);
        assert.equal(await context.call('divide', -7, 2), -3, `after ${name}`);
      }
    },
    { programKinds: MACHINE },
  ],
  [
    'a missing import is ERR_COMPILE or ERR_GUEST_THROWN',
    async (t) => {
      await fails(['ERR_COMPILE', 'ERR_GUEST_THROWN'], () =>
        t.context({ program: js('import "./missing.mjs"; export const a = () => 1;') }),
      );
      await fails(['ERR_COMPILE', 'ERR_GUEST_THROWN'], () =>
        t.context({
          program: js(`import x from "${t.engine === 'v8' ? 'missing' : 'node:fs'}"; export const a = () => x;`),
        }),
      );
    },
  ],
  [
    'a failed call leaves the context usable',
    async (t) => {
      const context = await t.context();
      for (let i = 0; i < 5; i++) {
        await fails('ERR_GUEST_THROWN', () => context.call('fail', 'Error', 'again'));
        assert.equal(await context.call('add', i, 1), i + 1);
      }
    },
  ],
  [
    'a stack overflow is an error of the guest',
    async (t) => {
      const context = await t.context();
      await fails(['ERR_GUEST_THROWN', 'ERR_GUEST_TRAP', 'ERR_GUEST_FAULT', 'ERR_LIMIT_MEMORY'], () =>
        context.call('recurse', 1e7),
      );
      assert.equal(await context.call('recurse', 50), 50);
    },
    { programKinds: EVERYWHERE },
  ],
]);
