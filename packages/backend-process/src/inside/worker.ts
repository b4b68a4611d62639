/**
 * A task of piscina's that serves one program in a worker thread: a realm of its own, for as long as the host asks. The thread
 * goes on to the next task; what a guest did to its realm is gone then, what it did to the thread by leaving its realm is not.
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

/** Milliseconds of CPU time of this thread; 0 where the kernel does not tell. */
function threadCpuTime(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** `PID/task/TID`: how the host finds this thread's clock. */
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
    // A thread that is in the middle of a call is ended by terminating it: there is always a reply.
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

/** Piscina calls this from within a promise job, where no other job can be made to run: the guest must start outside of one. */
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
