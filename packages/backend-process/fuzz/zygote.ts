/** Reads the output of a zygote and its children: each call ends with a result or a ColonyError, and so do calls beside it. */
import { EventEmitter } from 'node:events';
import { ColonyError } from '@colony/core';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import type { Jailed } from '../src/jail/index.js';
import type { Executable } from '../src/zygotes/image.js';
import { Zygote } from '../src/zygotes/zygote.js';
import { framesMutator, portions, streamOf } from './lib/frames.js';
import { limits } from './lib/limits.js';

const executable = {
  kind: 'wasm',
  path: '',
  key: '',
  info: { symbols: [{ name: 'f', address: 4096, size: 16, kind: 'function' }] },
} as unknown as Executable;
const CODES = [
  'ERR_GUEST_PROTOCOL',
  'ERR_GUEST_FAULT',
  'ERR_GUEST_TRAP',
  'ERR_LIMIT_MEMORY',
  'ERR_LIMIT_OUTPUT',
  'ERR_LIMIT_CPU_TIME',
  'ERR_BACKEND_UNAVAILABLE',
];

class Channel extends EventEmitter {
  ref(): void {}
  unref(): void {}
  destroy(): void {}
  write(): boolean {
    return true;
  }
}

interface Made {
  readonly zygote: Zygote;
  readonly channel: Channel;
}

/** With a channel in the place of the socket. */
function make(): Made {
  const channel = new Channel();
  const jailed = {
    channel,
    pid: 0,
    applied: [],
    exited: new Promise(() => {}),
    stderr: () => '',
    kill: () => {},
  } as unknown as Jailed;
  const Fake = Zygote as unknown as new (executable: Executable, jailed: Jailed) => Zygote;
  return { zygote: new Fake(executable, jailed), channel };
}

async function read(input: Uint8Array): Promise<unknown> {
  const { zygote, channel } = make();
  const { signal } = new AbortController();
  const call = (later: boolean) => ({
    limits,
    signal,
    parked: () => {},
    onHypercall: (request: Uint8Array) => {
      if (request.length > limits.output + 16) throw new Error('a request that is too long');
      return later ? Promise.resolve([]) : [];
    },
  });
  const runs = [
    zygote.call(call(false), []),
    zygote.keep(undefined, call(true), [])[1],
    zygote.boot(limits, signal).then(() => ({ output: new Uint8Array(0), usage: { memory: 0, cpuTime: 0 } })),
  ];
  for (const portion of portions(input)) channel.emit('data', portion);
  // Waiting code continues before the zygote ends.
  await Promise.resolve();
  zygote.kill();
  const ends = await Promise.allSettled(runs);
  for (const end of ends) {
    if (end.status === 'fulfilled') {
      const { output, usage } = end.value;
      if (output.length > limits.output || usage.memory > limits.memory || !(usage.cpuTime >= 0))
        throw new Error('a result beyond its limits');
    } else if (!ColonyError.is(end.reason) || !CODES.includes(end.reason.code)) throw end.reason;
  }
  return ends;
}

const u64 = (...numbers: readonly number[]) => new Uint8Array(BigUint64Array.from(numbers, BigInt).buffer);
const ended = (why: number, kind: number, code = 0, text = '') =>
  new Uint8Array(
    Buffer.concat(
      [
        Uint32Array.of(why, 0, 0, 0),
        Uint32Array.of(kind, code),
        u64(4096, 8192, 0),
        new Uint8Array(8),
        Buffer.from(text),
      ].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
    ),
  );

export const reader = (): Reader => ({
  name: 'zygote',
  what: "a zygote's and its children's messages",
  seeds: [
    streamOf([
      { call: 1, type: 17, payload: u64(5, 100, 7) },
      { call: 2, type: 17, payload: u64(5, 100) },
      { call: 3, type: 17, payload: u64(1, 2, 3, 4, 5, 6) },
    ]),
    streamOf([
      { call: 1, type: 128 + 18, payload: new Uint8Array(8) },
      { call: 1, type: 18, payload: new Uint8Array(4) },
      { call: 2, type: 18, payload: new Uint8Array(4) },
    ]),
    streamOf([
      { call: 1, type: 20, payload: ended(0, 1, 8, 'text') },
      { call: 2, type: 20, payload: ended(0, 2, 0x60e) },
    ]),
    streamOf([
      { call: 1, type: 20, payload: ended(0, 3, 0, 'protocol') },
      { call: 2, type: 20, payload: ended(2, 4) },
    ]),
    streamOf([{ call: 1, type: 20, payload: new Uint8Array(Uint32Array.of(0, 139, 0, 0).buffer) }]),
    streamOf([
      { call: 2, type: 128 + 17, payload: new Uint8Array(16) },
      { call: 2, type: 17, payload: u64(3, 3) },
    ]),
  ],
  mutators: [framesMutator([17, 18, 20, 145, 146, 16, 148], [0, 1, 2, 3, 4]), bytesMutator()],
  read,
  refusals: [],
  planted: (_input, value) => {
    const ends = value as PromiseSettledResult<unknown>[];
    return (
      ends[0]!.status === 'rejected' && ends[0]!.reason.code === 'ERR_GUEST_TRAP' && ends[1]!.status === 'fulfilled'
    );
  },
  allowance: 2 ** 20,
});
