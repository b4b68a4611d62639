/** What core keeps about one call while it runs. */
import type { PreparedCapabilities } from '../capabilities/index.js';
import type { ConsoleLevel, ServedCall } from '../capabilities/section.js';
import { ColonyError } from '../errors.js';
import type { Limits } from '../options/limits.js';
import type { Controller, Signal } from '../platform-types.js';
import { audit, summarize } from '../policy/audit.js';
import type { CompiledPolicy } from '../policy/compile.js';
import { type Decision, decide, type PolicyState, Usage } from '../policy/decide.js';
import type { Registry } from './registry.js';

export type ConsoleSink = (level: ConsoleLevel, text: string, contextId: string) => void;

/** What all calls of a context share. */
export interface ScopeOwner {
  readonly id: string;
  readonly programHash: string;
  readonly registry: Registry;
  readonly policy: CompiledPolicy;
  readonly capabilities: PreparedCapabilities;
  readonly lifetimeUsage: Usage;
  readonly console: ConsoleSink;
  /** Bytes of a message above which it is decoded in slices. */
  readonly sliceAbove: number;
}

export interface Failure {
  readonly hypercall: string;
  readonly message: string;
  readonly error: unknown;
}

/** Longest name of a host function. A refused one may be longer; records and replies have its beginning. */
export const LONGEST_NAME = 200;

const MAX_FAILURES = 16;
/** Made once: a stack trace per call would be a large part of a short call. */
const CALL_ENDED = new ColonyError('ERR_ABORTED', 'the call that asked has ended');

export class CallScope implements ServedCall {
  #policyState: PolicyState | undefined;
  readonly startedAt = performance.now();
  hypercalls = 0;
  bytesIn = 0;
  bytesOut = 0;
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
    this.#policyState ??= { policy: this.owner.policy, call: new Usage(), lifetimeUsage: this.owner.lifetimeUsage };
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

  print(level: ConsoleLevel, text: string): void {
    this.owner.console(level, text, this.owner.id);
  }

  decideRedirect(hypercall: string, args: readonly unknown[], shown: readonly unknown[]): void {
    const decision = decide(this.policyState, { name: hypercall, args, bytes: 0, now: 0 });
    if (!decision.allow) throw this.refuse(hypercall, shown, `a redirect is refused: ${decision.reason}`);
    this.audit(hypercall, decision, () => summarize(shown));
  }

  refuse(hypercall: string, shown: readonly unknown[], reason: string): Error {
    this.audit(hypercall, { allow: false, reason }, () => summarize(shown));
    this.denied = true;
    return Object.assign(new Error(reason), { code: 'ERR_POLICY_DENIED' });
  }

  /** Reports a decision to those who listen to the audit channel. */
  audit(hypercall: string, decision: Decision, args: () => string[]): void {
    audit(() => ({
      time: Date.now(),
      context: this.owner.id,
      program: this.owner.programHash,
      hypercall: hypercall.slice(0, LONGEST_NAME),
      args: args(),
      allowed: decision.allow,
      ...(decision.allow ? {} : { reason: decision.reason }),
    }));
  }

  remember(hypercall: string, error: unknown, message: string): void {
    if (this.failures.length === MAX_FAILURES) this.failures.shift();
    this.failures.push({ hypercall, message, error });
  }
}
