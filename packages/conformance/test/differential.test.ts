/** The generators: their programs run and end, equal seeds give equal programs, and a difference is found. */
import { assemble, differential, wrapBackend } from '@colony/conformance';
import { decode, encode } from '@colony/core/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { javaScriptArguments, javaScriptProgram } from '../src/differential/javascript.js';
import { wasmArguments, wasmFunctions, wasmProgram } from '../src/differential/wasm.js';
import { tinyBackend } from './lib/tiny-backend.js';

const LIMITS = { maxBytes: 2 ** 20, maxDepth: 64, allowance: 2 ** 20 };

describe('generated JavaScript', () => {
  it('parses, ends and mostly returns values', async () => {
    const ends = { value: 0, error: 0 };
    await fc.assert(
      fc.asyncProperty(javaScriptProgram, javaScriptArguments, async (source, args) => {
        const module = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as Record<
          string,
          (...args: readonly unknown[]) => Promise<unknown>
        >;
        for (const name of ['f0', 'f1', 'f2'])
          await module[name]!(...args).then(
            () => ends.value++,
            () => ends.error++,
          );
      }),
      { numRuns: 60 },
    );
    expect(ends.value, `${ends.value} values, ${ends.error} errors`).toBeGreaterThan(ends.error);
    expect(ends.error, 'no program threw').toBeGreaterThan(0);
  });

  it('is the same for the same seed', () => {
    const sample = () => fc.sample(javaScriptProgram, { seed: 7, numRuns: 3 });
    expect(sample()).toStrictEqual(sample());
  });
});

describe('generated modules', () => {
  it('are valid, return values and trap', async () => {
    const ends = { value: 0, trap: 0 };
    await fc.assert(
      fc.asyncProperty(wasmProgram, wasmArguments, async (text, args) => {
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(await assemble(text)));
        for (const name of wasmFunctions)
          try {
            (exports[name] as (...args: readonly unknown[]) => unknown)(...args);
            ends.value++;
          } catch (error) {
            expect(error, String(error)).toBeInstanceOf(WebAssembly.RuntimeError);
            ends.trap++;
          }
      }),
      { numRuns: 100 },
    );
    expect(ends.value > 50 && ends.trap > 10, JSON.stringify(ends)).toBeTruthy();
  });
});

describe('a difference between backends', () => {
  let made = 0;
  const backends = (change: (value: unknown) => unknown) => [
    tinyBackend('right'),
    wrapBackend(tinyBackend('wrong'), `wrong${++made}`, {
      instance: (inner) => ({
        run: async (request) => {
          const result = await inner.run(request);
          const [kind, value] = decode(result.output, LIMITS) as [number, unknown];
          const output = kind === 0 ? Buffer.concat(encode([0, change(value)], LIMITS)) : result.output;
          return { ...result, output: new Uint8Array(output) };
        },
      }),
    }),
  ];
  const search = (change: (value: unknown) => unknown) =>
    differential({ backends: backends(change), kind: 'wasm', runs: 30, seed: 5 });

  it('is found, with the program and the seed', async () => {
    const odd = (value: unknown) => (typeof value === 'number' && Number.isInteger(value) ? value + 1 : value);
    await expect(search(odd)).rejects.toThrow(/seed: 5[\s\S]*'wrong1' differs from 'right'[\s\S]*\(module/);
  });

  it('is not found if there is none', async () => {
    const { programs, calls, values } = await search((value) => value);
    expect(programs).toBe(30);
    expect(calls).toBe(programs * wasmFunctions.length * 2);
    expect(values > 0 && values < calls).toBeTruthy();
  });
});
