/** What a code of a refusal means: for people who met one. */

/** What cannot become a virtine, as a rule. */
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
  /** Of a C file; its message has the advice. */
  | 'c';

export interface Instead {
  /** What is done about it, as a sentence. */
  readonly what: string;
  /** The whole file of the example, mended. It compiles. */
  readonly code: string;
}

export interface RefusalPage {
  /** `REF-003`: what messages call it. A code never gets another meaning. */
  readonly code: string;
  readonly rule: Rule;
  /** What is refused, as a noun phrase. */
  readonly title: string;
  /** Why, in sentences. */
  readonly why: string;
  /** An example: a file that is refused with this code. */
  readonly refused: string;
  readonly instead: readonly Instead[];
}
