/** The cost of calling a component through jco's glue, for Colony's version and the newest. */
import { component } from '@colony/core';
import { timed, timedAsync } from '../../timing.js';
import type { Group, Sampler, Suite } from '../../types.js';
import { bounded } from '../bounded.js';
import { Contexts } from '../contexts.js';
import { spec } from '../spec.js';
import { type Make, makePrograms } from './program.js';

/** The call is short compared to the clock's cost, so several are timed together. */
const BATCH = 100;
const TEXT = 'x'.repeat(1024);

const JOBS = ['null', '1KiB'] as const;
const KINDS = [
  ['jco1', 'jco 1.9.1'],
  ['newest', 'jco-transpile 0.15.0'],
] as const;
const FUNCTIONS = {
  null: 'a component function that does nothing',
  '1KiB': 'a component function that returns its 1 KiB string',
};

const subject = (kind: string, job: string, state: string) => `${kind}.${job}.${state}`;

const specs = JOBS.flatMap((job) =>
  ['warm', 'fresh'].flatMap((state) => {
    const call = `call of ${FUNCTIONS[job]} in ${state === 'fresh' ? 'a new' : 'an existing'} instance`;
    const floor = subject('ref.core', job, state);
    return [
      spec(floor, `${call}, by hand without jco`),
      ...KINDS.map(([kind, name]) => spec(subject(kind, job, state), `${call}, by ${name}`, [floor])),
    ];
  }),
).concat(
  JOBS.flatMap((job) => [
    spec(`wasm.component.${job}.callSync`, `callSync of ${FUNCTIONS[job]}, on the wasm backend, fresh`, [
      subject('ref.core', job, 'fresh'),
    ]),
    spec(
      `wasm.component.${job}.call`,
      `call (asynchronous) of ${FUNCTIONS[job]}, in a worker of the wasm backend, fresh`,
      [subject('ref.core', job, 'fresh')],
    ),
  ]),
);

function samplers(kind: string, make: Make): Record<string, Sampler> {
  const warm = make();
  return {
    [subject(kind, 'null', 'warm')]: timed(() => warm.nothing(), BATCH),
    [subject(kind, 'null', 'fresh')]: timed(() => make().nothing()),
    [subject(kind, '1KiB', 'warm')]: timed(() => warm.echo(TEXT), BATCH),
    [subject(kind, '1KiB', 'fresh')]: timed(() => make().echo(TEXT)),
  };
}

const group: Group = {
  name: 'components',
  specs,
  async open() {
    const programs = await makePrograms();
    const contexts = new Contexts();
    const options = { backend: 'wasm', program: component(programs.component), pool: {} };
    const context = (of: Parameters<Contexts['sampler']>[1]) => contexts.sampler(options, of);
    return {
      samplers: {
        ...samplers('ref.core', programs.byHand),
        ...samplers('jco1', programs.jco1),
        ...samplers('newest', programs.jcoNewest),
        'wasm.component.null.callSync': await context((own) => timed(() => own.callSync('nothing'))),
        'wasm.component.null.call': await context((own) => timedAsync(() => own.call('nothing'))),
        'wasm.component.1KiB.callSync': await context((own) => timed(() => own.callSync('echo', TEXT))),
        'wasm.component.1KiB.call': await context((own) => timedAsync(() => own.call('echo', TEXT))),
      },
      async close() {
        await contexts.close();
        await programs.close();
      },
    };
  },
};

export const components: Suite = {
  name: 'components',
  what: "WebAssembly components through jco's glue, and on the wasm backend",
  headline: {
    question: 'What does a call of a WebAssembly component cost on the wasm backend?',
    answers: {
      'wasm.component.null.callSync': 'a function that does nothing',
      'wasm.component.1KiB.callSync': 'a string of 1 KiB in and out',
    },
  },
  groups: bounded([group]),
  targets: [],
};
