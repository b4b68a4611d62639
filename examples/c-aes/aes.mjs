/** LibTomCrypt 1.18.2 as Debian 12 has it. Licence: public domain. */
import { load } from '../lib/library.mjs';

/** @type {import('../lib/debian.mjs').Source} */
const source = {
  name: 'libtomcrypt',
  suite: 'bookworm',
  tarball: 'libtomcrypt_1.18.2.orig.tar.xz',
  sha256: '96ad4c3b8336050993c5bc2cf6c057484f2b0f9f763448151567fbab5e767b84',
};

/** @type {import('../lib/library.mjs').Library} */
export const library = {
  binding: import.meta.resolve('./aes.c'),
  parts: [{ source, files: ['src/ciphers/aes/aes.c'], include: ['src/headers'] }],
  // Arguments are checked by the binding: the library would end the process.
  flags: ['-DLTC_SOURCE', '-DARGTYPE=4'],
};

/** @type {typeof import('./aes.js')} */
export const { aes_ctr, configure, dispose } = await load(library);
