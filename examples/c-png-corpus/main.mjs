import { damaged } from './corpus.mjs';
import { configure, decode, dispose, encode } from './png.mjs';

configure({ backend: process.argv[2] ?? 'auto' });

const [WIDTH, HEIGHT] = [48, 32];
const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);
for (let i = 0; i < WIDTH * HEIGHT; i++) pixels.writeUInt32BE((i * 2654435761) >>> 0, i * 4);

/** How a damaged file ends: whole, an error of the decoder's own, or the code of what stopped the call. */
async function outcome(file) {
  try {
    const { result, pixels } = await decode(file, 2 ** 20);
    if (pixels.length !== (result.error === 0 ? result.width * result.height * 4 : 0)) throw new Error('a wrong size');
    return result.error === 0 ? 'a picture' : 'refused';
  } catch (error) {
    if (error.code === undefined) throw error;
    return error.code;
  }
}

try {
  const files = [];
  for (const interlaced of [false, true]) files.push((await encode(pixels, WIDTH, HEIGHT, interlaced, 2 ** 16)).file);
  const ends = new Set();
  let wrong = 0;
  for (let seed = 0; seed < 400; seed++) {
    ends.add(await outcome(damaged(files[seed % 2], seed)));
    if (!pixels.equals((await decode(files[seed % 2], pixels.length)).pixels)) wrong++;
  }
  console.log('400 damaged files ended as:', [...ends].sort().join(', '));
  console.log('a good one after each, decoded wrongly:', wrong);
} finally {
  await dispose();
}
