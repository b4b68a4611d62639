/** The data that core keeps about one call while it runs. */
import type { PreparedCapabilities } from '../capabilities/index.js';
import type { ConsoleLevel, ServedCall } from '../capabilities/section.js';
import { ColonyError } from '../errors.js';
import type { Limits } from '../options/limits.js';
import type { Controller, Signal } from '../platform-types.js';
import { audit, summarize } from '../policy/audit.js';
import type { CompiledPolicy } from '../policy/compile.js';
import { type Decision, decide, type PolicyState, Usage } from '../policy/decide.js';
import type { Registry } from './registry.js';
import type { Services } from './services.js';

export type ConsoleSink = (level: ConsoleLevel, text: string, contextId: string) => void;

/** The data that all calls of a context share. */
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
  /** Hypercalls that belong to the program's kind. */
  readonly services?: Services | undefined;
}

export interface Failure {
  readonly hypercall: string;
  readonly message: string;
  readonly error: unknown;
}

/** Longest name of a host function. A refused name may be longer; records and replies contain its beginning. */
export const LONGEST_NAME = 200;

const MAX_FAILURES = 16;
/** Made once, because a stack trace for each call would be a large part of a short call. */
const CALL_ENDED = new ColonyError('ERR_ABORTED', 'the call that asked has ended');

export class CallScope implements ServedCall {
  #policyState: PolicyState | undefined;
  readonly startedAt = performance.now();
  hypercalls = 0;
  bytesIn = 0;
  bytesOut = 0;
  denied = false;
  /** The error that ends the call, whatever the guest does with the last reply. */
  fatal: ColonyError | undefined;
  /** Errors of host functions. If the guest throws one of them again, its cause is found here. */
  readonly failures: Failure[] = [];
  #controller: AbortController | undefined;
  #ended = false;

  constructor(
    readonly owner: ScopeOwner,
    readonly limits: Limits,
    readonly keep = false,
    /** Whether hypercalls may be answered later. */
    readonly mayWait = false,
  ) {}

  /** Made at the first hypercall, because most calls make none. */
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

  /** No reply is expected any more. */
  get isOver(): boolean {
    return this.#ended || this.#controller?.signal.aborted === true;
  }

  /** Ends the call with an error of Colony's own. Only the first one counts. */
  fail(error: ColonyError): ColonyError {
    this.fatal ??= error;
    this.controller.abort(this.fatal);
    return this.fatal;
  }

  /** Notifies host functions that no reply is expected any more. */
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

  /** Publishes a decision on the audit channel. */
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
