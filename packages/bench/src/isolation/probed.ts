/** Something that evaluates untrusted JavaScript, as the isolation table tries it. */
export interface Probed {
  /**
   * Evaluates the source of an expression and gives its JSON-like value. Rejects where it throws, and after the deadline that
   * whoever made it could set. Evaluations of one `Probed` share what its isolation lets them share.
   */
  evaluate(source: string): Promise<unknown>;
  close(): Promise<void>;
}
