/** Something that evaluates untrusted JavaScript, as the isolation table tries it. */
export interface Probed {
  /**
   * Evaluates the source of an expression and returns its JSON-like value. Rejects if it throws, or after the deadline
   * that the probe's maker set. Evaluations of one `Probed` share what its isolation lets them share.
   */
  evaluate(source: string): Promise<unknown>;
  close(): Promise<void>;
}
