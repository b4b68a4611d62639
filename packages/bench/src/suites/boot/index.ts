/**
 * The boot steps that direct entry avoids, and the cost of creating and pooling machines. Repeats the figures of Wasp's
 * paper.
 */
import type { Spec, Suite, Target } from '../../types.js';
import { floorGroup, someFloors } from '../floor/c.js';
import { spec } from '../spec.js';
import { environments } from './environments.js';
import { pooled } from './pooled.js';
import { STEPS } from './steps.js';

const BARE = ['c.entry'];

const SPECS: readonly Spec[] = [
  ...STEPS.map(({ subject, what }) => spec(subject, `boot step: ${what}`, BARE)),
  spec('c.boot.total', 'KVM_RUN of a guest that boots from real mode to 64-bit code and halts', BARE),
  spec('c.boot.hlt', 'KVM_RUN of a guest whose first instruction, in real mode, is hlt', BARE),
  spec('c.create', 'KVM_CREATE_VM and KVM_CREATE_VCPU alone: no memory, no state, no entry', BARE),
  spec('c.pooled.apart', 'entry into a guest that writes 16 pages, which are copied back outside the timer', BARE),
];

const TARGETS: readonly Target[] = [
  {
    what: 'direct entry into 64-bit code, to a boot through the modes',
    subject: 'c.entry',
    floor: 'c.boot.total',
    atMost: 0.5,
  },
];

/** Here `c.entry` is compared to a boot; everything else is compared to `c.entry`. */
const entry: Spec = spec(
  'c.entry',
  'direct entry into 64-bit code at CPL 3 and one exit, with registers in and out; no reset',
  ['c.boot.total'],
);

export const boot: Suite = {
  name: 'boot',
  what: "figures of Wasp's paper: boot steps, environments, creation, pooling",
  headline: {
    question: "What does direct entry save, beside a boot through the processor's modes?",
    answers: {
      'c.entry': 'direct entry to 64-bit code',
      'c.boot.total': 'a boot from real mode to 64-bit code',
      'kvm.fib.20': 'fib(20) in a virtine',
    },
  },
  groups: [
    someFloors('C floors', 'c.hotset16', 'c.cold', 'c.pthread', 'c.fork_wait'),
    floorGroup('booting', [entry, ...SPECS]),
    pooled,
    environments,
  ],
  targets: TARGETS,
};
