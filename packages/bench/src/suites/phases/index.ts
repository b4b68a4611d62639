/** The time of one call by phase. Each phase is measured, or is the difference of two measurements. */
import type { Group, Spec, Suite } from '../../types.js';
import { someFloors } from '../floor/c.js';
import { core } from './core.js';
import { amountOf, phaseSubject, STACKS, sources } from './formulas.js';
import { kvmCalls } from './kvm.js';
import { toldCalls } from './told.js';

const phases: Group = {
  name: 'phases',
  specs: STACKS.flatMap((stack) =>
    stack.phases.map(
      (phase): Spec => ({
        ...{ subject: phaseSubject(stack, phase), unit: 'us', floors: [] },
        what: `${stack.title}: ${phase.what}`,
        derived: { from: sources(phase), of: (medians) => amountOf(phase, medians) },
      }),
    ),
  ),
  open: async () => ({ samplers: {}, close: async () => {} }),
};

export const phasesSuite: Suite = {
  name: 'phases',
  what: 'where the time of one call goes',
  groups: [someFloors('C floors', 'c.entry', 'c.hypercall'), core, kvmCalls, toldCalls, phases],
  targets: [],
};
