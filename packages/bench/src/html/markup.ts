/** HTML from data. All input is treated as text and escaped. */
import type { Grid } from '../tables/grid.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

const align = ({ right }: Grid, column: number) => (right.includes(column) ? ' class="number"' : '');

/** Keeps a number and its unit on one line. */
const together = (text: string) => text.replace(/(\d) (?=[a-zA-Z/])/g, '$1\u00a0');

function rowOf(grid: Grid, row: readonly string[] | string): string {
  if (typeof row === 'string')
    return `<tr class="part"><th colspan="${grid.head.length}" scope="rowgroup">${escaped(row)}</th></tr>`;
  const [first = '', ...others] = row;
  const cells = others.map((text, index) => `<td${align(grid, index + 1)}>${escaped(together(text))}</td>`);
  return `<tr><th scope="row">${escaped(first)}</th>${cells.join('')}</tr>`;
}

/** The box scrolls, for wide tables. */
export function tableOf(grid: Grid): string {
  const head = grid.head.map((text, index) => `<th scope="col"${align(grid, index)}>${escaped(text)}</th>`).join('');
  const body = grid.rows.map((row) => rowOf(grid, row)).join('\n');
  const notes = (grid.notes ?? []).map((note) => `<p class="note">${escaped(note)}</p>`).join('');
  const caption = `<caption>${escaped(grid.title)}</caption>`;
  return `<div class="wide"><table>${caption}<thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>${notes}`;
}

export const paragraphs = (lines: readonly string[]) => lines.map((line) => `<p>${escaped(line)}</p>`).join('\n');
