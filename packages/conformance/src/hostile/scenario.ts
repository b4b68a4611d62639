/** A hostile scenario: a program that attacks, and how it may end. Runs in a process of its own. */
import type { ErrorCode, Hypercalls, LimitsInput } from '@colony/core';

export interface Scenario {
  /** The attack. */
  readonly name: string;
  /** A module that exports `attack`. `alive` is added: the context must serve it afterwards. */
  readonly program: string;
  readonly args?: readonly unknown[];
  /** Codes that it may end with. Anything else is a failure. */
  readonly codes?: readonly ErrorCode[];
  /** Values that it may give; a message where one is wrong. Without it, no value is right. */
  readonly value?: (value: unknown) => string | undefined;
  /** Host functions, all granted. */
  readonly hypercalls?: () => Hypercalls;
  readonly limits?: LimitsInput;
  /** The attack comes while the program is evaluated: no context may come of it. */
  readonly atStart?: boolean;
  /** How often the attack is made, one after the other; default 2, in the same context. */
  readonly times?: number;
  /** Contexts that attack together; default 1. */
  readonly contexts?: number;
}

/** Harmless: any value of the guest's is its own affair. */
export const anything = (): undefined => undefined;
export const only =
  (...allowed: readonly unknown[]) =>
  (value: unknown): string | undefined =>
    allowed.some((each) => JSON.stringify(each) === JSON.stringify(value))
      ? undefined
      : `it gave ${JSON.stringify(value)?.slice(0, 200)}`;

export const THROWN: readonly ErrorCode[] = ['ERR_GUEST_THROWN'];
export const TIME: readonly ErrorCode[] = ['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME'];
export const MEMORY: readonly ErrorCode[] = ['ERR_LIMIT_MEMORY', 'ERR_GUEST_THROWN', 'ERR_GUEST_TRAP', ...TIME];
