import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, wasm } from '@colony/core';
import wabt from 'wabt';

const WIDTH = 40;
const HEIGHT = 12;

/** A round hill: what the guest sees of the host. */
function pixel(x, y) {
  const distance = Math.hypot((x - WIDTH / 2) / 20, (y - HEIGHT / 2) / 6);
  return Math.max(0, Math.min(255, Math.round(255 * distance)));
}

const source = readFileSync(fileURLToPath(new URL('dither.wat', import.meta.url)), 'utf8');
const { buffer } = (await wabt()).parseWat('dither.wat', source).toBinary({});

const context = await createContext({
  backend: process.argv[2] ?? 'auto',
  program: wasm(new Uint8Array(buffer)),
  hypercalls: {
    'picture.pixel': pixel,
    'picture.row': (_y, bits) =>
      console.log(BigInt(bits).toString(2).padStart(WIDTH, '0').replace(/0/g, ' ').replace(/1/g, '#')),
  },
  policy: {
    hypercalls: {
      'picture.pixel': {
        maxCalls: WIDTH * HEIGHT,
        args: [
          { min: 0, max: WIDTH - 1 },
          { min: 0, max: HEIGHT - 1 },
        ],
      },
      'picture.row': { maxCalls: HEIGHT },
    },
    limits: { memory: '4 MiB', wallTime: '5 s' },
  },
});
try {
  console.log('black pixels:', await context.call('dither', WIDTH, HEIGHT));
  // Ask for more than was granted, and the host says no; ask for what cannot be, and the module ends itself.
  await context.call('dither', WIDTH + 1, HEIGHT).catch((error) => console.log('a wider picture:', error.code));
  await context.call('dither', 65, 1).catch((error) => console.log('wider than a row:', error.code));
} finally {
  await context.dispose();
}
