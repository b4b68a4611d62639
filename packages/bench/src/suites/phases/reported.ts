/** Phases of wasm and process, from what they report: a run's wall time and CPU time, and the time around them. */
import { type Backend, type BackendInstance, js, loadBackend, type RunResult, type RunUsage } from '@colony/core';
import { timed, timedApart } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { type BackendName, boundaryOf, LANGUAGE_TEXT, type Language } from '../cells.js';
import { Contexts, cProgram } from '../contexts.js';
import { spec } from '../spec.js';
import { openInstance, request } from './instance.js';

const MS = 1e6;
/** Milliseconds after a sample in which spare processes are made, so that each call finds one. */
const REST: Readonly<Record<string, number>> = { 'process.c': 3, 'process.js': 100 };

const rest = (name: string) => new Promise<void>((resolve) => setTimeout(resolve, REST[name] ?? 0));

const BACKENDS: readonly { readonly backend: BackendName; readonly sync: boolean }[] = [
  { backend: 'wasm', sync: true },
  { backend: 'process', sync: false },
];
const LANGUAGES = ['c', 'js'] as const;

const programOf = (language: string) => (language === 'c' ? cProgram('null.c') : js`export function nothing() {}`);
const wholeOf = (name: string, sync: boolean) => `${name}.${sync ? 'callSync' : 'call'}`;

function specsOf(name: string, sync: boolean): Spec[] {
  const [backend, language] = name.split('.') as [BackendName, Language];
  const nothing = `a ${LANGUAGE_TEXT[language]} function that does nothing`;
  const call = sync ? 'callSync' : 'call (asynchronous)';
  return [
    spec(wholeOf(name, sync), `${call} of ${nothing}, on the ${backend} backend, fresh`, [], {
      boundary: boundaryOf(backend, language),
    }),
    spec(`${name}.instance`, `run of ${nothing} by the ${backend} backend's instance, without core`),
    spec(`${name}.told.wall`, `wall time that the ${backend} backend reports for a run of ${nothing}`),
    spec(`${name}.told.cpu`, `CPU time that the ${backend} backend reports for a run of ${nothing}`),
  ];
}

function instanceSamplers(name: string, instance: BackendInstance, sync: boolean): Record<string, Sampler> {
  const run = (): RunResult | Promise<RunResult> => (sync ? instance.runSync!(request()) : instance.run(request()));
  const reported =
    (which: keyof RunUsage): Sampler =>
    async (count) => {
      const samples: number[] = [];
      for (let i = 0; i < count; i++) {
        samples.push((await run()).usage[which] * MS);
        if (!sync) await rest(name);
      }
      return samples;
    };
  return {
    [`${name}.instance`]: sync ? timed(run) : timedApart(run, () => rest(name)),
    [`${name}.told.wall`]: reported('wallTime'),
    [`${name}.told.cpu`]: reported('cpuTime'),
  };
}

export const reportedCalls: Group = {
  name: 'wasm and process',
  specs: BACKENDS.flatMap(({ backend, sync }) =>
    LANGUAGES.flatMap((language) => specsOf(`${backend}.${language}`, sync)),
  ),
  async open() {
    const contexts = new Contexts();
    const opened: Backend[] = [];
    const samplers: Record<string, Sampler | Error> = {};
    for (const { backend: by, sync } of BACKENDS) {
      for (const language of LANGUAGES) {
        const name = `${by}.${language}`;
        try {
          const program = programOf(language);
          const module = await loadBackend(by);
          const { backend, instance } = await openInstance(module, program);
          opened.push(backend);
          const context = await contexts.create({ backend: module, program, pool: {} });
          const call = sync
            ? timed(() => context.callSync('nothing'))
            : timedApart(
                () => context.call('nothing'),
                () => rest(name),
              );
          Object.assign(samplers, instanceSamplers(name, instance, sync), { [wholeOf(name, sync)]: call });
        } catch (error) {
          for (const { subject } of specsOf(name, sync)) samplers[subject] = error as Error;
        }
      }
    }
    return {
      samplers,
      async close() {
        await contexts.close();
        await Promise.all(opened.map((backend) => backend.dispose()));
      },
    };
  },
};
