/**
 * The shape of a capability: one section of a policy, the hypercalls that it grants, and the rules by which a compiler
 * compares grants with the uses that it finds in a program.
 */
import type { Limits } from '../options/limits.js';
import type { OptionReader } from '../options/option-reader.js';
import type { Signal } from '../platform-types.js';

export type ConsoleLevel = 'log' | 'info' | 'warn' | 'error' | 'debug';

/** The call that makes a hypercall, as a capability sees it. */
export interface ServedCall {
  readonly limits: Limits;
  /** Milliseconds, by `performance.now()`. */
  readonly startedAt: number;
  /** Bytes of hypercall replies so far. */
  readonly bytesIn: number;
  /** Aborted when the call ends. */
  readonly signal: Signal;
  /** Writes a line to the context's console. */
  print(level: ConsoleLevel, text: string): void;
  /** Decides a redirect: other arguments of a hypercall that was allowed. Audits it as `shown`. @throws the refusal */
  decideRedirect(hypercall: string, args: readonly unknown[], shown: readonly unknown[]): void;
  /** Audits, as `shown`, that a hypercall that was allowed is refused after all. @returns the error to throw */
  refuse(hypercall: string, shown: readonly unknown[], reason: string): Error;
}

/** A hypercall that Colony serves itself. `Ready` is what `Section.prepare` returned for the context. */
export interface BuiltIn<Granted, Ready> {
  /** The grant that allows it, one of the section's `grants`. */
  readonly grant: string;
  /** What to add to a policy that does not grant it. */
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
  /** The part of it that is new: `fetch POST https://a.example`. */
  readonly what: string;
}

/** The uses that were found in a program. */
export interface Uses<Use extends AnyUse> {
  readonly known: readonly Use[];
  /** Grants for which the program has a use whose arguments are known only when it runs. */
  readonly unknown: ReadonlySet<string>;
}

/** `Granted` is what one layer of a policy grants in this section; `Written` is how a policy says it. */
export interface Section<Key extends string, Granted, Written, Use extends AnyUse, Ready> {
  /** Name of the section in a policy. */
  readonly key: Key;
  /** Kinds of use that the section grants: `fs.read`, `fs.write`. */
  readonly grants: readonly Use['kind'][];
  /** The grant of a layer that leaves the section out. */
  readonly denied: Granted;
  /** @throws ColonyError ERR_BAD_POLICY with the path of the invalid value */
  read(written: unknown, reader: OptionReader, path: string): Granted;
  /** Returns whether the layer allows any use of this kind. */
  grantsAny(granted: Granted, grant: string): boolean;
  /** Prepares what serving needs, once for each context. A layer that does not narrow the section has `undefined`. */
  prepare(layers: readonly (Granted | undefined)[]): Ready;
  readonly hypercalls: Readonly<Record<string, BuiltIn<Granted, Ready>>>;
  /** JavaScript globals whose use needs a grant of the section, whatever is done with them: `crypto`, `colony.env`. */
  readonly globals: readonly string[];

  /** Returns the name of the grant that a use needs: `hypercalls.lookup`. */
  grantOf(use: Use): string;
  /** Returns why the layer refuses the use, or `undefined`. Parts of the use that are not known count as allowed. */
  refusal(granted: Granted, use: Use): string | undefined;
  /** Returns the grants of the layer that no use needs. */
  unused(granted: Granted, uses: Uses<Use>): readonly string[];
  /** Returns the smallest grant that allows the uses, as a policy says it; `undefined` if there is no use. */
  least(uses: readonly Use[]): Written | undefined;
  /** Returns what a layer grants beyond an older one. `after` is `undefined` if it does not narrow the section. */
  increases(before: Granted, after: Granted | undefined): readonly GrantIncrease[];
  /** Returns what the layers of a policy grant together beyond those of an older one, where it differs from the sum. */
  jointIncreases?(before: readonly (Granted | undefined)[], after: readonly (Granted | undefined)[]): GrantIncrease[];
}
