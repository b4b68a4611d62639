/**
 * After a fresh call of JavaScript, the engine's memory equals the snapshot again; pages that host functions wrote are
 * marked, too.
 */
import { type Context, createContext, js } from '@colony/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
// The built files, because workers cannot start from TypeScript.
import { Instance } from '../dist/guest/instance.js';
import { backend } from '../dist/index.js';

const SOURCE = `
  let kept = 0;
  const cells = Array.from({ length: 5000 }, (_, i) => ({ i, text: 'cell ' + i }));
  export const nothing = () => kept;
  export const write = (n) => { for (const cell of cells.slice(0, n)) { cell.i = -1; cell.text += 'x'; } return ++kept; };
  export const text = (n) => 'ä€😀'.repeat(n);
  export const bytes = (b) => b.map((x) => x ^ 255);
  export const maps = (n) => new Map(Array.from({ length: n }, (_, i) => [i, { i }]));
  export const fill = (n) => { const b = new Uint8Array(n).fill(7); globalThis.left = b; return b.length; };
  export const resize = () => { const b = new ArrayBuffer(8, { maxByteLength: 70000 }); b.resize(60000); globalThis.left = b; return b.byteLength; };
  export const regexp = (n) => 'ab'.repeat(n).replace(/(a)(b)/g, '$2$1').length;
  export const throws = () => { kept++; throw new Error('thrown'); };
  export const recurse = () => { kept++; return recurse() + 1; };
  export const forever = () => { for (;;) kept++; };
  export const host = async (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += await twice(i); return sum; };
  export const large = async (n) => (await blob(n)).length;
  export const load = async () => (await import('./other.js')).value;
  export const random = () => [Math.random(), Date.now(), new Date().toString()].length;
`;
const CALLS: readonly (readonly [string, ...unknown[]])[] = [
  ['nothing'],
  ['write', 1],
  ['write', 5000],
  ['text', 3],
  ['text', 20_000],
  ['bytes', new Uint8Array(9).fill(3)],
  ['bytes', new Uint8Array(200_000).fill(3)],
  ['maps', 300],
  ['fill', 100],
  ['fill', 1_000_000],
  ['resize'],
  ['regexp', 3000],
  ['throws'],
  ['recurse'],
  ['forever'],
  ['host', 20],
  ['large', 300_000],
  ['load'],
  ['random'],
  ['missing'],
];

describe('JavaScript on wasm', () => {
  let context: Context;
  /** States that were restored, their restored pages, and whether the memory then equalled the state. */
  const restored: { dirty: number; pages: number; same: boolean }[] = [];
  const restore = Instance.prototype.restore;
  /** For the only call that does not end by itself; the others may take as long as a busy machine needs. */
  const impatient = () => context.with({ limits: { wallTime: '200 ms' } });

  beforeAll(async () => {
    vi.spyOn(Instance.prototype, 'restore').mockImplementation(function (this: Instance, state) {
      const dirty = this.dirtyPages;
      const ok = restore.call(this, state);
      const same = !ok || Buffer.compare(this.memory, state.memory) === 0;
      restored.push({ dirty, pages: state.memory.length / 4096, same });
      return ok;
    });
    context = await createContext({
      backend: { ...backend, name: 'wasm-restore' },
      program: js(SOURCE),
      hypercalls: { twice: (n: number) => 2 * n, blob: (n: number) => new Uint8Array(n).fill(9) },
      policy: {
        hypercalls: { twice: {}, blob: {} },
        limits: { memory: '64 MiB', wallTime: '1 min', cpuTime: '1 min', hypercalls: 1000 },
      },
    });
  });
  afterAll(async () => {
    await context.dispose();
    vi.restoreAllMocks();
  });

  it('a restored memory equals the snapshot, after each kind of call', () => {
    const few: string[] = [];
    for (const [name, ...args] of CALLS) {
      try {
        (name === 'forever' ? impatient() : context).callSync(name, ...args);
      } catch {
        // Refusals and errors dirty pages as well.
      }
      restored.length = 0;
      expect(context.callSync('nothing')).toBe(0);
      expect(
        restored.every(({ same }) => same),
        `after ${name}`,
      ).toBeTruthy();
      const last = restored.at(-1);
      if (last !== undefined && last.dirty > 0 && last.dirty < last.pages / 4) few.push(name);
    }
    // A run that was stopped by force: its marks are not trusted, and all memory is copied.
    expect(() => impatient().callSync('forever')).toThrow(expect.objectContaining({ code: 'ERR_LIMIT_WALL_TIME' }));
    restored.length = 0;
    context.callSync('nothing');
    expect(restored.map(({ dirty, same }) => ({ dirty, same }))).toStrictEqual([{ dirty: 0, same: true }]);
    // Otherwise all memory would have been copied, and this test would prove nothing.
    for (const name of ['nothing', 'bytes', 'text', 'host', 'throws', 'load']) expect(few, name).toContain(name);
  });
});
