/** One program's zygote: a jail with a process that forks once per call, and all its calls on one channel. */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ColonyError, type RunLimits, type RunResult } from '@colony/core';
import { encodeFrame, type Frame, FrameReader } from '../channel/index.js';
import { type Jailed, launch, nativeFolder } from '../jail/index.js';
import { endError } from './end.js';
import type { Layout } from './fault.js';
import type { Executable } from './image.js';
import { FLAG, mostBytes, readEnded, readNumbers, requestHead, setupPayload, TYPE } from './protocol.js';
import { type ChildRequest, Run } from './run.js';

/** Most children of one zygote; see MOST_CHILDREN in boot/process/zygote.h. */
const MOST_CHILDREN = 1024;
/** The zygote's own process, and room for those that are dying. */
const MORE_PROCESSES = 64;
const INSIDE = '/program';
const MOST_CALL = 2 ** 32 - 1;
const NANOSECONDS = 1e6;

/** Milliseconds in which a zygote has to end by itself after its channel was closed. */
const SHUTDOWN_GRACE_MS = 500;
/** Most bytes of the reply to a program's start, which is not output of the guest. */
const MOST_START = 4096;

/** A child that serves this call, or, with kept state, one call after the other. */
interface Child {
  run: Run | undefined;
  limits: RunLimits;
  readonly onGone: (() => void) | undefined;
}

/** A child with kept state. */
export interface KeptChild {
  readonly call: number;
  readonly gone: Promise<void>;
}

let filter: Promise<Uint8Array> | undefined;
const childFilter = () => {
  filter ??= readFile(join(nativeFolder, 'child.bpf'));
  return filter;
};

export class Zygote {
  readonly executable: Executable;
  readonly #jailed: Jailed;
  readonly #children = new Map<number, Child>();
  /** Children that have something left to send. */
  readonly #busy = new Set<number>();
  readonly #reader = new FrameReader(mostBytes, (frame) => this.#take(frame));
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<void>;
  #layout: Layout | undefined;
  #failure: ColonyError | undefined;
  #calls = 0;

  /** @throws ColonyError ERR_BACKEND_UNAVAILABLE */
  static async start(executable: Executable, spares: number): Promise<Zygote> {
    const setup = setupPayload(spares, await childFilter());
    const jailed = await launch({
      program: INSIDE,
      args: [],
      files: { [INSIDE]: executable.path },
      filter: 'zygote',
      limits: { processes: MOST_CHILDREN + MORE_PROCESSES, descriptors: MOST_CHILDREN + MORE_PROCESSES },
    });
    const zygote = new Zygote(executable, jailed);
    zygote.#send(0, TYPE.setup, setup);
    return zygote;
  }

  private constructor(executable: Executable, jailed: Jailed) {
    this.executable = executable;
    this.#jailed = jailed;
    this.gone = jailed.exited.then(({ code, signal }) => this.#end(`ended with ${signal ?? `code ${code}`}`, signal));
    const { channel } = jailed;
    channel.on('data', (chunk: Uint8Array) => this.#push(chunk));
    channel.on('error', () => {});
    channel.on('close', () => this.#closed());
    this.#hold();
  }

  get alive(): boolean {
    return this.#failure === undefined;
  }

  get running(): number {
    return this.#children.size;
  }

  get lastWords(): string {
    return this.#jailed.stderr();
  }

  /** Starts the program up to its first NEXT; the child that did so becomes a spare. */
  async boot(limits: RunLimits, signal: AbortSignal): Promise<void> {
    const request = { limits: { ...limits, output: MOST_START }, signal, onHypercall: () => [], parked: () => {} };
    const { output } = await this.#run(this.#nextCall(), request, FLAG.boot, [], undefined);
    const [stack = 0, stackTop = 0, heap = 0, heapReserve = 0] = readNumbers(output);
    this.#layout = { stack, stackTop, heap, heapReserve };
  }

  /** Why it is gone, if it is. */
  get failure(): ColonyError | undefined {
    return this.#failure;
  }

  /** A call in a child of its own. */
  call(request: ChildRequest, input: readonly Uint8Array[]): Promise<RunResult> {
    return this.#run(this.#nextCall(), request, 0, input, undefined);
  }

  /** The next call of a child with kept state; without a child, the first call of a new one. */
  keep(
    kept: KeptChild | undefined,
    request: ChildRequest,
    input: readonly Uint8Array[],
  ): [KeptChild, Promise<RunResult>] {
    if (kept !== undefined) return [kept, this.#run(kept.call, request, FLAG.keep, input, undefined)];
    const call = this.#nextCall();
    let onGone = () => {};
    const gone = new Promise<void>((resolve) => {
      onGone = resolve;
    });
    return [{ call, gone }, this.#run(call, request, FLAG.keep, input, onGone)];
  }

  /** Ends a child with kept state. */
  drop({ call }: KeptChild): void {
    if (!this.#children.has(call)) return;
    this.#busy.add(call);
    this.#send(call, TYPE.kill, []);
    this.#hold();
  }

  /** Ends everything. Idempotent. */
  kill(): void {
    this.#end('was ended');
    this.#jailed.kill();
  }

  #nextCall(): number {
    do this.#calls = this.#calls === MOST_CALL ? 1 : this.#calls + 1;
    while (this.#children.has(this.#calls));
    return this.#calls;
  }

  #run(
    call: number,
    request: ChildRequest,
    flags: number,
    input: readonly Uint8Array[],
    onGone: (() => void) | undefined,
  ): Promise<RunResult> {
    const known = this.#children.get(call);
    if (this.#failure !== undefined || request.signal.aborted) {
      onGone?.();
      return Promise.reject(this.#failure ?? request.signal.reason);
    }
    const { limits } = request;
    const run = new Run(request, {
      reply: (segments) => this.#send(call, TYPE.reply, segments),
      kill: () => this.#send(call, TYPE.kill, []),
    });
    if (known === undefined) this.#children.set(call, { run, limits, onGone });
    else Object.assign(known, { run, limits });
    const { memory, cpuTime, output } = limits;
    const head = requestHead({ memory, cpuTime: cpuTime * NANOSECONDS, output, flags });
    this.#send(call, TYPE.request, [head, ...input]);
    this.#busy.add(call);
    this.#hold();
    return run.result;
  }

  #send(call: number, type: number, segments: readonly Uint8Array[]): void {
    if (this.#failure === undefined) this.#jailed.channel.write(encodeFrame(call, type, segments));
  }

  #push(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#end(`sent an invalid message: ${(error as Error).message}`);
      this.#jailed.kill();
    }
  }

  #take({ call, type, payload }: Frame): void {
    const child = this.#children.get(call);
    if (child === undefined) return; // it was given up
    if (type !== TYPE.ended) {
      child.run?.take(type, payload);
      if (type === TYPE.result) this.#served(call, child);
      return;
    }
    const ended = readEnded(payload);
    if (ended === undefined) throw new Error('an invalid end of a child');
    child.run?.fail(endError(ended, { limits: child.limits, executable: this.executable, layout: this.#layout }));
    child.onGone?.();
    this.#forget(call);
  }

  /** Handles a result. A child without kept state sends nothing more. */
  #served(call: number, child: Child): void {
    child.run = undefined;
    if (child.onGone === undefined) this.#children.delete(call);
    this.#busy.delete(call);
    this.#hold();
  }

  #forget(call: number): void {
    this.#children.delete(call);
    this.#busy.delete(call);
    this.#hold();
  }

  /** Without calls it does not keep the host's process alive. */
  #hold(): void {
    const channel = this.#jailed.channel as Socket;
    if (this.#busy.size > 0) channel.ref();
    else channel.unref();
  }

  #closed(): void {
    const timer = setTimeout(() => {
      this.#end('closed its channel but did not end');
      this.#jailed.kill();
    }, SHUTDOWN_GRACE_MS);
    this.gone.then(() => clearTimeout(timer));
  }

  #end(how: string, signal: string | null = null): void {
    if (this.#failure !== undefined) return;
    const words = this.lastWords;
    const message = `the process that forks for the program's calls ${how}${words && `: ${words}`}`;
    this.#failure = new ColonyError('ERR_BACKEND_UNAVAILABLE', message);
    this.#reader.end();
    this.#jailed.channel.destroy();
    // Each call fails as if its own child had died.
    const details = { fault: { kind: signal === 'SIGSYS' ? 'seccomp' : 'killed' } };
    const error = new ColonyError('ERR_GUEST_FAULT', message, { details });
    for (const child of this.#children.values()) {
      child.run?.fail(error);
      child.onGone?.();
    }
    this.#children.clear();
    this.#busy.clear();
  }
}
