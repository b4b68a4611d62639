/**
 * Compiles for hooks that cannot wait. Node's synchronous hooks and CommonJS need a result at once, but the compiler is
 * asynchronous, because esbuild and C compilers are processes. A second thread compiles while this one sleeps. It is
 * started when the first file needs it.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { ColonyError, ErrorCode } from '@colony/core';
import type { Loaded } from './compile.js';
import type { Source } from './files.js';

export interface Request extends Source {
  /** 'check' refuses a text that holds a directive, and compiles nothing. */
  readonly task: 'load' | 'check';
}

export type Reply =
  | { readonly loaded: Loaded | undefined }
  | {
      readonly failed: {
        readonly name: string;
        readonly code?: string;
        readonly message: string;
        readonly details?: object;
      };
    };

/** Marks the data of the compiling thread, which loads no hooks. */
export const SERVICE = 'colony:compile';

export interface ServiceData {
  readonly [SERVICE]: true;
  readonly port: MessagePort;
  /** Counts replies. */
  readonly replies: SharedArrayBuffer;
}

let service: { ask(request: Request): Reply } | undefined;

function start() {
  const { port1, port2 } = new MessageChannel();
  const replies = new SharedArrayBuffer(4);
  const workerData: ServiceData = { [SERVICE]: true, port: port2, replies };
  const worker = new Worker(new URL('./service-thread.js', import.meta.url), {
    workerData,
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  const count = new Int32Array(replies);
  return {
    ask(request: Request): Reply {
      const before = Atomics.load(count, 0);
      port1.postMessage(request);
      Atomics.wait(count, 0, before);
      return receiveMessageOnPort(port1)!.message;
    },
  };
}

function ask(request: Request): Loaded | undefined {
  service ??= start();
  const reply = service.ask(request);
  if ('failed' in reply) throw errorOf(reply.failed);
  for (const warning of reply.loaded?.warnings ?? []) process.emitWarning(warning, 'ColonyWarning');
  return reply.loaded;
}

/** Compiles a file. Returns `undefined` if Node can read it unchanged. @throws ColonyError ERR_COMPILE */
export const load = (source: Source): Loaded | undefined => ask({ task: 'load', ...source });

/** @throws ColonyError ERR_COMPILE for a text that holds a directive. */
export function check(name: string, text: string): void {
  ask({ task: 'check', file: name, text, format: undefined });
}

/**
 * Makes an error whose details Node does not print, because the message has all of them. It does not import core, so
 * that a program without virtines does not load it.
 */
function errorOf({ name, message, code, details }: Extract<Reply, { failed: object }>['failed']) {
  const error = new Error(message) as Error & { code?: string };
  const hidden = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
  hidden('name', name);
  if (details !== undefined) hidden('details', details);
  if (code !== undefined) error.code = code as ErrorCode;
  Error.captureStackTrace(error, errorOf);
  return error as ColonyError;
}
