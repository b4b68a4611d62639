/** What is said about hostile scenarios: enough of them, all with their origin, and the page that lists them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { assemble, hostile, laws } from '@colony/conformance';
import { describe, it } from 'vitest';
import { byLaw } from '../src/hostile/by-law.js';
import { attempts, escapesTable } from '../src/hostile/table.js';

describe('escape attempts', () => {
  it('are at least 25 on each backend', () => {
    for (const [backend, count] of Object.entries(attempts())) assert.ok(count >= 25, `${count} on ${backend}`);
  });

  it('have names of their own, an origin, and something that stops them', () => {
    assert.equal(new Set(hostile.map(({ name }) => name)).size, hostile.length);
    for (const { name, origin, stops, codes, value } of hostile) {
      assert.ok(origin.length > 5, `"${name}" has no origin`);
      assert.ok(Object.keys(stops).length > 0, `nothing stops "${name}"`);
      assert.ok(codes !== undefined || value !== undefined, `"${name}" may not end at all`);
    }
  });

  it('are made by laws that there are', () => {
    for (const { law } of byLaw)
      assert.ok(
        laws.some((each) => each.theme === law.theme && each.name === law.name),
        law.name,
      );
  });

  it('in WebAssembly assemble', async () => {
    for (const { name, kind, program } of hostile) {
      if (kind !== 'wasm' && kind !== 'component') continue;
      const bytes = typeof program === 'string' ? await assemble(`(module ${program})`, name) : await program();
      assert.equal(Buffer.from(bytes.subarray(0, 4)).toString('latin1'), '\0asm', name);
    }
  });

  it('are listed in docs/internals/escapes.md (`npm run escapes -w @colony/conformance`)', async () => {
    const page = fileURLToPath(new URL('../../docs/internals/escapes.md', import.meta.url));
    assert.equal(await readFile(page, 'utf8'), escapesTable());
  });
});
