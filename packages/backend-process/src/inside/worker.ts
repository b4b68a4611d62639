/**
 * A task of piscina that serves one program in a worker thread, in a realm of its own, until the host ends it. Then the thread
 * takes the next task: changes that a guest made to its realm are gone, but not those that it made to the thread by escaping.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { type Frame, TYPE } from '../channel/index.js';
import { Mailbox } from './mailbox.js';
import { createRealm } from './realm.js';
import { serveOne } from './serve.js';

export interface Task {
  readonly port: MessagePort;
  readonly shared: Int32Array;
  /** Path of core's guest runtime. */
  readonly runtime: string;
}

/** Milliseconds of CPU time of this thread; 0 if the kernel does not report it. */
function threadCpuTime(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** `PID/task/TID`, by which the host finds this thread's clock. */
function threadName(): string {
  try {
    return readlinkSync('/proc/thread-self');
  } catch {
    return '';
  }
}

function serveProgram({ port, shared, runtime }: Task): void {
  const mailbox = new Mailbox(port, shared);
  let call = 0;
  const hypercall = (request: Uint8Array) => {
    mailbox.send(call, TYPE.hypercall, [request]);
    // There is always a reply: a thread in the middle of a call is terminated instead.
    return (mailbox.receive() as Frame).payload;
  };
  const serve = createRealm(readFileSync(runtime, 'utf8'), hypercall, false);
  port.postMessage(threadName());
  mailbox.send(0, TYPE.ready, []);
  for (let frame = mailbox.receive(); frame !== undefined; frame = mailbox.receive()) {
    call = frame.call;
    mailbox.send(call, TYPE.result, serveOne(serve, frame.payload, threadCpuTime));
  }
  port.close();
}

/** Piscina calls this from a promise job, in which no other job can run, so the guest must start outside of it. */
export default function (task: Task): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        serveProgram(task);
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
}
