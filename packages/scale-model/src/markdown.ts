/** Fills tables into a page, between marks that a command can find. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** At most three significant digits, without an exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** Formats a time in microseconds. */
export function duration(us: number): string {
  const size = Math.abs(us);
  if (size >= 1e6) return `${digits(us / 1e6)} s`;
  if (size >= 1000) return `${digits(us / 1000)} ms`;
  return size >= 1 || us === 0 ? `${digits(us)} us` : `${digits(us * 1000)} ns`;
}

export const factor = (value: number) => `${digits(value)}×`;

const begin = (name: string) => `<!-- made: ${name} -->`;
const end = (name: string) => `<!-- end: ${name} -->`;

/** Puts each section between its marks. @throws Error if the page lacks the marks of a section */
export function fill(page: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections).reduce((text, [name, content]) => {
    const from = text.indexOf(begin(name));
    const to = text.indexOf(end(name));
    if (from < 0 || to < from) throw new Error(`the page has no place between '${begin(name)}' and '${end(name)}'`);
    return `${text.slice(0, from)}${begin(name)}\n${content}\n${text.slice(to)}`;
  }, page);
}
