/**
 * The shape of a capability: a section of a policy, the hypercalls that it grants, and rules for compilers. With these
 * rules a compiler compares grants with the uses that it finds in a program.
 */
import type { Limits } from '../options/limits.js';
import type { OptionReader } from '../options/option-reader.js';
import type { Signal } from '../platform-types.js';

export type ConsoleLevel = 'log' | 'info' | 'warn' | 'error' | 'debug';

/** The call that makes a hypercall, as a capability sees it. */
export interface ServedCall {
  readonly limits: Limits;
  /** Milliseconds by `performance.now()`. */
  readonly startedAt: number;
  /** Bytes of hypercall replies so far. */
  readonly bytesIn: number;
  /** Aborted when the call ends. */
  readonly signal: Signal;
  /** Writes a line to the context's console. */
  print(level: ConsoleLevel, text: string): void;
  /**
   * Decides a redirect: other arguments of a hypercall that was allowed. Audits it as `shown`.
   * @throws the refusal
   */
  decideRedirect(hypercall: string, args: readonly unknown[], shown: readonly unknown[]): void;
  /**
   * Refuses a hypercall that was already allowed, and audits it as `shown`.
   * @returns the error to throw
   */
  refuse(hypercall: string, shown: readonly unknown[], reason: string): Error;
}

/** A hypercall that Colony serves itself. `Ready` is what `Section.prepare` returned for the context. */
export interface BuiltIn<Granted, Ready> {
  /** The grant that allows it, one of the section's `grants`. */
  readonly grant: string;
  /** Advice for a policy that does not grant it. */
  readonly advice: string;
  /** Returns why a layer that grants the capability refuses these arguments, or `undefined`. */
  problem?(granted: Granted, args: readonly unknown[]): string | undefined;
  /** Serves the hypercall, which the policy has allowed. */
  serve(call: ServedCall, ready: Ready, args: readonly unknown[]): unknown;
}

/** A use that was found in a program; `kind` is the grant that allows it. */
export interface AnyUse {
  readonly kind: string;
}

export interface GrantIncrease {
  /** Name of the grant: `clock`, `hypercalls.save`, `fetch`. */
  readonly grant: string;
  /** The new part of the grant: `fetch POST https://a.example`. */
  readonly what: string;
}

/** The uses that were found in a program. */
export interface Uses<Use extends AnyUse> {
  readonly known: readonly Use[];
  /** Grants with a use whose arguments are known only when the program runs. */
  readonly unknown: ReadonlySet<string>;
}

/** `Granted` is the part of a policy's layer that this section grants. `Written` is its form in a policy. */
export interface Section<Key extends string, Granted, Written, Use extends AnyUse, Ready> {
  /** Name of the section in a policy. */
  readonly key: Key;
  /** Kinds of use that the section grants: `fs.read`, `fs.write`. */
  readonly grants: readonly Use['kind'][];
  /** The grant of a layer that omits the section. */
  readonly denied: Granted;
  /** @throws ColonyError ERR_BAD_POLICY with the path of the invalid value */
  read(written: unknown, reader: OptionReader, path: string): Granted;
  /** Returns whether the layer allows any use of this kind. */
  grantsAny(granted: Granted, grant: string): boolean;
  /**
   * Prepares the values that serving needs, once for each context. A layer that does not narrow the section has
   * `undefined`.
   */
  prepare(layers: readonly (Granted | undefined)[]): Ready;
  readonly hypercalls: Readonly<Record<string, BuiltIn<Granted, Ready>>>;
  /** JavaScript globals that need a grant of the section however they are used: `crypto`, `colony.env`. */
  readonly globals: readonly string[];

  /** Returns the name of the grant that a use needs: `hypercalls.lookup`. */
  grantOf(use: Use): string;
  /** Returns why the layer refuses the use, or `undefined`. Unknown parts of the use count as allowed. */
  refusal(granted: Granted, use: Use): string | undefined;
  /** Returns the grants of the layer that no use needs. */
  unused(granted: Granted, uses: Uses<Use>): readonly string[];
  /** Returns the smallest grant that allows the uses, in a policy's form, or `undefined` without uses. */
  least(uses: readonly Use[]): Written | undefined;
  /**
   * Returns the grants of a layer beyond those of an older one. `after` is `undefined` if it does not narrow the
   * section.
   */
  increases(before: Granted, after: Granted | undefined): readonly GrantIncrease[];
  /** Returns the joint grants of a policy's layers beyond those of an older policy, if these differ from the sum. */
  jointIncreases?(before: readonly (Granted | undefined)[], after: readonly (Granted | undefined)[]): GrantIncrease[];
}
