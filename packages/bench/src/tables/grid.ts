/** A table as data, for the terminal and for the page alike. */

export interface Grid {
  readonly id: string;
  readonly title: string;
  readonly head: readonly string[];
  /** Columns of numbers. */
  readonly right: readonly number[];
  /** Rows; a row of one text spans all columns and heads those below it. */
  readonly rows: readonly (readonly string[] | string)[];
  /** Said below it. */
  readonly notes?: readonly string[];
}
