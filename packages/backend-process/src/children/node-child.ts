/** A Node of its own that serves one program, one request at a time. */
import { ColonyError, type RunResult } from '@colony/core';
import { limitError } from '@colony/core/backend-kit';
import { ChannelError, encodeFrame, type Frame, FrameReader, TYPE } from '../channel/index.js';
import type { JailExit } from '../jail/index.js';
import type { Body } from './body.js';
import { exitError, lastWords } from './exit-error.js';
import { type ChildRequest, Run } from './node-run.js';

/** Milliseconds in which a child has to end by itself after its channel was closed. */
const SHUTDOWN_GRACE_MS = 500;

export class NodeChild {
  readonly #body: Body;
  /** The memory limit that it was started with, in bytes. */
  readonly memory: number;
  readonly #reader: FrameReader;
  readonly #ready: Promise<void>;
  #onReady: ((error?: ColonyError) => void) | undefined;
  #run: Run | undefined;
  #calls = 0;
  #failure: ColonyError | undefined;
  /** It will send nothing more: it has ended, even if the system has not reported its exit yet. */
  #silent = false;
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<void>;

  constructor(body: Body, memory: number) {
    this.#body = body;
    this.memory = memory;
    this.#ready = new Promise((resolve, reject) => {
      this.#onReady = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#ready.catch(() => {});
    this.#reader = new FrameReader(
      (type, call) => this.#most(type, call),
      (frame) => this.#take(frame),
    );
    this.gone = body.exited.then((exit) => this.#died(exit));
    const { channel } = body;
    channel.on('data', (chunk: Uint8Array) => this.#push(chunk));
    // A child that is gone resets its channel; `exited` reports how it ended.
    channel.on('error', () => {});
    channel.on('end', () => {
      this.#silent = true;
    });
    channel.on('close', () => this.#closed());
  }

  get alive(): boolean {
    return this.#failure === undefined && !this.#silent;
  }

  get stderr(): string {
    return this.#body.stderr();
  }

  /**
   * Waits until it serves. If it does not within so many milliseconds, or the signal is aborted before, the child is ended;
   * rejects with ERR_BACKEND_UNAVAILABLE, or with the signal's reason.
   */
  async ready(within: number, signal?: AbortSignal): Promise<void> {
    const timer = setTimeout(() => this.kill(unavailable(`did not start within ${within} ms`)), within);
    const abort = () => this.kill(signal?.reason as ColonyError);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await this.#ready;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Serves one request. Any failure ends the child. */
  async run(request: ChildRequest): Promise<RunResult> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#run !== undefined)
      throw new ColonyError('ERR_INTERNAL', 'a child got a second request before it answered the first');
    const call = ++this.#calls;
    this.#hold(true);
    const run = new Run(request, {
      cpuTime: () => this.#body.cpuTime(),
      send: (type, segments) => void this.#body.channel.write(encodeFrame(call, type, segments)),
      fail: (error) => this.kill(error),
    });
    this.#run = run;
    try {
      return await run.result;
    } finally {
      this.#run = undefined;
      this.#hold(false);
    }
  }

  /** Ends it and the request that it serves. */
  kill(reason: ColonyError = new ColonyError('ERR_DISPOSED', 'the child was ended')): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#reader.end();
    this.#body.end(this.#run === undefined && this.#onReady === undefined);
    this.#body.channel.destroy();
    this.#settle(reason);
  }

  #settle(error: ColonyError): void {
    this.#onReady?.(error);
    this.#onReady = undefined;
    this.#run?.fail(error);
  }

  /** An idle child does not keep the host's process alive. */
  #hold(on: boolean): void {
    const channel = this.#body.channel as { ref?: () => void; unref?: () => void };
    if (on) channel.ref?.();
    else channel.unref?.();
  }

  #most(type: number, call: number): number | undefined {
    if (this.#onReady !== undefined) return type === TYPE.ready && call === 0 ? 0 : undefined;
    return call === this.#calls ? this.#run?.most(type) : undefined;
  }

  #take(frame: Frame): void {
    if (this.#onReady === undefined) {
      this.#run?.take(frame);
      return;
    }
    this.#onReady();
    this.#onReady = undefined;
    this.#hold(false);
  }

  #push(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.kill(this.#babbled(error as ChannelError));
    }
  }

  #babbled(error: ChannelError): ColonyError {
    if (!(error instanceof ChannelError)) return new ColonyError('ERR_INTERNAL', String(error), { cause: error });
    const limits = this.#run?.limits;
    if (error.kind === 'too-long' && limits !== undefined) return limitError('output', limits);
    return new ColonyError('ERR_GUEST_PROTOCOL', `the guest's process sent an invalid message: ${error.message}`);
  }

  #closed(): void {
    this.#silent = true;
    const timer = setTimeout(
      () => this.kill(new ColonyError('ERR_GUEST_PROTOCOL', "the guest's process closed its channel but did not end")),
      SHUTDOWN_GRACE_MS,
    );
    this.gone.then(() => clearTimeout(timer));
  }

  #died(exit: JailExit): void {
    const starting = this.#onReady !== undefined;
    const death = exitError(exit, this.stderr, { memory: this.memory, cpuTime: this.#run?.limits.cpuTime });
    this.#failure ??= starting ? unavailable(`died before it served (${death.message})`) : death;
    this.#reader.end();
    this.#body.channel.destroy();
    this.#settle(this.#failure);
  }

  /** One line with the reason of its end. */
  get lastWords(): string {
    return lastWords(this.stderr) || (this.#failure?.message ?? '');
  }
}

function unavailable(what: string): ColonyError {
  return new ColonyError('ERR_BACKEND_UNAVAILABLE', `a child process ${what}`);
}
