/** Bytes between host and guest, one direction at a time. */
import type { Chart, Group, Sampler, Spec } from '../../types.js';
import { BACKENDS, type BackendName, boundaryOf, freshCall, nameOf } from '../cells.js';
import { Contexts, cProgram, PATIENT, tag } from '../contexts.js';
import { sizeName, sizeText } from '../floor/sizes.js';
import { spec } from '../spec.js';
import { bytesCopy } from './floors.js';
import { BYTES } from './points.js';

export const CHART: Chart = {
  id: 'scale.bytes',
  title: 'A call against the bytes that it takes or returns',
  caption:
    'Flat while the call costs more than its bytes, then parallel to memcpy: the distance is the cost of further copies, and of pages touched for the first time.',
  x: { label: 'bytes', scale: 'symlog' },
  y: { label: 'time of the call, us', scale: 'log' },
};

const WAYS = { in: 'take', out: 'give' } as const;
const VERBS = { in: 'takes', out: 'returns' } as const;
type Way = keyof typeof WAYS;
const ways = Object.keys(WAYS) as Way[];

const subjectOf = (backend: BackendName, way: Way, bytes: number) => `${backend}.bytes.${way}.${sizeName(bytes)}`;

function floorsOf(backend: BackendName, bytes: number): string[] {
  if (bytes > 0) return [bytesCopy(bytes)];
  return { kvm: ['c.entry'], wasm: [], process: ['c.fork_wait'] }[backend];
}

const SPECS: readonly Spec[] = BACKENDS.flatMap((backend) =>
  ways.flatMap((way) =>
    BYTES.map((bytes) =>
      spec(
        subjectOf(backend, way, bytes),
        `fresh call that ${VERBS[way]} ${sizeText(bytes)}: ${nameOf(backend, 'c')}`,
        floorsOf(backend, bytes),
        {
          ...{ boundary: boundaryOf(backend, 'c'), point: { chart: CHART.id, line: `${backend} ${way}`, x: bytes } },
          ...(bytes > 0 && { bytes }),
        },
      ),
    ),
  ),
);

const LIMITS = { ...PATIENT, memory: '128 MiB', bytesIn: '64 MiB', bytesOut: '64 MiB', output: '64 MiB' } as const;

/** A program for each, so that small values do not pay for the pages of large ones. */
const options = (backend: BackendName, way: Way, bytes: number) => ({
  ...{ backend, program: cProgram('bytes.c', tag(`${way}_${bytes}`)), pool: {}, limits: LIMITS },
});

export const bytes: Group = {
  name: 'bytes',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const size of BYTES) {
      const value = new Uint8Array(size).fill(7);
      for (const backend of BACKENDS)
        for (const way of ways)
          samplers[subjectOf(backend, way, size)] = await contexts.sampler(options(backend, way, size), (context) =>
            freshCall(context, WAYS[way], way === 'in' ? value : size),
          );
    }
    return { samplers, close: () => contexts.close() };
  },
};
