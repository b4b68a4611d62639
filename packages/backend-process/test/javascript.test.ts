/** JavaScript in Node behaves as on the other backends, as far as the language defines it. */
import { readdirSync, readFileSync } from 'node:fs';
import { eventually, fails } from '@colony/conformance';
import { js } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { contexts } from './lib/contexts.js';

const modules = { 'late.mjs': 'export const value = 7;', 'bad.mjs': 'export const = ;' };
const program = js(
  `
  export const globals = () => Reflect.ownKeys(globalThis).map(String);
  export const stack = () => new Error('here').stack;
  export const statics = () => { /(b)/.exec('abc'); return [RegExp.$1, RegExp.lastMatch, RegExp.input]; };
  export const dates = () => [new Date(0).toString(), new Date(0).toLocaleString(), new Date(NaN).toLocaleDateString(), new Date(0).getTimezoneOffset(), new Date(2020, 0, 2, 15).toLocaleTimeString()];
  export const locale = () => [(1234567.5).toLocaleString('de'), 10n.toLocaleString(), 'I'.toLocaleLowerCase('tr'), ['b', 'a', 'C'].sort((a, b) => a.localeCompare(b)).join('')];
  export async function imported() {
    const promise = import('./late.mjs');
    return [promise instanceof Promise, promise.constructor === Promise, (await promise).value, (await new Function('return import("./late.mjs")')()).value];
  }
  export async function missing() { try { await import('node:fs'); } catch (e) { return [e instanceof ReferenceError, e.message]; } }
  export async function outer() {
    const seen = [];
    for (const f of [() => import('node:fs'), () => import('./bad.mjs'), () => host.nothing()]) {
      try { await f(); } catch (e) { try { seen.push(e.constructor.constructor('return typeof process')()); } catch (inner) { seen.push(inner.name); } }
    }
    try { seen.push(import('./late.mjs').constructor.constructor('return typeof process')()); } catch (inner) { seen.push(inner.name); }
    return seen;
  }
  export function edge() {
    let asked = 0;
    const descend = () => { try { if (host.same(1) === 1) asked++; descend(); } catch (e) { if (!(e instanceof RangeError)) throw e; } };
    descend();
    const after = []; for (let i = 0; i < 20; i++) after.push(host.same(i));
    return [asked > 10, after];
  }
  export const swallow = () => { Promise.reject(new Error('nobody listens')); return 1; };
  export const order = async () => { const seen = []; queueMicrotask(() => seen.push('job')); await null; seen.push('await'); return seen; };
  export const evaluated = () => [eval('1 + 1'), new Function('a', 'return a * 2')(4)];
  `,
  { filename: 'main.mjs', modules },
);

describe('JavaScript', () => {
  const create = contexts({
    program,
    hypercalls: { same: (v: unknown) => v },
    policy: {
      hypercalls: { same: true },
      limits: { wallTime: 120_000, cpuTime: 120_000, hypercalls: 1e6, bytesIn: 1e9, bytesOut: 1e9 },
    },
  });

  it("finds ECMAScript and Colony's globals, and nothing of Node", async () => {
    const names = (await (await create({})).call('globals')) as string[];
    for (const name of [
      'process',
      'require',
      'Buffer',
      'WebAssembly',
      'SharedArrayBuffer',
      'Atomics',
      'Intl',
      'setTimeout',
      'gc',
      '__raw',
    ])
      expect(names.includes(name), `there is a ${name}`).toBeFalsy();
    for (const name of ['Array', 'Promise', 'WeakRef', 'host', 'console', 'queueMicrotask'])
      expect(names).toContain(name);
  });

  it('sees only its own frames in stacks', async () => {
    const context = await create({});
    const stack = String(await context.call('stack'));
    expect(stack).toMatch(/main\.mjs:3:\d+/);
    expect(stack).not.toMatch(/node:|cell|prelude|main\.cjs/);
  });

  it('depends on no locale, time zone or earlier match', async () => {
    const context = await create({});
    expect(await context.call('statics')).toStrictEqual([undefined, undefined, undefined]);
    expect(await context.call('dates')).toStrictEqual([
      'Thu Jan 01 1970 00:00:00 GMT+0000',
      '01/01/1970, 12:00:00 AM',
      'Invalid Date',
      0,
      '03:00:00 PM',
    ]);
    expect(await context.call('locale')).toStrictEqual(['1234567.5', '10', 'i', 'Cab']);
  });

  it('imports modules during a call, also from code made at run time', async () => {
    const context = await create({});
    expect(await context.call('imported')).toStrictEqual([true, true, 7, 7]);
    expect(await context.call('missing')).toStrictEqual([true, "could not load module 'node:fs'"]);
    expect(await context.call('evaluated')).toStrictEqual([2, 8]);
  });

  it('finds no way to the realm of Node through errors and promises', async () => {
    const context = await create({});
    const seen = (await context.call('outer')) as string[];
    expect([...new Set(seen)].sort()).toStrictEqual(['undefined']);
  });

  it('that asks the host at the end of its stack does not affect later answers', async () => {
    const context = await create({});
    const [asked, after] = (await context.call('edge')) as unknown as [boolean, number[]];
    expect(asked).toBe(true);
    expect(after).toStrictEqual([...Array(20).keys()]);
  });

  it('runs jobs in order; an unhandled rejection is not an error', async () => {
    const context = await create({});
    expect(await context.call('order')).toStrictEqual(['job', 'await']);
    expect(await context.call('swallow')).toBe(1);
  });

  it('that does not parse is reported with file, line and column', async () => {
    const bad = js('export const ok = 1;\nexport function (', { filename: 'broken.mjs' });
    const error = await fails('ERR_COMPILE', () => create({ program: bad }));
    expect(error.message).toMatch(/broken\.mjs:2:8/);
  });

  it('runs without machine code made at run time, too', async () => {
    const context = await create({ backendOptions: { jit: false } });
    expect(await context.call('evaluated')).toStrictEqual([2, 8]);
    const commands = () =>
      readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .map((pid) => {
          try {
            return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
          } catch {
            return '';
          }
        });
    // The process of the call is gone; the next one may still be starting.
    await eventually(() =>
      commands().some((line) => line.includes('/main.cjs') && line.includes('--jitless')) ? undefined : 'no such child',
    );
  });
});
