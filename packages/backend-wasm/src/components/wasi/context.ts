/** State that the parts of WASI share within one instance. */
import { type GuestHost, RunEnd } from '../../guest/host.js';
import { type Ask, HostFailure } from '../ask.js';
import { CutShort, ErrorCase } from '../failures.js';
import type { Meter } from '../meter.js';

export class WasiContext {
  /** Bytes that WASI holds for the component: files that are open. */
  held = 0;
  readonly #unfinished = new Set<() => void>();

  constructor(
    readonly host: GuestHost,
    readonly ask: Ask,
    readonly meter: Meter,
  ) {}

  /** To be called by what reads or writes the component's memory without asking the host. */
  crossed(): void {
    this.meter.start(0);
  }

  /** Counts bytes held against the memory limit. @throws RunEnd ERR_LIMIT_MEMORY */
  hold(bytes: number): void {
    if (this.held + bytes > this.host.limits.memory) {
      throw new RunEnd('ERR_LIMIT_MEMORY', `WASI would hold ${this.held + bytes} bytes for the component`);
    }
    this.held += bytes;
  }

  /** Has `work` done at the end of the call, unless it was done before. */
  later(work: () => void): void {
    this.#unfinished.add(work);
  }

  done(work: () => void): void {
    this.#unfinished.delete(work);
  }

  finish(): void {
    for (const work of this.#unfinished) {
      this.#unfinished.delete(work);
      work();
    }
  }
}

/** How Node's error codes are called in WASI. */
const ERROR_CODES: Readonly<Record<string, string>> = {
  ENOENT: 'no-entry',
  ENOTDIR: 'not-directory',
  EISDIR: 'is-directory',
  EACCES: 'access',
  EPERM: 'not-permitted',
  ELOOP: 'loop',
  EINVAL: 'invalid',
  EFBIG: 'file-too-large',
  ENXIO: 'invalid',
  ENAMETOOLONG: 'name-too-long',
  ENOSPC: 'insufficient-space',
  EROFS: 'read-only',
};

/** Asks for something of files. @throws ErrorCase with an `error-code` of wasi:filesystem; a refusal is `access` */
export function askFiles(context: WasiContext, name: string, args: readonly unknown[]): unknown {
  try {
    return context.ask(name, args);
  } catch (error) {
    if (error instanceof CutShort && error.info.code === 'ERR_POLICY_DENIED') throw new ErrorCase('access');
    if (error instanceof HostFailure) throw new ErrorCase(ERROR_CODES[error.info.code ?? ''] ?? 'io');
    throw error;
  } finally {
    context.crossed();
  }
}

/** Asks for what cannot fail but by refusal. @throws CutShort */
export function askPlain(context: WasiContext, name: string, args: readonly unknown[]): unknown {
  try {
    return context.ask(name, args);
  } catch (error) {
    throw error instanceof HostFailure ? new CutShort(error.info) : error;
  } finally {
    context.crossed();
  }
}

/** `Symbol.dispose` as jco's glue finds it: the glue calls it when a handle is dropped. */
export const DROP: unique symbol = (Symbol.dispose ?? Symbol.for('dispose')) as never;
