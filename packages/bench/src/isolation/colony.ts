/** Colony's backends, to be attacked as the peers are. */
import { createContext, js } from '@colony/core';
import type { Probed } from './probed.js';

const EVALUATE = 'export function evaluate(source) { return (0, eval)(source) ?? null }';

/** JavaScript on a backend, with limits that a careful user would set. */
export const colonyProbe = (backend: string) => async (): Promise<Probed> => {
  const context = await createContext({
    backend,
    program: js(EVALUATE),
    policy: { limits: { wallTime: '1 s', cpuTime: '1 s', memory: '64 MiB' } },
  });
  return {
    evaluate: (source) => context.call('evaluate', source),
    close: () => context.dispose(),
  };
};
