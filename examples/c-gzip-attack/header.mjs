/** zlib 1.2.11 as its authors released it, and Debian 11 at first. Licence: zlib's own. */
import { load } from '../lib/library.mjs';

/** @type {import('../lib/debian.mjs').Source} */
const source = {
  name: 'zlib',
  suite: 'bullseye',
  tarball: 'zlib_1.2.11.dfsg.orig.tar.gz',
  sha256: '80c481411a4fe8463aeb8270149a0e80bb9eaf7da44132b6e16f2b5af01bc899',
};

const NAMES = 'adler32 crc32 inffast inflate inftrees zutil';

/** @type {import('../lib/library.mjs').Library} */
export const library = {
  binding: import.meta.resolve('./header.c'),
  parts: [{ source, files: NAMES.split(' ').map((name) => `${name}.c`) }],
};

/** @type {typeof import('./header.js')} */
export const { configure, dispose, look } = await load(library);
