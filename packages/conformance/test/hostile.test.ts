/** Facts about the hostile scenarios: their number, their origins, and the page that lists them. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { assemble, hostile, laws } from '@colony/conformance';
import { describe, expect, it } from 'vitest';
import { byLaw } from '../src/hostile/by-law.js';
import { attempts, escapesTable } from '../src/hostile/table.js';

describe('escape attempts', () => {
  it('are at least 25 on each backend', () => {
    for (const [backend, count] of Object.entries(attempts()))
      expect(count, `${count} on ${backend}`).toBeGreaterThanOrEqual(25);
  });

  it('have unique names, an origin and a defence', () => {
    expect(new Set(hostile.map(({ name }) => name)).size).toBe(hostile.length);
    for (const { name, origin, stops, codes, value } of hostile) {
      expect(origin.length, `"${name}" has no origin`).toBeGreaterThan(5);
      expect(Object.keys(stops).length, `nothing stops "${name}"`).toBeGreaterThan(0);
      expect(codes !== undefined || value !== undefined, `"${name}" may not end at all`).toBeTruthy();
    }
  });

  it('are made by existing laws', () => {
    for (const { law } of byLaw)
      expect(
        laws.some((other) => other.theme === law.theme && other.name === law.name),
        law.name,
      ).toBeTruthy();
  });

  it('in WebAssembly assemble', async () => {
    for (const { name, kind, program } of hostile) {
      if (kind !== 'wasm' && kind !== 'component') continue;
      const bytes = typeof program === 'string' ? await assemble(`(module ${program})`, name) : await program();
      expect(Buffer.from(bytes.subarray(0, 4)).toString('latin1'), name).toBe('\0asm');
    }
  });

  it('are listed in docs/internals/escapes.md (`npm run escapes -w @colony/conformance`)', async () => {
    const page = fileURLToPath(new URL('../../docs/internals/escapes.md', import.meta.url));
    expect(await readFile(page, 'utf8')).toBe(escapesTable());
  });
});
