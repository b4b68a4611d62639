/** Fresh calls that write more and more pages: the cost of restoring them. */
import type { Chart, Group, Sampler, Spec } from '../../types.js';
import { BACKENDS, type BackendName, boundaryOf, freshCall, nameOf } from '../cells.js';
import { Contexts, cProgram, PATIENT } from '../contexts.js';
import { Guests, resetOf } from '../floor/addon.js';
import { counted, spec } from '../spec.js';
import { pagesCopy } from './floors.js';
import { DIRTY_PAGES } from './points.js';

export const CHARTS: readonly Chart[] = [
  {
    id: 'scale.dirty',
    title: 'A fresh call against the pages that it writes',
    caption:
      'Flat while entry costs more than copying pages back, then proportional to the pages. The distance of kvm to its C floor is the cost that Colony adds.',
    x: { label: 'pages of 4 KiB written', scale: 'log' },
    y: { label: 'call with full reset, us', scale: 'log' },
  },
  {
    id: 'scale.reset',
    title: 'Reset alone against the pages that were written',
    caption:
      'The time that the caller waits after the guest has returned its result, beside the same reset in plain C: the dirty log is read, and written pages are copied back.',
    x: { label: 'pages of 4 KiB written', scale: 'log' },
    y: { label: 'reset, us', scale: 'log' },
  },
];

const subjectOf = (backend: BackendName, pages: number) => `${backend}.dirty.${pages}`;

/** The minimum work of each backend's way to restore memory. */
const floorsOf = (backend: BackendName, pages: number) =>
  ({ kvm: [`c.hotset.${pages}`], wasm: [pagesCopy(pages)], process: ['c.fork_wait'] })[backend];

const CALLS: readonly Spec[] = DIRTY_PAGES.flatMap((pages) =>
  BACKENDS.map((backend) =>
    spec(
      subjectOf(backend, pages),
      `fresh call that writes ${counted(pages, 'page')}: ${nameOf(backend, 'c')}`,
      floorsOf(backend, pages),
      { boundary: boundaryOf(backend, 'c'), point: { chart: 'scale.dirty', line: backend, x: pages } },
    ),
  ),
);

const RESETS: readonly Spec[] = DIRTY_PAGES.map((pages) =>
  spec(
    `kvm.reset.${pages}`,
    `reset of a virtine that wrote ${counted(pages, 'page')}, and return into JavaScript`,
    [`c.reset.${pages}`],
    { point: { chart: 'scale.reset', line: 'kvm', x: pages } },
  ),
);

/** Only as many pages as are written: a backend that restores all memory would also pay for the others. */
const flags = (pages: number) => [`-DMOST=${pages}`];
const MEMORY = 32 * 2 ** 20;

const calls: Group = {
  name: 'calls that write',
  specs: CALLS,
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const pages of DIRTY_PAGES) {
      const program = cProgram('pages.c', ...flags(pages));
      for (const backend of BACKENDS)
        samplers[subjectOf(backend, pages)] = await contexts.sampler(
          { backend, program, pool: {}, limits: { ...PATIENT, memory: MEMORY } },
          (context) => freshCall(context, 'dirty', pages),
        );
    }
    return { samplers, close: () => contexts.close() };
  },
};

const resets: Group = {
  name: 'resets',
  specs: RESETS,
  async open() {
    const guests = await Guests.open();
    const hypervisor = guests.hypervisor({ warm: 8, spares: 0 });
    const samplers: Record<string, Sampler> = {};
    for (const pages of DIRTY_PAGES) {
      const snapshot = await guests.boot(hypervisor, 'pages.c', ...flags(pages));
      samplers[`kvm.reset.${pages}`] = resetOf(hypervisor, snapshot, pages, MEMORY);
    }
    return { samplers, close: async () => guests.close() };
  },
};

export const dirty = [calls, resets];
