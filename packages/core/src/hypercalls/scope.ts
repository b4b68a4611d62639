/** What core keeps about one call while it runs. */
import type { GrantedFiles } from '../builtins/granted-files.js';
import { ColonyError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { Controller, Signal } from '../platform-types.js';
import type { CompiledPolicy } from '../policy/compile.js';
import { type PolicyState, Usage } from '../policy/decide.js';
import type { Registry } from './registry.js';

export type ConsoleLevel = 'log' | 'info' | 'warn' | 'error' | 'debug';
export type ConsoleSink = (level: ConsoleLevel, text: string, contextId: string) => void;

/** What all calls of a context share. */
export interface ScopeOwner {
  readonly id: string;
  readonly programHash: string;
  readonly registry: Registry;
  readonly policy: CompiledPolicy;
  readonly files: GrantedFiles;
  readonly life: Usage;
  readonly console: ConsoleSink;
  /** Bytes of a message above which it is decoded in slices. */
  readonly sliceAbove: number;
}

export interface Failure {
  readonly hypercall: string;
  readonly message: string;
  readonly error: unknown;
}

const MAX_FAILURES = 16;
/** Made once: a stack trace per call would be a large part of a short call. */
const CALL_ENDED = new ColonyError('ERR_ABORTED', 'the call that asked has ended');

export class CallScope {
  #policyState: PolicyState | undefined;
  readonly startedAt = performance.now();
  hypercalls = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Blocks of seeded randomness given out. */
  randomBlocks = 0;
  denied = false;
  /** Ends the call with this error, whatever the guest makes of it. */
  fatal: ColonyError | undefined;
  /** Errors of host functions, so that one that comes out of the guest again finds its cause. */
  readonly failures: Failure[] = [];
  #controller: AbortController | undefined;
  #ended = false;

  constructor(
    readonly owner: ScopeOwner,
    readonly limits: Limits,
    readonly keep = false,
    /** May hypercalls be answered later? */
    readonly mayWait = false,
  ) {}

  /** Made at the first hypercall: most calls make none. */
  get policyState(): PolicyState {
    this.#policyState ??= { policy: this.owner.policy, call: new Usage(), life: this.owner.life };
    return this.#policyState;
  }

  get controller(): Controller {
    this.#controller ??= new AbortController();
    return this.#controller;
  }

  get signal(): Signal {
    return this.controller.signal;
  }

  /** Nobody waits for a reply any more. */
  get isOver(): boolean {
    return this.#ended || this.#controller?.signal.aborted === true;
  }

  /** Ends the call with an error of Colony's. The first one counts. */
  fail(error: ColonyError): ColonyError {
    this.fatal ??= error;
    this.controller.abort(this.fatal);
    return this.fatal;
  }

  /** Tells host functions that nobody waits any more. */
  end(): void {
    this.#ended = true;
    if (this.hypercalls > 0 && this.#controller !== undefined && !this.#controller.signal.aborted) {
      this.#controller.abort(CALL_ENDED);
    }
  }

  remember(hypercall: string, error: unknown, message: string): void {
    if (this.failures.length === MAX_FAILURES) this.failures.shift();
    this.failures.push({ hypercall, message, error });
  }
}
