/** A worker: serves one run after the other. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ColonyError } from '@colony/core';
import { prepareHere } from '../prepare/index.js';
import { type Start, Thread } from '../thread/thread.js';
import { awaitReply, checkCancelled, fits, markBegan, markOver, nextTurn } from './mailbox.js';
import type { FromWorker, ToWorker, WorkerData } from './messages.js';

const { mailbox, replies } = workerData as WorkerData;
const port = parentPort as MessagePort;
const starts = new Map<number, Start>();

const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Buffers to transfer: only memory that holds nothing else can be given away. */
function own(bytes: Uint8Array | undefined): ArrayBuffer[] {
  const whole = bytes !== undefined && bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.length;
  return whole && bytes.length > 0 ? [bytes.buffer as ArrayBuffer] : [];
}

function hypercall(request: Uint8Array, deadline: number): Uint8Array {
  const turn = nextTurn(mailbox);
  if (fits(request.length)) {
    mailbox.data.set(request);
    post({ type: 'call', length: request.length });
  } else {
    const copy = request.slice();
    post({ type: 'call', length: copy.length, request: copy }, own(copy));
  }
  return awaitReply(mailbox, turn, deadline, replies);
}

const thread = new Thread({
  hypercall,
  checkCancelled: () => checkCancelled(mailbox),
  began: () => markBegan(mailbox),
});

function run({ spec, define, kept }: Extract<ToWorker, { type: 'run' }>): void {
  if (define !== undefined) starts.set(define.id, define);
  const start = starts.get(spec.from)!;
  const outcome = thread.run({ ...spec, from: kept === undefined ? start : { ...start, state: kept } });
  markOver(mailbox);
  const memory = kept === undefined ? undefined : outcome.state?.memory;
  post({ type: 'ran', outcome }, [...own(outcome.output), ...own(memory)]);
  thread.tidy();
}

function prepare(module: Uint8Array): void {
  try {
    post({ type: 'prepared', prepared: prepareHere(module) });
  } catch (error) {
    const { code, message } = ColonyError.is(error)
      ? error
      : { code: 'ERR_INTERNAL' as const, message: `the module cannot be prepared: ${(error as Error).message}` };
    post({ type: 'prepared', failure: { code, message } });
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'run':
      return run(message);
    case 'prepare':
      return prepare(message.module);
    case 'forget':
      for (const id of message.ids) {
        starts.delete(id);
        thread.forget(id);
      }
  }
});
