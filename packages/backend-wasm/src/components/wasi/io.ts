/**
 * wasi:io. The glue makes objects of these classes out of handles that it does not know, without their constructor:
 * private fields are what such an object lacks.
 */
import { ErrorCase } from '../failures.js';
import { DROP, type WasiContext } from './context.js';

export class IoError {
  readonly #message: string;

  constructor(message: string) {
    this.#message = message;
  }

  toDebugString(): string {
    return this.#message;
  }
}

const CLOSED = { tag: 'closed' } as const;

/** Milliseconds for which the thread sleeps at a time: it checks its deadline in between. */
const NAP = 5;
/** A thread sleeps by waiting for a change of this cell, which nothing changes. */
const sleepCell = new Int32Array(new SharedArrayBuffer(4));

export class Pollable {
  readonly #context: WasiContext;
  readonly #ready: () => boolean;

  constructor(context: WasiContext, ready: () => boolean = () => true) {
    this.#context = context;
    this.#ready = ready;
  }

  ready(): boolean {
    this.#context.crossed();
    return this.#ready();
  }

  block(): void {
    Pollable.wait(this.#context, [this]);
  }

  /** Sleeps until one is ready; gives the places of those that are. */
  static wait(context: WasiContext, pollables: readonly Pollable[]): Uint32Array {
    for (;;) {
      const ready = [...pollables.keys()].filter((index) => pollables[index]!.#ready());
      context.crossed();
      if (ready.length > 0) return Uint32Array.from(ready);
      Atomics.wait(sleepCell, 0, 0, NAP);
      context.host.interrupt();
    }
  }
}

/** Most bytes that are read or written at a time. */
const MOST_AT_ONCE = 65_536;

/** Gives bytes; an empty array at the end. */
export type Source = (most: number) => Uint8Array;

export class InputStream {
  readonly #context: WasiContext;
  readonly #source: Source;

  constructor(context: WasiContext, source: Source) {
    this.#context = context;
    this.#source = source;
  }

  read(length: bigint): Uint8Array {
    this.#context.crossed();
    if (length === 0n) return new Uint8Array(0);
    const bytes = this.#source(length < MOST_AT_ONCE ? Number(length) : MOST_AT_ONCE);
    if (bytes.length === 0) throw new ErrorCase(CLOSED);
    return bytes;
  }

  blockingRead(length: bigint): Uint8Array {
    return this.read(length);
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  blockingSkip(length: bigint): bigint {
    return this.skip(length);
  }

  subscribe(): Pollable {
    return new Pollable(this.#context);
  }
}

export interface Sink {
  /** @throws ErrorCase with an `error-code` of wasi:filesystem */
  write(bytes: Uint8Array): void;
  /** Makes the written bytes visible. */
  flush(): void;
}

export class OutputStream {
  readonly #context: WasiContext;
  readonly #sink: Sink;

  constructor(context: WasiContext, sink: Sink) {
    this.#context = context;
    this.#sink = sink;
  }

  checkWrite(): bigint {
    this.#context.crossed();
    return BigInt(MOST_AT_ONCE);
  }

  write(bytes: Uint8Array): void {
    try {
      this.#sink.write(bytes);
    } catch (error) {
      throw error instanceof ErrorCase ? new ErrorCase(failed(error)) : error;
    } finally {
      this.#context.crossed();
    }
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes);
    this.flush();
  }

  flush(): void {
    this.#sink.flush();
    this.#context.crossed();
  }

  blockingFlush(): void {
    this.flush();
  }

  writeZeroes(length: bigint): void {
    if (length > MOST_AT_ONCE) throw new TypeError(`more zeroes than ${MOST_AT_ONCE} were permitted`);
    this.write(new Uint8Array(Number(length)));
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
    this.flush();
  }

  splice(from: InputStream, length: bigint): bigint {
    const bytes = from.read(length);
    this.write(bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(from: InputStream, length: bigint): bigint {
    return this.splice(from, length);
  }

  subscribe(): Pollable {
    return new Pollable(this.#context);
  }

  [DROP](): void {
    this.#sink.flush();
  }
}

const failed = ({ payload }: ErrorCase) => ({ tag: 'last-operation-failed', val: new IoError(String(payload)) });

export function poll(context: WasiContext, pollables: readonly Pollable[]): Uint32Array {
  if (pollables.length === 0) throw new TypeError('poll of an empty list');
  return Pollable.wait(context, pollables);
}
