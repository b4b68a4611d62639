/** MD4C 0.4.8 as Debian 12 has it. Licence: MIT. */
import { load } from '../lib/library.mjs';

/** @type {import('../lib/debian.mjs').Source} */
const source = {
  name: 'md4c',
  suite: 'bookworm',
  tarball: 'md4c_0.4.8.orig.tar.gz',
  sha256: '4a457df853425b6bb6e3457aa1d1a13bccec587a04c38c622b1013a0da41439f',
};

/** @type {import('../lib/library.mjs').Library} */
export const library = {
  binding: import.meta.resolve('./markdown.c'),
  parts: [{ source, files: ['src/entity.c', 'src/md4c.c', 'src/md4c-html.c'], include: ['src'] }],
};

/** @type {typeof import('./markdown.js')} */
export const { configure, dispose, render } = await load(library);
