/** Phrases that the report uses as text and as a page. */
import { jsonOf } from '../policy/json.js';
import type { Step } from '../source/chain.js';
import type { Inside, VirtineReport } from './types.js';

export const kib = (bytes: number) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KiB`);

export const names = (chain: readonly Step[], arrow: string) => chain.map(({ name }) => name).join(arrow);

/** The size of the program, and of the modules that it was cut from. */
export function sizeLine({ language, sizes, modules }: VirtineReport): string {
  if (language === 'c') {
    const files = modules.filter(({ inside }) => inside > 0).length;
    return `${kib(sizes.after)} of pages in a context, ${kib(sizes.before)} with the general image; of ${files} ${files === 1 ? 'file' : 'files'}`;
  }
  return `${kib(sizes.after)} of ${kib(sizes.before)} in ${modules.length} modules, source map ${kib(sizes.map)}`;
}

const isOurs = ({ native }: Inside) => native?.origin === 'runtime' || native?.origin === 'glue';

/** The parts that people look for, and one line for the parts that Colony's runtime adds to each C virtine. */
export function partsForPeople(inside: readonly Inside[]): { parts: readonly Inside[]; runtime?: string } {
  const ours = inside.filter(isOurs);
  if (ours.length === 0) return { parts: inside };
  const bytes = ours.reduce((sum, { native }) => sum + (native?.bytes ?? 0), 0);
  return {
    parts: inside.filter((part) => !isOurs(part)),
    runtime: `Colony's runtime and what was generated: ${ours.length} parts, ${kib(bytes)} (--json has each)`,
  };
}

/** Whether limits make the effective policy differ from the written or least one that the report shows. */
export const differs = ({ effective, written, policy }: VirtineReport): boolean =>
  jsonOf(effective) !== jsonOf(written ?? policy);
