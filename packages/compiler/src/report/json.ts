import { jsonOf } from '../policy/json.js';
import type { VirtineReport } from './types.js';

/** Reports as JSON, ordered by place. The same input gives the same bytes. */
export function reportJson(reports: readonly VirtineReport[]): string {
  return `${jsonOf({ format: 1, virtines: sortReports(reports) }, 2)}\n`;
}

export function sortReports(reports: readonly VirtineReport[]): VirtineReport[] {
  return [...reports].sort((a, b) =>
    a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1,
  );
}
