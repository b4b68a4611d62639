/** A fat program: images for each backend and their policies, in one file. */
import { compilePolicy, type PolicyLayer } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { packFat, readFat } from '../src/c/output/fat.js';

const image = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
const seeds = [
  packFat({ sum: { policy: { console: true }, images: { virtine: image, wasm32: image, process: image } } }),
  packFat({
    a: { policy: {}, images: { process: image } },
    b: { policy: { hypercalls: { f: true } }, images: { virtine: image } },
  }),
  packFat({}),
];
const words = [
  'colony',
  'fat',
  'version',
  'virtines',
  'policy',
  'images',
  'virtine',
  'wasm32',
  'process',
  '__proto__',
  'constructor',
  'a',
  '',
];

function read(input: Uint8Array): unknown {
  const { programs, policies } = readFat(input);
  const names = Object.keys(programs);
  if (names.join() !== Object.keys(policies).join()) throw new Error('a program without a policy');
  for (const name of names) {
    if (programs[name]!.kind !== 'native') throw new Error('a program of another kind');
    compilePolicy(policies[name] as PolicyLayer);
  }
  return programs;
}

export const reader = (): Reader => ({
  name: 'fat',
  what: 'a .colony file of C virtines',
  seeds: seeds.map(({ bytes }) => bytes),
  mutators: [cborMutator(words), cborMutator(words), bytesMutator(words)],
  read,
  refusals: ['ERR_COMPILE'],
  planted: (_input, value) => Object.keys(value as object).some((name) => !['sum', 'a', 'b'].includes(name)),
});
