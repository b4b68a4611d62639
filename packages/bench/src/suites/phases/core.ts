/** Colony's own work around a call: the codec alone, and core on a backend that does nothing. */
import { DEFAULT_LIMITS, js } from '@colony/core';
import { decodeHypercall, decodeResult, encodeCall, encodeReply, guestEncodeHypercall } from '@colony/core/frames';
import { timed, timedAsync } from '../../timing.js';
import type { Group } from '../../types.js';
import { Contexts } from '../contexts.js';
import { spec } from '../spec.js';
import { empty, nothingFrame } from './empty.js';

const LIMITS = { maxBytes: DEFAULT_LIMITS.bytesIn, maxDepth: 64, allowance: 2 ** 20 };
/** The operation is short compared to the clock's cost, so several are timed together. */
const BATCH = 20;

export const core: Group = {
  name: 'core and codec',
  specs: [
    spec('phase.codec', 'encoding the call of a function without arguments and decoding its empty result'),
    spec('phase.codec.hypercall', 'decoding the request of a hypercall without arguments and encoding its empty reply'),
    spec('phase.core.sync', 'callSync on a backend that runs nothing: the cost of core'),
    spec('phase.core.async', 'call (asynchronous) on a backend that runs nothing: the cost of core'),
  ],
  async open() {
    const contexts = new Contexts();
    const context = await contexts.create({ backend: empty, program: js`export function nothing() {}` });
    const frame = nothingFrame();
    const asked = new Uint8Array(guestEncodeHypercall('ping', []));
    return {
      samplers: {
        'phase.codec': timed(() => {
          encodeCall('nothing', [], LIMITS);
          decodeResult(frame, LIMITS);
        }, BATCH),
        'phase.codec.hypercall': timed(() => {
          decodeHypercall(asked, LIMITS);
          encodeReply(undefined, LIMITS);
        }, BATCH),
        'phase.core.sync': timed(() => context.callSync('nothing')),
        'phase.core.async': timedAsync(() => context.call('nothing')),
      },
      close: () => contexts.close(),
    };
  },
};
