/** isolated-vm, in a separate process: from Node 20 on it needs a flag that slows the start of Node and its workers. */

import { dirname, join } from 'node:path';
import { programs } from '../../../floor-process.js';
import type { Probed } from '../../../isolation/probed.js';
import type { Sampler } from '../../../types.js';
import { Forked } from '../fork.js';
import { DEADLINE, FIB, groupOf, type Peer, spec } from '../peer.js';
import type { IsolateAnswer, IsolateRequest } from './isolated-vm-process.js';

const NAME = 'isolated_vm';
const PACKAGE = 'isolated-vm';
/** The built file, because a test that runs from the sources starts it, too. */
const ENTRY = join(dirname(programs), 'dist/suites/field/peers/isolated-vm-process.js');

class IsolateProcess {
  readonly #child = new Forked(ENTRY, ['--no-node-snapshot', '--expose-gc']);

  async ask(request: IsolateRequest): Promise<IsolateAnswer> {
    const answer = await this.#child.ask<IsolateAnswer>(request);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  end(): Promise<void> {
    return this.#child.end();
  }
}

const SPECS = [
  spec(`${NAME}.cold`, 'isolate', ['c.call'], 'new Isolate of isolated-vm, context, program, null call, disposal'),
  spec(
    `${NAME}.context`,
    'isolate',
    ['c.call'],
    'new context in an existing isolate of isolated-vm, program, null call, release',
  ),
  spec(`${NAME}.warm`, 'isolate', ['c.call'], 'null call by applySync in an existing context of isolated-vm'),
  spec(
    `${NAME}.fib${FIB}`,
    'isolate',
    ['node.fib20'],
    `fib(${FIB}) by applySync in an existing context of isolated-vm`,
  ),
];

const group = groupOf(PACKAGE, SPECS, async () => {
  const child = new IsolateProcess();
  const sampler = async (subject: string): Promise<Sampler> => {
    const take: Sampler = async (count) =>
      (await child.ask({ subject: subject.slice(NAME.length + 1), count })).samples!;
    await take(1);
    return take;
  };
  const makers = Object.fromEntries(SPECS.map(({ subject }) => [subject, () => sampler(subject)]));
  return { makers, end: () => child.end() };
});

const probe = async (): Promise<Probed> => {
  let child = new IsolateProcess();
  const close = () => child.end();
  await child.ask({ evaluate: '0', timeout: DEADLINE }).catch(async (error: Error) => {
    await close();
    throw error;
  });
  return {
    evaluate: async (source) => {
      const asked = child;
      try {
        return (await asked.ask({ evaluate: source, timeout: DEADLINE })).value;
      } catch (error) {
        // If memory runs out, the process ends, so the next evaluation starts another one.
        if (/^the child ended/.test((error as Error).message)) child = new IsolateProcess();
        throw error;
      }
    },
    close,
  };
};

export const peer: Peer = { name: NAME, package: PACKAGE, group, probe };
