/** Colony's own pooled calls, by the addon alone: cleaned before the caller has its result, and after. */
import { DEFAULT_LIMITS } from '@colony/core';
import { timed, timedApart } from '../../timing.js';
import type { Group } from '../../types.js';
import { frame, Guests, limitsOf, refuse } from '../floor/addon.js';
import { spec } from '../spec.js';

/** Microseconds after which a run thread has cleaned up after the last call, but is not asleep yet. */
const REST = 60;

function rest(): Promise<void> {
  const until = performance.now() + REST / 1000;
  return new Promise((resolve) => {
    const look = () => (performance.now() < until ? setImmediate(look) : resolve());
    look();
  });
}

export const pooled: Group = {
  name: 'pooled virtines',
  specs: [
    spec(
      'kvm.pooled.clean',
      'run of an empty C function by the native addon, in a pooled virtine: cleaned before the result, on this thread',
      ['c.entry'],
    ),
    spec(
      'kvm.pooled.apart',
      'run of an empty C function by the native addon, in a pooled virtine: cleaned after the result, on another thread',
      ['c.entry'],
    ),
  ],
  async open() {
    const guests = await Guests.open();
    const hypervisor = guests.hypervisor({ warm: 8, spares: 0 });
    const snapshot = await guests.boot(hypervisor, 'null.c');
    const limits = limitsOf(DEFAULT_LIMITS.memory);
    const input = frame('nothing');
    const async = () =>
      new Promise<void>((resolve, reject) => {
        hypervisor.run(snapshot, input, limits, 0, refuse, (error) => (error === null ? resolve() : reject(error)));
      });
    return {
      samplers: {
        'kvm.pooled.clean': timed(() => hypervisor.runSync(snapshot, input, limits, 0, refuse)),
        'kvm.pooled.apart': timedApart(async, rest),
      },
      close: async () => guests.close(),
    };
  },
};
