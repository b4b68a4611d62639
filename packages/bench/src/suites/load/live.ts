/** Ten thousand contexts that live at the same time, in a process of their own. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Group, Target } from '../../types.js';
import type { Lived, LiveRequest } from './live-entry.js';
import { onceSpec, sampled, shared } from './once.js';
import type { Parked } from './parked-entry.js';

const entry = fileURLToPath(new URL('./live-entry.js', import.meta.url));
const parkedEntry = fileURLToPath(new URL('./parked-entry.js', import.meta.url));
const PARKED = { own: 'live.parked.own', system: 'live.parked.memory' };
/** Fewer than the maximum number of shells. */
const PARKED_COUNT = { full: 204, quick: 24 };
const KINDS = [
  { kind: 'fresh', contexts: '10,000', count: { full: 10_000, quick: 100 }, what: 'each called once' },
  {
    ...{ kind: 'kept', contexts: '1,000', count: { full: 1000, quick: 50 } },
    what: 'each with kept state, read again at the end',
  },
] as const;

/** Milliseconds after which the process is considered stuck. */
const PATIENCE = 240_000;

/** Runs a request in a separate process. */
function ask<T>(entry: string, request: LiveRequest | number): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], serialization: 'advanced' });
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    let problem = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      problem += text;
    });
    child.once('message', (answer) => resolve(answer as T));
    child.once('error', reject);
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      reject(new Error(/^\w*Error: .*$/m.exec(problem)?.[0] ?? `it ended with ${signal ?? `status ${status}`}`));
    });
    child.send(request);
  });
}

export const live = (request: LiveRequest) => ask<Lived>(entry, request);

/** @throws if other processes took or freed memory meanwhile, so that the figure is not due to these contexts */
function whole({ own, system }: Parked): number[] {
  if (system >= own) return [system];
  throw new Error(
    `the system lost ${Math.round(system)} KiB a context and the process grew by ${Math.round(own)}: it is not quiet`,
  );
}

export const LIVE_TARGETS: readonly Target[] = KINDS.map(({ kind, contexts, what }) => ({
  ...{ what: `wrong answers of ${contexts} live contexts, ${what}` },
  ...{ subject: `live.${kind}.missing`, floor: null, atMost: 0 },
}));

export const lives: Group = {
  name: 'contexts that live',
  specs: [
    onceSpec(
      PARKED.own,
      'memory (Pss) of the process per kvm context that waits for a host function, without kernel memory',
      [],
      'KiB',
    ),
    onceSpec(
      PARKED.system,
      'memory that the system loses per kvm context that waits for a host function, with kernel memory',
      [],
      'KiB',
    ),
    ...KINDS.flatMap(({ kind, contexts, what }) => {
      const living = `${contexts} live JavaScript contexts on kvm`;
      return [
        onceSpec(`live.${kind}.missing`, `wrong answers of ${living}, ${what}`, [], 'count'),
        onceSpec(`live.${kind}.all`, `creation and calls of ${living}, ${what}`),
        onceSpec(
          `live.${kind}.create`,
          `createContext for one of ${contexts} JavaScript contexts that stay alive, on kvm`,
        ),
        onceSpec(`live.${kind}.call`, `first call of one of ${living}, ${what}`),
      ];
    }),
  ],
  async open({ quick }) {
    const samplers = KINDS.map(({ kind, count: { full, quick: few } }) => {
      const count = quick ? few : full;
      const run = shared(() => live({ kept: kind === 'kept', count }));
      return {
        [`live.${kind}.missing`]: sampled(run, ({ right }) => [count - right]),
        [`live.${kind}.all`]: sampled(run, ({ all }) => [all]),
        [`live.${kind}.create`]: sampled(run, ({ create }) => create),
        [`live.${kind}.call`]: sampled(run, ({ call }) => call),
      };
    });
    const parked = shared(() => ask<Parked>(parkedEntry, quick ? PARKED_COUNT.quick : PARKED_COUNT.full));
    const waiting = {
      [PARKED.own]: sampled(parked, ({ own }) => [own]),
      [PARKED.system]: sampled(parked, quick ? ({ system }) => [system] : whole),
    };
    return { samplers: Object.assign(waiting, ...samplers), close: async () => {} };
  },
};
