/** The machine's minimum for each point of this suite's charts. */
import type { Spec } from '../../types.js';
import { floorGroup, someFloors } from '../floor/c.js';
import { sizeName } from '../floor/sizes.js';
import { spec } from '../spec.js';
import { BYTES, DIRTY_PAGES, HYPERCALLS, IMAGES } from './points.js';

const copy = (subject: string, bytes: number, what: string, chart: string, x: number): Spec =>
  spec(subject, `memcpy of ${what}`, [], { bytes, point: { chart, line: 'memcpy', x } });

export const imageCopy = (bytes: number) => `c.memcpy.image.${sizeName(bytes)}`;
export const pagesCopy = (pages: number) => `c.memcpy.pages.${sizeName(pages * 4096)}`;
export const bytesCopy = (bytes: number) => `c.memcpy.${sizeName(bytes)}`;

const SPECS: readonly Spec[] = [
  ...IMAGES.map((bytes) =>
    copy(imageCopy(bytes), bytes, `as many bytes as the image has, ${sizeName(bytes)}`, 'scale.image', bytes),
  ),
  ...DIRTY_PAGES.flatMap((pages) => [
    spec(`c.hotset.${pages}`, `enter a guest that writes ${pages} pages, look into the dirty log, copy them back`, [], {
      point: { chart: 'scale.dirty', line: 'C floor on KVM', x: pages },
    }),
    spec(`c.reset.${pages}`, `that look and copy alone, ${pages} pages`, [], {
      point: { chart: 'scale.reset', line: 'C floor on KVM', x: pages },
    }),
    copy(pagesCopy(pages), pages * 4096, `${pages} pages`, 'scale.dirty', pages),
  ]),
  ...HYPERCALLS.map((times) =>
    spec(`c.hypercalls.${times}`, `enter a guest, ${times} exits and entries, and the exit; nothing is reset`, [], {
      point: { chart: 'scale.hypercalls', line: 'C floor on KVM', x: times },
    }),
  ),
  ...BYTES.filter((bytes) => bytes > 0).map((bytes) =>
    copy(bytesCopy(bytes), bytes, sizeName(bytes), 'scale.bytes', bytes),
  ),
];

export const floors = [
  someFloors('C floors', 'c.entry', 'c.cold', 'c.fork_wait'),
  floorGroup('C floors by size', SPECS),
];
