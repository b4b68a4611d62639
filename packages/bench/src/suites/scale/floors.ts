/** The machine's minimum for each point of this suite's charts. */
import type { Spec } from '../../types.js';
import { floorGroup, hotsetText, resetText, someFloors } from '../floor/c.js';
import { sizeName, sizeText } from '../floor/sizes.js';
import { counted, spec } from '../spec.js';
import { BYTES, DIRTY_PAGES, HYPERCALLS, IMAGES } from './points.js';

const copy = (subject: string, bytes: number, what: string, chart: string, x: number): Spec =>
  spec(subject, `memcpy of ${what}`, [], { bytes, point: { chart, line: 'memcpy', x } });

export const imageCopy = (bytes: number) => `c.memcpy.image.${sizeName(bytes)}`;
export const pagesCopy = (pages: number) => `c.memcpy.pages.${sizeName(pages * 4096)}`;
export const bytesCopy = (bytes: number) => `c.memcpy.${sizeName(bytes)}`;

const SPECS: readonly Spec[] = [
  ...IMAGES.map((bytes) =>
    copy(imageCopy(bytes), bytes, `${sizeText(bytes)}, the size of an image`, 'scale.image', bytes),
  ),
  ...DIRTY_PAGES.flatMap((pages) => [
    spec(`c.hotset.${pages}`, hotsetText(pages), [], {
      point: { chart: 'scale.dirty', line: 'C floor on KVM', x: pages },
    }),
    spec(`c.reset.${pages}`, resetText(pages), [], {
      point: { chart: 'scale.reset', line: 'C floor on KVM', x: pages },
    }),
    copy(pagesCopy(pages), pages * 4096, counted(pages, 'page'), 'scale.dirty', pages),
  ]),
  ...HYPERCALLS.map((times) =>
    spec(
      `c.hypercalls.${times}`,
      `entry into a guest that makes ${counted(times, 'hypercall')}, and exit; no reset`,
      [],
      {
        point: { chart: 'scale.hypercalls', line: 'C floor on KVM', x: times },
      },
    ),
  ),
  ...BYTES.filter((bytes) => bytes > 0).map((bytes) =>
    copy(bytesCopy(bytes), bytes, sizeText(bytes), 'scale.bytes', bytes),
  ),
];

export const floors = [
  someFloors('C floors', 'c.entry', 'c.cold', 'c.fork_wait'),
  floorGroup('C floors by size', SPECS),
];
