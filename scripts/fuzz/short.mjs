// The short form: shows in seconds that every reader runs, and that the harness finds a fault deep inside each. It runs
// without coverage, which pays off only in a long run.
import { loadReader } from './load.mjs';
import { Part, PLANTED } from './part.mjs';
import { showFinding } from './table.mjs';

const EXECUTIONS = 2000;
/** The planted fault must be found within this many executions. */
const PLANT = { seed: 1, part: 1, executions: 60_000, planted: true, untilFound: true };
const MOST_SHOWN = 3;

/** @param {ReadonlyMap<string, string>} paths by name @returns {Promise<import('./table.mjs').Result[]>} */
export async function runShort(paths) {
  /** @type {import('./table.mjs').Result[]} */
  const results = [];
  for (const [name, path] of paths) results.push(await runOne(name, path));
  return results;
}

/** @param {string} name @param {string} path @returns {Promise<import('./table.mjs').Result>} */
async function runOne(name, path) {
  const started = performance.now();
  const reader = await loadReader(path);
  const nothing = { reader: name, executions: 0, refused: 0, corpus: 0, functions: 0, seconds: 0, findings: [] };
  if (typeof reader === 'string') return { ...nothing, skipped: reader };
  const real = await new Part(reader, { seed: PLANT.seed, part: 0, executions: EXECUTIONS }).run();
  const planted = await new Part(reader, PLANT).run();
  await reader.end?.();
  const expected = planted.findings.find(({ text }) => text.includes(PLANTED));
  const findings = [...real.findings, ...planted.findings.filter((finding) => finding !== expected)].map(asText);
  if (expected === undefined) {
    const text = `the planted fault was not found in ${planted.executions} executions`;
    findings.push({ execution: -1, kind: 'planted', text, input: '' });
  }
  for (const finding of findings.slice(0, MOST_SHOWN)) showFinding(name, PLANT.seed, finding);
  const refused = Math.round((100 * real.refused) / real.executions);
  const shows = `a planted fault shows after ${planted.executions}, in ${expected?.input.length} bytes`;
  console.log(`${name}: ${real.executions} executions, ${refused} % refused; ${shows}`);
  const seconds = (performance.now() - started) / 1000;
  return { ...nothing, executions: real.executions, refused: real.refused, corpus: real.corpus, seconds, findings };
}

/** @param {import('./part.mjs').Finding} finding @returns {import('./table.mjs').FoundAt} */
const asText = (finding) => ({ ...finding, execution: -1, input: Buffer.from(finding.input).toString('base64') });
