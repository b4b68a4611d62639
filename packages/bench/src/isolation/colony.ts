/** Colony's backends as probes, attacked as the peers are. */
import { createContext, js } from '@colony/core';
import type { Probed } from './probed.js';

const EVALUATE = 'export function evaluate(source) { return (0, eval)(source) ?? null }';

/**
 * JavaScript on a backend, with limits. The time limit is long enough that a busy machine does not stop an attack
 * without a loop.
 */
export const colonyProbe = (backend: string) => async (): Promise<Probed> => {
  const context = await createContext({
    backend,
    program: js(EVALUATE),
    policy: { limits: { wallTime: '5 s', cpuTime: '5 s', memory: '64 MiB' } },
  });
  return {
    evaluate: (source) => context.call('evaluate', source),
    close: () => context.dispose(),
  };
};
