// The final output of a run under many runtimes.

/** @typedef {import('../lib/reporter.mjs').Summary} Summary */
/** @typedef {import('../lib/reporter.mjs').Skip} Skip */
/** @typedef {{ title: string, cells: Record<string, Summary> }} Row */

/** `195` passed; `195, 2 failed`; `12, 3 skipped`. @param {Summary | undefined} summary */
function formatCell(summary) {
  if (summary === undefined) return '-';
  const { passed, failed, skipped } = summary;
  const parts = [`${passed}`];
  if (failed.length > 0) parts.push(`${failed.length} failed`);
  if (skipped.length > 0) parts.push(`${skipped.length} skipped`);
  return parts.join(', ');
}

/** @param {readonly Row[]} rows @param {readonly string[]} projects */
export function formatTable(rows, projects) {
  const lines = [
    ['passed under', ...rows.map(({ title }) => title)],
    ...projects.map((project) => [project, ...rows.map(({ cells }) => formatCell(cells[project]))]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * The same test is skipped under each runtime, so each project and reason gets one line. @param {readonly Row[]} rows
 * @returns {Skip[]}
 */
export function joinSkips(rows) {
  /** @type {Map<string, Skip & { title: string, count: number }>} */
  const joined = new Map();
  for (const { title, cells } of rows) {
    for (const [project, { skipped }] of Object.entries(cells)) {
      for (const { reason } of skipped) {
        const key = JSON.stringify([title, project, reason]);
        const entry = joined.get(key) ?? { title: `${title} ${project}`, count: 0, name: '', reason };
        joined.set(key, { ...entry, count: entry.count + 1 });
      }
    }
  }
  return [...joined.values()].map(({ title, count, reason }) => ({ name: `${title}: ${count} tests`, reason }));
}
