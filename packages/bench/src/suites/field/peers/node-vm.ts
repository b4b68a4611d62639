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
    spec(
      `${NAME}.cold`,
      'realm',
      ['c.call'],
      'createContext of node:vm, program, null call; end by the garbage collector only',
    ),
    spec(`${NAME}.warm`, 'realm', ['c.call'], 'null call by a compiled Script, in an existing context of node:vm'),
    spec(
      `${NAME}.deadline`,
      'realm',
      ['c.call'],
      'null call by a compiled Script with a timeout (Node starts a thread), in an existing context of node:vm',
    ),
    spec(
      `${NAME}.fib${FIB}`,
      'realm',
      ['node.fib20'],
      `fib(${FIB}) by a compiled Script without a timeout, in an existing context of node:vm`,
    ),
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
