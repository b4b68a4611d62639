/** The graph of a linked image: right for a good image, and a ColonyError for a broken one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError } from '@colony/core';
import { buildC, readLinks } from '@colony/guest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGraph } from '../src/c/image/graph.js';

const cacheDir = fileURLToPath(new URL('../.cache', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'colony-graph-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = `#include <colony/virtine.h>
static int twice(int n) { return 2 * n; }
static int square(int n) { return n * n; }
static int (*const operations[])(int) = {twice, square};
static int run(int which, int n) {
  colony_call("log", n);
  return operations[which & 1](n);
}
COLONY_EXPORT(int32_t, run, int32_t, int32_t);
`;

let image: Uint8Array;
let callGraph: string;
beforeAll(async () => {
  const file = join(folder, 'program.c');
  writeFileSync(file, PROGRAM);
  const build = await buildC({ file, cacheDir, analyse: true });
  image = build.image;
  callGraph = build.callGraph!;
}, 300_000);

const HEADER = 64;
const SHT_RELA = 4;

/** Offsets of the headers of all sections with a name or a type. */
function headersOf(wanted: string | number): number[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const start = Number(view.getBigUint64(40, true));
  const headers = Array.from({ length: view.getUint16(60, true) }, (_, i) => start + HEADER * i);
  const names = Number(view.getBigUint64(headers[view.getUint16(62, true)]! + 24, true));
  const nameOf = (at: number) =>
    Buffer.from(image)
      .toString('latin1', names + view.getUint32(at, true))
      .split('\0')[0];
  return headers.filter((at) => (typeof wanted === 'string' ? nameOf(at) : view.getUint32(at + 4, true)) === wanted);
}

function changed(change: (view: DataView) => void): Uint8Array {
  const copy = image.slice();
  change(new DataView(copy.buffer));
  return copy;
}

describe('readGraph', () => {
  it('reads calls, references in data, and the names of host calls', async () => {
    const graph = await readGraph(image, callGraph);
    expect([...graph.get('operations')!.references].sort()).toEqual(['square', 'twice']);
    const calling = [...graph.values()].filter(({ hypercalls }) => hypercalls.has('log'));
    expect(calling.map(({ name }) => name)).toEqual([expect.stringMatching(/run/)]);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['a file that ends early', () => image.slice(0, image.length - HEADER), /outside the file/],
    [
      'relocations without symbols',
      () =>
        changed((view) => {
          for (const header of headersOf(SHT_RELA)) view.setUint32(header + 40, 0xffff, true);
        }),
      /has no symbols/,
    ],
    [
      'relocations of symbols that are not there',
      () =>
        changed((view) => {
          for (const header of headersOf(SHT_RELA)) {
            const [at, size] = [24, 32].map((field) => Number(view.getBigUint64(header + field, true)));
            for (let entry = at!; entry < at! + size!; entry += 24) view.setUint32(entry + 12, 0xffffff, true);
          }
        }),
      /names a symbol that is not there/,
    ],
    [
      'a host call whose name has no end',
      () =>
        changed((view) => {
          const [header] = headersOf('.debug_colony');
          view.setBigUint64(header! + 32, view.getBigUint64(header! + 32, true) - 1n, true);
        }),
      /a name has no end/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    const error = await readGraph(bytes(), callGraph).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_BAD_OPTION', message: expect.stringMatching(message) });
  });

  it('reads the links of any changed image, or throws a ColonyError', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    const tables = () => [...headersOf(SHT_RELA), ...headersOf('.debug_colony')];
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(), (changes, cut) => {
        const bytes = image.slice();
        const headers = tables();
        for (const [at, value] of changes) bytes[headers[at % headers.length]! + ((at >> 4) % HEADER)] = value;
        try {
          readLinks(cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
        } catch (error) {
          if (!ColonyError.is(error)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
