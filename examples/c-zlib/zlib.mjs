/** zlib 1.2.13 as Debian 12 has it. Licence: zlib's own. */
import { load } from '../lib/library.mjs';

/** @type {import('../lib/debian.mjs').Source} */
const source = {
  name: 'zlib',
  suite: 'bookworm',
  tarball: 'zlib_1.2.13.dfsg.orig.tar.bz2',
  sha256: '71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1',
};

const NAMES = 'adler32 compress crc32 deflate inffast inflate inftrees trees uncompr zutil';
const files = NAMES.split(' ').map((name) => `${name}.c`);

/** @type {import('../lib/library.mjs').Library} */
export const library = { binding: import.meta.resolve('./zlib.c'), parts: [{ source, files }] };

/** @type {typeof import('./zlib.js')} */
export const { configure, dispose, pack, unpack, status } = await load(library);
