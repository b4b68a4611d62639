/** The same work on every backend, compared to handwritten code and to the kernel's minimum. */
import type { Suite, Target } from '../../types.js';
import { bounded } from '../bounded.js';
import { someFloors } from '../floor/c.js';
import { compute } from './compute.js';
import { javascript } from './javascript.js';
import { modules } from './modules.js';
import { processes } from './processes.js';

const TARGETS: readonly Target[] = [
  {
    what: 'WebAssembly module on wasm, fresh call, to an instance by hand',
    subject: 'wasm.module.callSync',
    floor: 'ref.wasm.instance',
    atMost: 1.3,
  },
  {
    what: 'JavaScript on wasm, fresh call, to a quickjs-emscripten context in a module of its own',
    subject: 'wasm.js.callSync',
    floor: 'ref.quickjs_emscripten.module',
    atMost: 0.2,
  },
  {
    what: 'JavaScript on wasm, fresh call, to a quickjs-emscripten context in a shared memory',
    subject: 'wasm.js.callSync',
    floor: 'ref.quickjs_emscripten.context',
    atMost: 0.2,
  },
  {
    what: 'integer kernel in C as WebAssembly on kvm',
    subject: 'kvm.module.compute.int',
    floor: 'c.compute.int',
    atMost: 1.5,
  },
  {
    what: 'floating-point kernel in C as WebAssembly on kvm',
    subject: 'kvm.module.compute.float',
    floor: 'c.compute.float',
    atMost: 1.5,
  },
  { what: 'C on process, fresh call', subject: 'process.c.call', floor: 'c.fork_wait', atMost: 3 },
];

export const backends: Suite = {
  name: 'backends',
  what: 'equal work on every backend, beside handwritten code',
  headline: {
    question: 'What does one fresh call cost on each backend?',
    answers: {
      'kvm.c.callSync': 'C on kvm',
      'wasm.c.callSync': 'C on wasm',
      'process.c.call': 'C on process',
      'kvm.js.callSync': 'JavaScript on kvm',
      'wasm.js.callSync': 'JavaScript on wasm',
      'process.js.call': 'JavaScript on process',
    },
  },
  groups: bounded([
    someFloors('C floors', 'c.fork_wait', 'c.compute.int', 'c.compute.float'),
    modules,
    javascript,
    processes,
    compute,
  ]),
  targets: TARGETS,
};
