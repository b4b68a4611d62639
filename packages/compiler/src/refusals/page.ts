/** The pages that explain refusal codes to people. */

/** The rules that refuse a virtine. */
export type Rule =
  | 'placement'
  | 'not-async'
  | 'captured-mutable'
  | 'captured-class'
  | 'captured-change'
  | 'unmarshalable'
  | 'this'
  | 'dynamic-code'
  | 'dynamic-import'
  | 'native-addon'
  | 'node-builtin'
  | 'host-global'
  | 'dynamic-capability'
  | 'policy-too-narrow'
  | 'unproved-options'
  | 'inner-virtine'
  /** For a C file, whose message has the advice. */
  | 'c';

export interface Instead {
  /** The remedy, as a sentence. */
  readonly what: string;
  /** The example's whole file with the remedy. It compiles. */
  readonly code: string;
}

export interface RefusalPage {
  /** The code in messages, such as `REF-003`. A code never gets another meaning. */
  readonly code: string;
  readonly rule: Rule;
  /** The refused thing, as a noun phrase. */
  readonly title: string;
  /** The reason, in sentences. */
  readonly why: string;
  /** An example: the text of a file that is refused with this code. */
  readonly refused: string;
  readonly instead: readonly Instead[];
}
