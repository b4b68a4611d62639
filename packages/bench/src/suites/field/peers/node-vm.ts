/** node:vm: a separate realm in the same heap. Its documentation states that it is not a security mechanism. */

import vm from 'node:vm';
import type { Probed } from '../../../isolation/probed.js';
import { timed } from '../../../timing.js';
import { DEADLINE, FIB, groupOf, type Peer, SHORT, SOURCE, spec } from '../peer.js';

const NAME = 'node_vm';

function fresh(): void {
  const context = vm.createContext({});
  vm.runInContext(SOURCE, context);
  vm.runInContext('nothing()', context);
}

const group = groupOf(
  NAME,
  [
    spec(`${NAME}.cold`, 'realm', ['c.call'], 'createContext, program, null call; ended by the garbage collector only'),
    spec(`${NAME}.warm`, 'realm', ['c.call'], 'a compiled script that makes the null call, in a context that is there'),
    spec(`${NAME}.deadline`, 'realm', ['c.call'], 'the same with a timeout, for which Node starts a thread each time'),
    spec(`${NAME}.fib${FIB}`, 'realm', ['node.fib20'], `the same without a timeout, fib(${FIB})`),
  ],
  async () => {
    const context = vm.createContext({});
    vm.runInContext(SOURCE, context);
    const nothing = new vm.Script('nothing()');
    const fib = new vm.Script(`fib(${FIB})`);
    return {
      makers: {
        [`${NAME}.cold`]: () => timed(fresh),
        [`${NAME}.warm`]: () => timed(() => nothing.runInContext(context), SHORT),
        [`${NAME}.deadline`]: () => timed(() => nothing.runInContext(context, { timeout: DEADLINE })),
        [`${NAME}.fib${FIB}`]: () => timed(() => fib.runInContext(context)),
      },
    };
  },
);

const probe = async (): Promise<Probed> => {
  const context = vm.createContext({});
  return {
    evaluate: async (source) => {
      const value: unknown = await vm.runInContext(source, context, { timeout: DEADLINE });
      return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null');
    },
    close: async () => {},
  };
};

export const peer: Peer = { name: NAME, package: 'node', group, probe };
