/** Generates the tables and the chart of packages/docs/internals/scale.md from the digest alone. */
import { fileURLToPath } from 'node:url';
import { assumptionTable, callTable, contextTable, poolResults, poolTable, rackTable } from './capacity-tables.js';
import { poolChart } from './chart.js';
import { type Digest, Lookup } from './digest.js';
import { environmentTable, workTable } from './environment-tables.js';
import { loadTables } from './load-tables.js';
import { digits, table } from './markdown.js';
import { phaseTables } from './phase-table.js';
import { bootTable, creationTable } from './reference-tables.js';

const docs = new URL('../../docs/internals/', import.meta.url);
export const pageFile = fileURLToPath(new URL('scale.md', docs));
export const chartFile = fileURLToPath(new URL('scale-pools.svg', docs));

/** Whether the page needs a subject of a suite. */
export function isNeeded(suite: string, subject: string): boolean {
  if (suite === 'floor') return subject.startsWith('memory.');
  if (suite === 'load')
    return !/\.callers\.\d+\.latency$|\.callers\.(4|8|16|32|64)\.each$|\.callers\.(2|4|8|16|32)\.p99$/.test(subject);
  return suite === 'boot' || suite === 'phases';
}

function runTable(digest: Digest): string {
  const rows = Object.entries(digest).map(([suite, run]) => [
    suite,
    run.time.slice(0, 16).replace('T', ' '),
    `${run.machine}, Linux ${run.kernel}, KVM ${run.kvm}`,
    `${run.trials} of ${run.rounds}${run.quick ? ' (quick: of no meaning)' : ''}`,
    digits(run.load),
    run.commit.slice(0, 12) + (run.commit.includes('changes') ? ' with changes' : ''),
  ]);
  return table(['suite', 'when', 'where', 'trials of rounds', 'load up to', 'commit'], rows);
}

export interface Page {
  readonly sections: Readonly<Record<string, string>>;
  readonly chart: string;
}

export async function makePage(digest: Digest): Promise<Page> {
  const figures = new Lookup(digest);
  const pools = poolResults(figures);
  return {
    sections: {
      runs: runTable(digest),
      boot: bootTable(figures),
      creation: creationTable(figures),
      environments: environmentTable(figures),
      works: workTable(figures),
      phases: phaseTables(figures),
      ...loadTables(figures),
      assumptions: assumptionTable(figures),
      calls: callTable(figures),
      contexts: contextTable(figures),
      rack: rackTable(figures),
      pools: poolTable(pools),
    },
    chart: await poolChart(pools),
  };
}
