/** The cost of a process per call, compared to the kernel's minimum: fork, exit, wait. */
import { timed, timedAsync } from '../../timing.js';
import type { Group } from '../../types.js';
import { Contexts, cProgram } from '../contexts.js';
import { spec } from '../spec.js';

export const processes: Group = {
  name: 'C functions',
  specs: [
    spec('process.c.call', 'call of a C function that does nothing, in a fork of its zygote', ['c.fork_wait']),
    spec('wasm.c.callSync', 'callSync of a C function that does nothing, on the wasm backend, fresh', ['c.fork_wait']),
    spec(
      'wasm.c.call',
      'call (asynchronous) of a C function that does nothing, in a worker of the wasm backend, fresh',
      ['c.fork_wait'],
    ),
    spec('kvm.c.callSync', 'callSync of a C function that does nothing, in a virtine, fresh', ['c.fork_wait']),
  ],
  async open() {
    const contexts = new Contexts();
    const program = cProgram('null.c');
    const sync = (backend: string) =>
      contexts.sampler({ backend, program, pool: {} }, (context) => timed(() => context.callSync('nothing')));
    const async = (backend: string) =>
      contexts.sampler({ backend, program, pool: {} }, (context) => timedAsync(() => context.call('nothing')));
    return {
      samplers: {
        'process.c.call': await async('process'),
        'wasm.c.callSync': await sync('wasm'),
        'wasm.c.call': await async('wasm'),
        'kvm.c.callSync': await sync('kvm'),
      },
      close: () => contexts.close(),
    };
  },
};
