/** Host memory that guests and contexts use and free. */
import { createContext, js } from '@colony/core';
import { describe, expect, it } from 'vitest';

const ROUNDS = 5;
const CONTEXTS = 30;
const PATIENT = { wallTime: '1 min', cpuTime: '1 min' };

describe('memory of the host', () => {
  for (const end of ['dispose', 'reset'] as const) {
    it(`of contexts with kept state is released by ${end}(), so only one round's memory is held (H8)`, async () => {
      const program = js('const list = []; export const grow = () => list.push(1);');
      const held: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const contexts = await Promise.all(
          Array.from({ length: CONTEXTS }, () => createContext({ backend: 'wasm', program, limits: PATIENT })),
        );
        for (const context of contexts) await context.with({ state: 'keep' }).call('grow');
        held.push(process.memoryUsage().arrayBuffers);
        for (const context of contexts) await context[end]();
      }
      const [first, last] = [held[0]!, held.at(-1)!];
      // Garbage of the previous round may remain, because in Node 20 only a collection frees it.
      expect(last, `${ROUNDS} rounds of ${CONTEXTS} contexts: ${held.map(mebibytes).join(', ')} MiB`).toBeLessThan(
        2.5 * first,
      );
    });
  }

  it("of a module's name is bounded by the length of a path (L5)", async () => {
    const program = js(
      `export async function missing(name) { try { await import(name); } catch (error) { return error.message.length; } }
       export const within = async (times) => { try { await import('./' + 'abc/'.repeat(times)); } catch (error) { return error.message.length; } };`,
    );
    await using context = await createContext({
      backend: 'wasm',
      program,
      limits: { ...PATIENT, memory: '128 MiB' },
    });
    expect(await context.call('missing', './none.js')).toBeLessThan(100);
    const length = await context.call('within', 2e6);
    expect(length, `a message of ${length} characters`).toBeLessThan(10_000);
    const before = process.memoryUsage().heapTotal;
    context.callSync('within', 2e6);
    expect(process.memoryUsage().heapTotal - before, 'the host took the name apart').toBeLessThan(64 * 2 ** 20);
  });
});

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
