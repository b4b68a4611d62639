/** One source in the classical environments, compared to Colony's direct entry and to a virtine. */
import { FloorProcess } from '../../floor-process.js';
import { timed } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { boundaryOf } from '../cells.js';
import { Contexts, cProgram, PATIENT } from '../contexts.js';
import { spec } from '../spec.js';
import { ENVIRONMENTS, QUICK, subjectOf, WORKS } from './environment-names.js';
import { buildImage } from './images.js';

const DIRECT = ENVIRONMENTS.at(-1)!;
const VIRTINE = 'kvm.fib.20';
const FIB20 = WORKS[1]!;

const SPECS: readonly Spec[] = WORKS.flatMap((work) =>
  // Direct entry comes first, because the others are compared to it.
  [...ENVIRONMENTS]
    .reverse()
    .map((environment) =>
      spec(
        subjectOf(environment, work),
        `one KVM_RUN of a guest: ${work.title}; ${environment.title}`,
        environment === DIRECT ? [] : [subjectOf(DIRECT, work)],
      ),
    ),
);

const virtine = spec(VIRTINE, 'callSync of fib(20) in C, in a virtine, fresh', [subjectOf(DIRECT, FIB20)], {
  boundary: boundaryOf('kvm', 'c'),
});

export const environments: Group = {
  name: 'environments',
  specs: [...SPECS, virtine],
  async open({ floorPath, quick }) {
    const process = new FloorProcess(floorPath);
    const contexts = new Contexts();
    const samplers: Record<string, Sampler | Error> = {};
    for (const environment of ENVIRONMENTS)
      for (const work of WORKS) {
        const argument = quick ? Math.min(work.argument, QUICK[work.name]!) : work.argument;
        samplers[subjectOf(environment, work)] =
          buildImage(floorPath, environment.bits, work) ??
          process.sampler(`env.${environment.name}.${work.name}.${argument}`);
      }
    const context = { program: cProgram('work.c'), limits: PATIENT };
    samplers[VIRTINE] = await contexts.sampler(context, (made) => timed(() => made.callSync('fib', FIB20.argument)));
    return {
      samplers,
      close: async () => {
        await process.close();
        await contexts.close();
      },
    };
  },
};
