/** LodePNG of 18 June 2022, as Debian 12 has it. Licence: zlib. */
import { load } from '../lib/library.mjs';

/** @type {import('../lib/debian.mjs').Source} */
const source = {
  name: 'lodepng',
  suite: 'bookworm',
  tarball: 'lodepng_0.0~git20220618.b4ed2cd.orig.tar.gz',
  sha256: '05f77ea901f980025056b80baca482fef6cbdf9551af0dd40b65013feecbca95',
};

/** @type {import('../lib/library.mjs').Library} */
export const library = { binding: import.meta.resolve('./png.c'), parts: [{ source, files: [] }] };

/** @type {typeof import('./png.js')} */
export const { configure, decode, dispose, encode } = await load(library);
