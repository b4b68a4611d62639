/** A hostile scenario: a program that attacks, and how it may end. Runs in a process of its own. */
import type { Boundary, Capabilities, ErrorCode, Hypercalls, LimitsInput, ProgramKind } from '@colony/core';
import type { Stops } from './barriers.js';

export interface Scenario {
  /** The attack. */
  readonly name: string;
  /** Default: JavaScript. */
  readonly kind?: ProgramKind;
  /**
   * What attacks, with an export `attack`: JavaScript, C without its include, or the text of a Wasm module without its
   * outermost parentheses; or bytes. `alive` is added to text: the context must serve it afterwards.
   */
  readonly program: string | (() => Uint8Array | Promise<Uint8Array>);
  /** Where it is known from. */
  readonly origin: string;
  /** What stops it, for each boundary where it is tried. */
  readonly stops: Stops;
  readonly args?: readonly unknown[];
  /** Codes that it may end with. Anything else is a failure. */
  readonly codes?: readonly ErrorCode[];
  /** Values that it may give; a message where one is wrong. Without it, no value is right. */
  readonly value?: (value: unknown) => string | undefined;
  /** Host functions, all granted. */
  readonly hypercalls?: () => Hypercalls;
  readonly limits?: LimitsInput;
  /** The attack comes while the program is read or evaluated. Where a `value` is right, a context may come of it. */
  readonly atStart?: boolean;
  /** How often the attack is made, one after the other; default 2, in the same context. */
  readonly times?: number;
  /** Contexts that attack together; default 1. */
  readonly contexts?: number;
}

/** Why a scenario says nothing about a backend that runs its kind of program. */
export function objection({ stops }: Scenario, { boundary }: Capabilities): string | undefined {
  const known: readonly Boundary[] = ['virtual-machine', 'wasm', 'process'];
  if (!known.includes(boundary)) return `the boundary '${boundary}' is none that withstands attacks`;
  return stops[boundary as keyof Stops] === undefined
    ? `the attack is on another boundary than '${boundary}': there is nothing like it here`
    : undefined;
}

/** Harmless: any value of the guest's is its own affair. */
export const anything = (): undefined => undefined;
export const only =
  (...allowed: readonly unknown[]) =>
  (value: unknown): string | undefined =>
    allowed.some((each) => JSON.stringify(each) === JSON.stringify(value)) ? undefined : `it gave ${show(value)}`;
/** Of a system call: the kernel, or what stands before it, said no. */
export const refused = (value: unknown): string | undefined =>
  typeof value === 'number' && value < 0 ? undefined : `the system call gave ${show(value)}`;

const show = (value: unknown): string =>
  (typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))).slice(0, 200);

export const THROWN: readonly ErrorCode[] = ['ERR_GUEST_THROWN'];
export const TIME: readonly ErrorCode[] = ['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME'];
export const MEMORY: readonly ErrorCode[] = ['ERR_LIMIT_MEMORY', 'ERR_GUEST_THROWN', 'ERR_GUEST_TRAP', ...TIME];
/** How machine code ends that did what it may not. */
export const CRASH: readonly ErrorCode[] = ['ERR_GUEST_FAULT', 'ERR_GUEST_TRAP', 'ERR_GUEST_PROTOCOL'];
