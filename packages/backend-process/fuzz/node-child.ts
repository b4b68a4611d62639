/** Reads the output of a Node that serves a program: a run ends with a result or a ColonyError. */
import { EventEmitter } from 'node:events';
import { ColonyError } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { TYPE } from '../src/channel/index.js';
import type { Body } from '../src/children/body.js';
import { NodeChild } from '../src/children/node-child.js';
import { writeReport } from '../src/inside/report.js';
import { framesMutator, portions, streamOf } from './lib/frames.js';
import { limits } from './lib/limits.js';

const CODES = ['ERR_GUEST_PROTOCOL', 'ERR_LIMIT_MEMORY', 'ERR_LIMIT_OUTPUT', 'ERR_DISPOSED'];

class Channel extends EventEmitter {
  destroy(): void {}
  write(): boolean {
    return true;
  }
}

function make(): { child: NodeChild; channel: Channel } {
  const channel = new Channel();
  const body = {
    channel,
    exited: new Promise(() => {}),
    stderr: () => '',
    cpuTime: () => 0,
    end: () => {},
  } as unknown as Body;
  return { child: new NodeChild(body, limits.memory), channel };
}

async function read(input: Uint8Array): Promise<unknown> {
  const { child, channel } = make();
  // The child may fail before it is asked, and then says so when it is.
  const ready = streamOf([{ call: 0, type: TYPE.ready, payload: new Uint8Array(0) }]);
  const early = (input[0] ?? 0) % 16 === 0 && input.length % 8 === 0;
  if (!early) channel.emit('data', ready);
  const onHypercall = (request: Uint8Array) => {
    if (request.length > limits.output) throw new Error('a request that is too long');
    return input.length % 2 === 0 ? Promise.resolve([]) : [];
  };
  const run = child.run({ input: [], limits, onHypercall });
  for (const portion of portions(input)) {
    channel.emit('data', portion);
    await Promise.resolve();
  }
  child.kill();
  try {
    const { output, usage } = await run;
    if (output.length > limits.output || !(usage.cpuTime >= 0) || !(usage.memory >= 0 && usage.memory <= limits.memory))
      throw new Error('a result beyond its limits');
    return output;
  } catch (error) {
    if (!ColonyError.is(error) || !CODES.includes(error.code)) throw error;
    return error.code;
  }
}

const result = (size: number, memory = 100, flags = 0) =>
  new Uint8Array(Buffer.concat([writeReport({ cpuTime: 1, memory, flags }), new Uint8Array(size)]));

export const reader = (): Reader => ({
  name: 'node-child',
  what: 'the messages of a jailed Node',
  seeds: [
    streamOf([{ call: 1, type: TYPE.result, payload: result(8) }]),
    streamOf([
      { call: 1, type: TYPE.hypercall, payload: new Uint8Array(9) },
      { call: 1, type: TYPE.result, payload: result(3) },
    ]),
    streamOf([{ call: 1, type: TYPE.result, payload: result(0, 5, 1) }]),
    streamOf([
      { call: 0, type: TYPE.ready, payload: new Uint8Array(0) },
      { call: 1, type: TYPE.result, payload: result(1) },
    ]),
  ],
  mutators: [framesMutator([16, 17, 18, 1, 2, 19], [0, 1, 2]), bytesMutator()],
  read,
  refusals: [],
  planted: (_input, value) => value === 'ERR_LIMIT_MEMORY' && _input.length !== 9 + 17,
  allowance: 2 ** 20,
});
