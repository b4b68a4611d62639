/** Fuzzes a guest's frames: results of calls, batches and loading, and the errors in them. */

import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { guestError, LoadError, readLoadResult } from '../src/context/guest-errors.js';
import { ERROR_CODES, type GuestErrorInfo } from '../src/errors.js';
import { concat, DEFAULT_CODEC_LIMITS, encode } from '../src/wire/codec/public.js';
import { decodeBatchResult, decodeHypercall, decodeResult, type Outcome } from '../src/wire/node.js';
import { values, words } from './lib/values.js';

const KIB = 1024;
const LIMITS = { ...DEFAULT_CODEC_LIMITS, allowance: 256 * KIB };
const MOST_MESSAGE = 80_000;

const info = {
  name: 'TypeError',
  message: 'no',
  stack: 'TypeError: no\n    at f (a.js:1:2)',
  code: 'ERR_NO_SUCH_EXPORT',
};
const frames: readonly unknown[] = [
  [0, 5],
  [0, ['f', 'g']],
  [
    0,
    [
      [0, 1],
      [1, info],
    ],
  ],
  [1, info],
  [1, { ...info, name: 'SyntaxError', value: { a: 1 } }],
  [1, { ...info, name: 'ColonyError' }],
  ['name', [1, { a: 2 }]],
  ...values.map((value) => [0, value]),
];

/** Checks that a guest's error becomes one of Colony's errors with bounded texts. */
function checkError(info: GuestErrorInfo): void {
  const error = guestError(info, undefined, 1);
  if (!['ERR_GUEST_THROWN', 'ERR_NO_SUCH_EXPORT', 'ERR_NOT_SERIALIZABLE'].includes(error.code))
    throw new Error(`a guest made an error with the code ${error.code}`);
  if (error.message.length > MOST_MESSAGE) throw new Error(`a message of ${error.message.length} characters`);
}

function checkOutcome(outcome: Outcome): Outcome {
  if (outcome.length !== 2 || (outcome[0] !== 0 && outcome[0] !== 1)) throw new Error('no outcome');
  if (outcome[0] === 1) checkError(outcome[1]);
  return outcome;
}

/** Loads a program. A thrown guest error is as valid as a result. */
function load(input: Uint8Array): unknown {
  try {
    const names = readLoadResult(input);
    if (!names.every((name) => typeof name === 'string')) throw new Error('an export without a name');
    return names;
  } catch (error) {
    if (error instanceof LoadError) checkError(error.info);
    throw error;
  }
}

function batch(input: Uint8Array): unknown {
  const outcomes = decodeBatchResult(input, 2, LIMITS);
  if (Array.isArray(outcomes)) return outcomes.map(checkOutcome);
  checkError(outcomes);
  return outcomes;
}

function hypercall(input: Uint8Array): unknown {
  const { name, args } = decodeHypercall(input, LIMITS);
  if (typeof name !== 'string' || !Array.isArray(args)) throw new Error('no hypercall');
  return args;
}

/** Reads each frame in one of four ways, chosen by its length, so that each seed meets all of them in time. */
function read(input: Uint8Array): unknown {
  const ways = [
    () => checkOutcome(decodeResult(input, LIMITS)),
    () => batch(input),
    () => load(input),
    () => hypercall(input),
  ];
  return ways[input.length & 3]!();
}

export const reader = (): Reader => {
  const seeds = frames.map((frame) => concat(encode(frame)).slice());
  return {
    name: 'frames',
    what: "a guest's results and errors",
    seeds: seeds.filter((seed) => isRead(seed)),
    mutators: [cborMutator([...words, 'SyntaxError', 'ColonyError', ...ERROR_CODES.slice(9, 13)]), bytesMutator(words)],
    read,
    refusals: ['ERR_GUEST_PROTOCOL', 'ERR_LIMIT_OUTPUT', 'ERR_GUEST_THROWN', 'ERR_COMPILE'],
    planted: (input, value) => (input.length & 3) === 1 && Array.isArray(value) && value.length === 2,
    allowance: LIMITS.allowance,
  };
};

function isRead(seed: Uint8Array): boolean {
  try {
    read(seed);
    return true;
  } catch {
    return false;
  }
}
