/** The machine's minimum cost of an operation, and Colony's cost of the same. */
import type { Suite, Target } from '../../types.js';
import { bounded } from '../bounded.js';
import { addon } from './addon.js';
import { c } from './c.js';
import { cold } from './cold.js';
import { javascript } from './javascript.js';
import { linuxPrograms } from './linux.js';
import { marshal } from './marshal.js';
import { memory } from './memory.js';
import { native } from './native.js';

const ratio = (what: string, subject: string, floor: string, atMost: number): Target => ({
  what,
  subject,
  floor,
  atMost,
});
const value = (what: string, subject: string, atMost: number): Target => ({ what, subject, floor: null, atMost });

const TARGETS: readonly Target[] = [
  ratio('native null call with full reset', 'kvm.native.callSync', 'c.hotset16', 1.15),
  ratio('native null call with full reset, by the addon alone', 'kvm.addon.runSync', 'c.hotset16', 1.15),
  ratio('JavaScript null call with full reset', 'kvm.js.callSync', 'c.entry', 2),
  value('time that call adds to callSync, JavaScript null call', 'kvm.js.call.added', 40),
  ratio('a Linux program, to posix_spawn of a smaller one', 'kvm.linux.true', 'c.posix_spawn', 2),
  ratio('cold context', 'kvm.cold', 'c.cold', 1.3),
  ratio('integer compute', 'kvm.compute.int', 'c.compute.int', 1.03),
  ratio('floating-point compute', 'kvm.compute.float', 'c.compute.float', 1.03),
  ratio('reset of 64 MiB against 1 MiB', 'kvm.reset.64MiB', 'kvm.reset.1MiB', 1.15),
  value('threads held by 100 parked contexts', 'parked.threads', 0),
  value('memory of an idle JavaScript context', 'memory.same', 256),
  value('memory of an idle JavaScript context with its own program', 'memory.distinct', 256),
];

export const floor: Suite = {
  name: 'floor',
  what: 'Colony on KVM against the least that the machine charges, in C',
  headline: {
    question: 'What does a fresh, isolated call cost here, beside the least that the machine charges?',
    answers: {
      'kvm.native.callSync': 'a fresh call of a C function in a virtine',
      'kvm.js.callSync': 'a fresh call of a JavaScript function in a virtine',
      'kvm.js.batch': 'a row of a batch of 1,000 JavaScript calls',
      'kvm.cold': 'a new context, from nothing to its first result',
    },
  },
  groups: bounded([c, addon, native, javascript, linuxPrograms, cold, marshal, memory]),
  targets: TARGETS,
};
