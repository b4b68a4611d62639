/** A table as data, for the terminal and for the page. */
import type { Table } from '@colony/page';

export interface Grid extends Table {
  /** The section of the page that it is in. */
  readonly id: string;
}
