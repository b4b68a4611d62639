/** A hostile scenario: a program that attacks, and its allowed ends. Runs in its own process. */
import type { Boundary, Capabilities, ErrorCode, Hypercalls, LimitsInput, ProgramKind } from '@colony/core';
import type { Stops } from './barriers.js';

export interface Scenario {
  /** The attack. */
  readonly name: string;
  /** Default: JavaScript. */
  readonly kind?: ProgramKind;
  /**
   * The attacking program, with an export `attack`: JavaScript, C without its include, or the text of a Wasm module
   * without its outermost parentheses; or bytes. Text gets `alive` as well, which the context must serve afterwards.
   */
  readonly program: string | (() => Uint8Array | Promise<Uint8Array>);
  /** The source in which the attack is known. */
  readonly origin: string;
  /** The barrier for each boundary on which the attack is tried. */
  readonly stops: Stops;
  readonly args?: readonly unknown[];
  /** Error codes with which it may end. Anything else is a failure. */
  readonly codes?: readonly ErrorCode[];
  /** Checks a returned value, and returns a message if it is wrong. Without it, every value is a failure. */
  readonly value?: (value: unknown) => string | undefined;
  /** Host functions, all granted. */
  readonly hypercalls?: () => Hypercalls;
  readonly limits?: LimitsInput;
  /** The attack happens while the program is read or evaluated. If `value` is given, a context may result. */
  readonly atStart?: boolean;
  /** How often the attack is repeated in the same context; default 2. */
  readonly times?: number;
  /** Contexts that attack at the same time; default 1. */
  readonly contexts?: number;
}

/** The reason why a scenario does not apply to a backend that runs its kind of program. */
export function objection({ stops }: Scenario, { boundary }: Capabilities): string | undefined {
  const known: readonly Boundary[] = ['virtual-machine', 'wasm', 'process'];
  if (!known.includes(boundary)) return `the boundary '${boundary}' does not withstand attacks`;
  return stops[boundary as keyof Stops] === undefined
    ? `the attack is on another boundary than '${boundary}'`
    : undefined;
}

/** Harmless: a guest may return any value. */
export const anything = (): undefined => undefined;
export const only =
  (...allowed: readonly unknown[]) =>
  (value: unknown): string | undefined =>
    allowed.some((result) => JSON.stringify(result) === JSON.stringify(value)) ? undefined : `it gave ${show(value)}`;
/** Checks that a system call was refused, by the kernel or by the filter before it. */
export const refused = (value: unknown): string | undefined =>
  typeof value === 'number' && value < 0 ? undefined : `the system call gave ${show(value)}`;

const show = (value: unknown): string =>
  (typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))).slice(0, 200);

export const THROWN: readonly ErrorCode[] = ['ERR_GUEST_THROWN'];
export const TIME: readonly ErrorCode[] = ['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME'];
export const MEMORY: readonly ErrorCode[] = ['ERR_LIMIT_MEMORY', 'ERR_GUEST_THROWN', 'ERR_GUEST_TRAP', ...TIME];
/** Codes for machine code that did something forbidden. */
export const CRASH: readonly ErrorCode[] = ['ERR_GUEST_FAULT', 'ERR_GUEST_TRAP', 'ERR_GUEST_PROTOCOL'];
