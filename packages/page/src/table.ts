/** Tables as data, and as HTML that fits a narrow page. */
import { escapeHtml } from './escape.js';

export interface Cell {
  readonly text: string;
  /** A smaller line below the text. */
  readonly note?: string;
  /** The `id` of the section that the text leads to. */
  readonly section?: string;
}

export type Row = readonly (string | Cell)[];

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  /** Right-aligned columns, for numbers. */
  readonly right?: readonly number[];
  /** Columns of names from code, which are set in a fixed-width font. */
  readonly code?: readonly number[];
  /** Rows; a row of one text spans all columns and is a heading. */
  readonly rows: readonly (Row | string)[];
  /** Notes below the table. */
  readonly notes?: readonly string[];
}

export const textOf = (cell: string | Cell): string => (typeof cell === 'string' ? cell : cell.text);

/** Keeps a number and its unit on one line. */
const together = (text: string) => text.replace(/(\d) (?=[a-zA-Zµ/])/g, '$1\u00a0');

function contentOf(cell: string | Cell, isCode: boolean): string {
  const { text, note, section } = typeof cell === 'string' ? { text: cell } : cell;
  const escaped = escapeHtml(together(text));
  const shown = isCode && text !== '' ? `<code>${escaped}</code>` : escaped;
  const linked = section === undefined ? shown : `<a href="#${escapeHtml(section)}">${shown}</a>`;
  return note === undefined ? linked : `${linked}<small>${escapeHtml(note)}</small>`;
}

function rowOf({ head, right = [], code = [] }: Table, row: Row | string): string {
  if (typeof row === 'string')
    return `<tr class="part"><th colspan="${head.length}" scope="rowgroup">${escapeHtml(row)}</th></tr>`;
  const cells = row.map((cell, column) => {
    const content = contentOf(cell, code.includes(column));
    if (column === 0) return `<th scope="row">${content}</th>`;
    // The label stands before the value where a narrow page hides the head.
    const label = content === '' ? '' : ` data-label="${escapeHtml(head[column] ?? '')}"`;
    return `<td${right.includes(column) ? ' class="number"' : ''}${label}>${content}</td>`;
  });
  return `<tr>${cells.join('')}</tr>`;
}

/** A table in a box that scrolls where the table is too wide, and its notes. */
export function tableOf(table: Table): string {
  const { title, head, right = [], rows, notes = [] } = table;
  const cells = head.map(
    (text, column) => `<th scope="col"${right.includes(column) ? ' class="number"' : ''}>${escapeHtml(text)}</th>`,
  );
  const body = rows.map((row) => rowOf(table, row)).join('\n');
  const below = notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('');
  return `<div class="wide"><table><caption>${escapeHtml(title)}</caption><thead><tr>${cells.join('')}</tr></thead><tbody>\n${body}\n</tbody></table></div>${below}`;
}
