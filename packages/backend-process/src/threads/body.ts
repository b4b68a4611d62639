/** A worker thread as a child's body: a task of piscina, a port, and shared memory to wait on. */
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { guestRuntimePath } from '@colony/core/guest-runtime';
import type { Piscina } from 'piscina';
import type { Body } from '../children/body.js';
import { SENT } from '../inside/mailbox.js';
import type { JailExit } from '../jail/index.js';

/** Milliseconds in which an idle thread has to end its task. */
const SHUTDOWN_GRACE_MS = 1000;

/** The port as a stream of bytes. A message that is a string is the thread's name. */
class PortStream extends Duplex {
  readonly #port: MessagePort;
  readonly #shared: Int32Array;
  thread = '';

  constructor(port: MessagePort, shared: Int32Array) {
    super({ emitClose: true, autoDestroy: false });
    this.#port = port;
    this.#shared = shared;
    port.on('message', (message: unknown) => {
      if (message instanceof Uint8Array) this.push(message);
      else if (typeof message === 'string') this.thread = message;
    });
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: string, done: () => void): void {
    this.#port.postMessage(bytes);
    Atomics.add(this.#shared, SENT, 1);
    Atomics.notify(this.#shared, SENT);
    done();
  }

  override _destroy(_error: Error | null, done: () => void): void {
    this.#port.close();
    done();
  }
}

function cpuTimeOf(thread: string): number | undefined {
  if (!/^\d+\/task\/\d+$/.test(thread)) return undefined;
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return undefined;
  }
}

export function threadBody(pool: Piscina): Body {
  const { port1, port2 } = new MessageChannel();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const channel = new PortStream(port1, shared);
  const abort = new AbortController();
  let lastWords = '';
  const task = { port: port2, shared, runtime: guestRuntimePath };
  const run = pool.run(task, { transferList: [port2], signal: abort.signal }) as Promise<void>;
  const exited = run.then(
    (): JailExit => ({ code: 0, signal: null }),
    (error: Error): JailExit => {
      lastWords = error.message;
      return { code: 1, signal: null };
    },
  );
  const end = (idle: boolean) => {
    if (!idle) return abort.abort();
    Atomics.store(shared, SENT, -1);
    Atomics.notify(shared, SENT);
    const late = setTimeout(() => abort.abort(), SHUTDOWN_GRACE_MS);
    exited.then(() => clearTimeout(late));
  };
  return { channel, exited, stderr: () => lastWords, cpuTime: () => cpuTimeOf(channel.thread), end };
}
