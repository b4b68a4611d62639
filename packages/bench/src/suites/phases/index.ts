/** The time of one call by phase. Each phase is measured, or is the difference of two measurements. */
import type { Group, Spec, Suite } from '../../types.js';
import { someFloors } from '../floor/c.js';
import { core } from './core.js';
import { amountOf, phaseSubject, STACKS, sources } from './formulas.js';
import { kvmCalls } from './kvm.js';
import { reportedCalls } from './reported.js';

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
  headline: {
    question: 'Where does the time of one call go?',
    answers: {
      'kvm.c.callSync': 'a whole call of C in a virtine',
      'c.entry': 'the entry into the guest alone',
      'kvm.c.addon.sync': 'the call without TypeScript',
      'kvm.js.callSync': 'a whole call of JavaScript in a virtine',
      'phase.core.sync': 'core alone',
    },
  },
  groups: [someFloors('C floors', 'c.entry', 'c.hypercall'), core, kvmCalls, reportedCalls, phases],
  targets: [],
};
