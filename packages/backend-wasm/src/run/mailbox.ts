/**
 * Shared memory of a worker and the main thread, used while the worker waits for a reply. No guest sees this memory: the
 * two sides copy data in and out of it, and one waits while the other writes.
 *
 *     control, 32-bit words                               data
 *     | state | turn | length | cancelled | began (64) |  | a request or a reply, where it fits |
 *
 * `state` becomes ANSWERED when the reply to the request with number `turn` is there: in `data`, or, if `length` is
 * ELSEWHERE, in a message on the worker's second port. `began` is the time in microseconds at which the run's clock
 * started; 0 while the worker still starts or gets its guest ready, and -1 when the run is over.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { ErrorCode } from '@colony/core';
import { copyInto, sizeOf } from '@colony/core/codec';
import { RunEnd } from '../guest/host.js';

const STATE = 0;
const TURN = 1;
const LENGTH = 2;
const CANCELLED = 3;
const BEGAN_BYTE = 16;
const OVER = -1n;
const WORDS = 8;
const CAPACITY = 64 * 1024;

const WAITING = 0;
const ANSWERED = 1;
const ELSEWHERE = -1;

/** Reasons for which a run is cancelled from outside, by their number in `cancelled`; 0 means no reason. */
const REASONS = ['ERR_ABORTED', 'ERR_DISPOSED', 'ERR_LIMIT_WALL_TIME'] as const;
export type Reason = (typeof REASONS)[number];

export interface Mailbox {
  readonly control: Int32Array;
  readonly began: BigInt64Array;
  readonly data: Uint8Array;
}

/** A reply that was too large for the mailbox. */
export interface LargeReply {
  readonly turn: number;
  readonly reply: Uint8Array;
}

export function newMailbox(): Mailbox {
  const memory = new SharedArrayBuffer(4 * WORDS + CAPACITY);
  return {
    control: new Int32Array(memory, 0, WORDS),
    began: new BigInt64Array(memory, BEGAN_BYTE, 1),
    data: new Uint8Array(memory, 4 * WORDS),
  };
}

/** Milliseconds by a clock that all threads share, unlike `performance.now()`. */
const sharedNow = (): number => performance.timeOrigin + performance.now();

export const fits = (length: number): boolean => length <= CAPACITY;

// --- the worker's side

/** Reports that the outcome is on its way: a busy main thread may read it late. */
export function markOver({ began }: Mailbox): void {
  Atomics.store(began, 0, OVER);
}

/** Starts the run's clock: from here on, time is the guest's. */
export function markBegan({ began }: Mailbox): void {
  Atomics.store(began, 0, BigInt(Math.round(sharedNow() * 1000)));
}

/** @throws RunEnd if the run was cancelled */
export function checkCancelled({ control }: Mailbox): void {
  const reason = Atomics.load(control, CANCELLED);
  if (reason !== 0) throw new RunEnd(REASONS[reason - 1] as ErrorCode, 'the run was cancelled');
}

/** Prepares for a request. @returns its number */
export function nextTurn({ control }: Mailbox): number {
  Atomics.store(control, STATE, WAITING);
  return Atomics.add(control, TURN, 1) + 1;
}

/** Blocks until the reply is there. @throws RunEnd if the run ends before */
export function awaitReply(mailbox: Mailbox, turn: number, deadline: number, port: MessagePort): Uint8Array {
  const { control, data } = mailbox;
  while (Atomics.load(control, STATE) !== ANSWERED) {
    const left = deadline - performance.now();
    if (left <= 0) throw new RunEnd('ERR_LIMIT_WALL_TIME', '');
    Atomics.wait(control, STATE, WAITING, left);
    checkCancelled(mailbox);
  }
  const length = Atomics.load(control, LENGTH);
  return length === ELSEWHERE ? largeReply(turn, port) : data.slice(0, length);
}

/** Reads the reply of this turn, and skips abandoned replies to earlier requests. */
function largeReply(turn: number, port: MessagePort): Uint8Array {
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: LargeReply } | undefined;
    if (received === undefined) throw new RunEnd('ERR_INTERNAL', 'the reply did not arrive');
    if (received.message.turn === turn) return received.message.reply;
  }
}

// --- the main thread's side

/** Resets the mailbox before a run. No other thread uses it then. */
export function resetRun({ control, began }: Mailbox): void {
  Atomics.store(control, CANCELLED, 0);
  Atomics.store(began, 0, 0n);
}

/** Milliseconds since the run's clock started, 0 when the run is over; undefined while it has not started. */
export function runningFor({ began }: Mailbox): number | undefined {
  const at = Atomics.load(began, 0);
  if (at === OVER) return 0;
  // Not negative if the system's clock is set back.
  return at === 0n ? undefined : Math.max(0, sharedNow() - Number(at) / 1000);
}

export function cancel({ control }: Mailbox, reason: Reason): void {
  Atomics.compareExchange(control, CANCELLED, 0, REASONS.indexOf(reason) + 1);
  Atomics.notify(control, STATE);
}

/** Answers the request that the worker waits for; the segments are copied. */
export function answer({ control, data }: Mailbox, segments: readonly Uint8Array[], port: MessagePort): void {
  const length = sizeOf(segments);
  const target = fits(length) ? data : new Uint8Array(length);
  copyInto(target, segments);
  if (target !== data) {
    const message: LargeReply = { turn: Atomics.load(control, TURN), reply: target };
    port.postMessage(message, [target.buffer as ArrayBuffer]);
  }
  Atomics.store(control, LENGTH, target === data ? length : ELSEWHERE);
  Atomics.store(control, STATE, ANSWERED);
  Atomics.notify(control, STATE);
}
