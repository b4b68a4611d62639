/** The JavaScript engine's image, without KVM: the guest's half of the contract. */

import { fileURLToPath } from 'node:url';
import { Harness } from '@colony/guest/harness';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEngineImage } from '../dist/engine.js';

const cacheDir = fileURLToPath(new URL('../.cache', import.meta.url));

const SOURCE = `
import { twice } from './lib/twice.js';
let count = 0;
export const nothing = () => {};
export const add = (a, b) => a + b;
export const next = () => ++count;
export const double = (x) => twice(x);
export const echo = (x) => x;
export async function ask(key) { return [await host.lookup(key), host.lookup(key)]; }
export function fail() {
  throw new TypeError('no');
}
export function recurse() { return recurse() + 1; }
export const nest = () => JSON.stringify((() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a; })());
export const parse = () => (0, eval)('('.repeat(1e5) + ')'.repeat(1e5));
export const hog = () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20)); };
export const keep = (bytes) => { globalThis.kept = bytes; return bytes.length; };
export const kept = () => [kept_().length, kept_()[0]];
const kept_ = () => globalThis.kept;
export const steal = (bytes) => { globalThis.kept = new Uint8Array(bytes.buffer.transfer()); return globalThis.kept.length > 0; };
export const later = async () => (await import('./late.js')).value;
export const missing = () => import('./missing.js');
export const decode = (value) => new TextDecoder().decode(value);
export const globals = () => ['__embedder', '__dispatch'].filter((name) => name in globalThis);
`;
const MODULES = {
  '/app/lib/twice.js': 'export const twice = (x) => 2 * x;',
  '/app/late.js': 'export const value = 7;',
};

describe('engine image', () => {
  let guest: Harness;

  beforeAll(async () => {
    guest = await Harness.start(await buildEngineImage(cacheDir));
    const loaded = await guest.load('/app/main.js', SOURCE, MODULES);
    expect(loaded).toMatchObject({ outcome: [0, expect.arrayContaining(['add', 'later'])] });
    await guest.snapshot();
  }, 300_000);
  afterAll(() => guest.close());

  it('starts every fresh call from the snapshot', async () => {
    expect(await guest.value('next')).toBe(1);
    expect(await guest.value('next')).toBe(1);
    expect(await guest.callKeep('next')).toMatchObject({ outcome: [0, 2] });
  });

  it('writes few pages in a null call', async () => {
    const run = await guest.call('nothing');
    expect(run).toMatchObject({ outcome: [0, undefined] });
    expect('info' in run && run.info.dirtyPages).toBeLessThanOrEqual(6);
  });

  it('imports modules, also during a call', async () => {
    expect(await guest.value('double', 21)).toBe(42);
    expect(await guest.value('later')).toBe(7);
    expect(await guest.call('missing')).toMatchObject({
      outcome: [1, { message: expect.stringContaining('missing.js') }],
    });
  });

  it('names file and line in stacks', async () => {
    const run = await guest.call('fail');
    expect(run).toMatchObject({
      outcome: [1, { name: 'TypeError', message: 'no', stack: expect.stringContaining('/app/main.js:11') }],
    });
  });

  it.each([0, 1, 65_000, 65_536, 70_000, 5_000_000])('passes %i bytes both ways', async (length) => {
    const bytes = new Uint8Array(length).map((_, i) => i);
    expect(Buffer.compare((await guest.value('echo', bytes)) as Uint8Array, bytes)).toBe(0);
  });

  it('calls the host, with replies of any size', async () => {
    guest.host = (_name, [key]) => (key === 'large' ? 'x'.repeat(1 << 20) : `value of ${key}`);
    expect(await guest.value('ask', 'k')).toEqual(['value of k', 'value of k']);
    expect(((await guest.value('ask', 'large')) as string[])[1]).toHaveLength(1 << 20);
  });

  it.each([100, 1_000_000])('leaves a request of %i bytes to a program that keeps it', async (length) => {
    await guest.call('keep', new Uint8Array(length).fill(3));
    await guest.callKeep('echo', new Uint8Array(length).fill(4));
    expect(await guest.callKeep('kept')).toMatchObject({ outcome: [0, [length, 3]] });
    await guest.call('steal', new Uint8Array(length).fill(5));
    expect(await guest.callKeep('echo', new Uint8Array(length).fill(6))).toMatchObject({
      outcome: [0, expect.anything()],
    });
  });

  it.each(['recurse', 'nest', 'parse'])('turns endless recursion (%s) into a RangeError', async (name) => {
    expect(await guest.call(name)).toMatchObject({ outcome: [1, { name: 'RangeError' }] });
  });

  it('ends at the memory limit, and the next call works', async () => {
    expect(await guest.call('hog')).toEqual({ fault: 'memory limit' });
    expect(await guest.value('add', 1, 2)).toBe(3);
  });

  it('hides the embedder and refuses values other than buffers', async () => {
    expect(await guest.value('globals')).toEqual([]);
    expect(await guest.call('decode', { byteLength: 4 })).toMatchObject({ outcome: [1, { name: 'TypeError' }] });
  });
});
