/** A table as data, for the terminal and for the page. */

export interface Grid {
  readonly id: string;
  readonly title: string;
  readonly head: readonly string[];
  /** Right-aligned columns, for numbers. */
  readonly right: readonly number[];
  /** Rows; a row of one text spans all columns and is a heading. */
  readonly rows: readonly (readonly string[] | string)[];
  /** Notes below the table. */
  readonly notes?: readonly string[];
}
