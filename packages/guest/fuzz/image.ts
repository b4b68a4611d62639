/** The reader of virtine images for `colony inspect`, fault reports and the names of exports. */

import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Mutator, Reader } from '../../../scripts/fuzz/reader.mjs';
import { readImage, symbolAt } from '../src/image/elf.js';
import { readLinks } from '../src/image/links.js';
import { image } from './lib/elf.js';

/** Fields of headers are at multiples of four from the start: numbers there have more effect than elsewhere. */
const inHeaders: Mutator = (random, input) => {
  const bytes = input.slice();
  const view = new DataView(bytes.buffer);
  for (let times = random.few(4); times > 0 && bytes.length >= 8; times--) {
    const at = 4 * random.below(bytes.length >> 2);
    const near = view.getUint32(at, true) + random.pick([-64, -24, -8, -1, 1, 4, 8, 24, 56, 4096]);
    view.setUint32(
      at,
      random.pick([near, near, random.below(bytes.length + 8), 0, 1, 2, 8, 0x400000, 0xffffffff]) >>> 0,
      true,
    );
  }
  return bytes;
};

function read(input: Uint8Array): unknown {
  const info = readImage(input);
  const { fileSize, segments, symbols, exports, hypercalls, sections } = info;
  if (fileSize !== input.length || segments.length === 0) throw new Error('not what the file has');
  for (const { fileSize, memorySize } of segments) if (fileSize > memorySize) throw new Error('a segment');
  // The lists are never longer than the file's bytes allow.
  const parts = symbols.length + exports.length + hypercalls.length + sections.length;
  if (parts > input.length) throw new Error(`${parts} parts in ${input.length} bytes`);
  for (const address of [0, info.entry, info.note.resume, symbols[0]?.address ?? 1, Number.MAX_SAFE_INTEGER])
    symbolAt(symbols, address);
  const { references, hypercallSites } = readLinks(input);
  if (references.length + hypercallSites.length > input.length) throw new Error('more links than bytes');
  return info;
}

const words = [
  'Colony\0',
  '.symtab',
  'colony_exports',
  '.colony.hypercalls',
  '.debug_colony',
  'iii',
  'v',
  'x',
  '\x7fELF',
];

export const reader = (): Reader => ({
  name: 'image',
  what: 'an ELF image of a virtine',
  seeds: [
    image(),
    image({ symbols: 6, exports: ['add', 'mul'], hypercalls: ['save', 'load'] }),
    image({ sections: false }),
  ],
  mutators: [inHeaders, inHeaders, bytesMutator(words)],
  read,
  refusals: ['ERR_BAD_OPTION'],
  planted: (_input, value) =>
    (value as ReturnType<typeof readImage>).hypercalls.some((name) => !['save', 'load'].includes(name)),
});
