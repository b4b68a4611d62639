/** Costs by size: start-up by image, reset by written pages, a call by hypercalls and bytes, memory by contexts. */
import type { Suite } from '../../types.js';
import { CHART as BYTES_CHART, bytes } from './bytes.js';
import { CHARTS as DIRTY_CHARTS, dirty } from './dirty.js';
import { floors } from './floors.js';
import { CHART as HYPERCALLS_CHART, hypercalls } from './hypercalls.js';
import { CHART as IMAGE_CHART, image } from './image.js';
import { CHART as MEMORY_CHART, memory } from './memory.js';

export const scale: Suite = {
  name: 'scale',
  what: 'cost by size: images, written pages, hypercalls, bytes, contexts',
  headline: {
    question: 'What does a call cost as images, writes, hypercalls and data grow?',
    answers: {
      'kvm.dirty.1': 'a call that writes 1 page',
      'kvm.dirty.4096': 'a call that writes 4,096 pages',
      'kvm.hypercalls.sync.100': 'a call with 100 hypercalls',
      'kvm.bytes.in.1MiB': 'a call that takes 1 MiB',
    },
  },
  groups: [...floors, image, ...dirty, hypercalls, bytes, memory],
  targets: [],
  charts: [IMAGE_CHART, ...DIRTY_CHARTS, HYPERCALLS_CHART, BYTES_CHART, MEMORY_CHART],
};
