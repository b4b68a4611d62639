/** Calls with a rising number of hypercalls. */
import type { ContextOptions } from '@colony/core';
import { timedAsync } from '../../timing.js';
import type { Chart, Group, Sampler, Spec } from '../../types.js';
import { BACKENDS, type BackendName, boundaryOf, freshCall, nameOf } from '../cells.js';
import { Contexts, cProgram, PATIENT, tag } from '../contexts.js';
import { counted, spec } from '../spec.js';
import { HYPERCALLS } from './points.js';

export const CHART: Chart = {
  id: 'scale.hypercalls',
  title: 'A call against the hypercalls that it makes',
  caption:
    'The slope is the cost of one hypercall, the left end that of the call. A hypercall to an async host function parks and resumes the guest: its cost is the distance between the two lines of a backend.',
  x: { label: 'hypercalls in a call', scale: 'symlog' },
  y: { label: 'time of the call, us', scale: 'log' },
};

const WAYS = ['sync', 'async'] as const;
type Way = (typeof WAYS)[number];
const WHAT = { sync: 'to a host function', async: 'to an async host function, by call' };

const subjectOf = (backend: BackendName, way: Way, times: number) => `${backend}.hypercalls.${way}.${times}`;

const SPECS: readonly Spec[] = BACKENDS.flatMap((backend) =>
  WAYS.flatMap((way) =>
    HYPERCALLS.map((times) =>
      spec(
        subjectOf(backend, way, times),
        `fresh call with ${counted(times, 'hypercall')} ${WHAT[way]}: ${nameOf(backend, 'c')}`,
        backend === 'kvm' ? [`c.hypercalls.${times}`] : [],
        { boundary: boundaryOf(backend, 'c'), point: { chart: CHART.id, line: `${backend} ${way}`, x: times } },
      ),
    ),
  ),
);

const options = (backend: BackendName, way: Way): ContextOptions => ({
  ...{ backend, program: cProgram('asks.c', tag(way)), pool: {} },
  hypercalls: { ping: way === 'sync' ? () => undefined : async () => undefined },
  policy: { hypercalls: { ping: true }, limits: PATIENT },
});

export const hypercalls: Group = {
  name: 'hypercalls',
  specs: SPECS,
  async open() {
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const backend of BACKENDS)
      for (const way of WAYS)
        for (const times of HYPERCALLS)
          samplers[subjectOf(backend, way, times)] = await contexts.sampler(options(backend, way), (context) =>
            way === 'sync' ? freshCall(context, 'ask', times) : timedAsync(() => context.call('ask', times)),
          );
    return { samplers, close: () => contexts.close() };
  },
};
