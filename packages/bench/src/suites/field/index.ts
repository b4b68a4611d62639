/** The alternatives that a user could choose, measured beside Colony's backends, programs and states. */
import type { Suite, Target } from '../../types.js';
import { someFloors } from '../floor/c.js';
import { colony, MAIN, V8 } from './colony.js';
import { none } from './none.js';
import { PEERS } from './peers/index.js';

const target = (what: string, subject: string, floor: string, atMost: number): Target => ({
  ...{ what, subject, floor, atMost },
});

const TARGETS: readonly Target[] = [
  target('pooled null call of C on kvm, to the hot-set floor', 'kvm.c.pooled.callSync', 'c.hotset16', 1.15),
  target('pooled null call of JavaScript on kvm, to a fresh isolated-vm isolate', MAIN, 'isolated_vm.cold', 0.05),
  target(
    'pooled null call of JavaScript on kvm, to a quickjs-emscripten context in a module of its own',
    MAIN,
    'quickjs_emscripten.module',
    0.1,
  ),
  target(
    'pooled null call of JavaScript on kvm, to a quickjs-emscripten context in a module compiled once',
    MAIN,
    'quickjs_emscripten.instance',
    0.1,
  ),
  // Issue 4 also demands ten times this one. Its memory is shared with all others, and the text states that.
  target(
    'pooled null call of JavaScript on kvm, to a quickjs-emscripten context in a shared memory',
    MAIN,
    'quickjs_emscripten.context',
    0.1,
  ),
  target('fib(20) in V8 in a virtine, fresh, to a warm call of isolated-vm', 'kvm.v8.fib20', 'isolated_vm.fib20', 0.5),
  target('null call in V8 in a virtine, fresh, to a fresh isolated-vm isolate', V8, 'isolated_vm.cold', 0.08),
  target('null call in V8 in a virtine, fresh, to the bare entry', V8, 'c.entry', 1.5),
  target('pooled null call of JavaScript on kvm, to a new Worker', MAIN, 'worker_threads.cold', 0.005),
  target('pooled null call of JavaScript on kvm, to fork + exit', MAIN, 'c.fork_wait', 1),
];

const FLOORS = ['c.call', 'c.syscall', 'c.entry', 'c.hotset16', 'c.cold', 'c.pthread', 'c.fork_wait', 'c.posix_spawn'];

export const field: Suite = {
  name: 'field',
  what: 'alternatives (workers, isolates, engines, processes), beside every backend, program kind and state',
  headline: {
    question: 'What does a fresh call cost in a virtine, and in the alternatives?',
    answers: {
      'kvm.c.pooled.callSync': 'a C function in a virtine',
      'kvm.js.pooled.callSync': 'a JavaScript function in a virtine',
      'kvm.v8.pooled.callSync': 'a JavaScript function in V8 in a virtine',
      'isolated_vm.cold': 'a new isolate of isolated-vm',
      'quickjs_emscripten.module': 'a new module of quickjs-emscripten',
      'worker_threads.cold': 'a new Worker',
      'c.fork_wait': 'fork and exit of an empty process',
    },
  },
  groups: [someFloors('C floors', ...FLOORS), none, ...colony, ...PEERS.map(({ group }) => group)],
  targets: TARGETS,
  probes: Object.fromEntries(PEERS.flatMap(({ name, probe }) => (probe === undefined ? [] : [[name, probe]]))),
};
