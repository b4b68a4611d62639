// The results of a run, for people and for scripts/test.mjs.
import { style } from '../lib/terminal.mjs';

/**
 * @typedef {object} Result
 * @property {string} reader
 * @property {number} executions
 * @property {number} refused
 * @property {number} corpus inputs that reached new code
 * @property {number} functions that have run
 * @property {number} seconds of all its processes together
 * @property {readonly FoundAt[]} findings
 * @property {string} [skipped] why it did not run
 */
/** @typedef {{ execution: number, kind: string, text: string, input: string }} FoundAt `input` is base64 */

const number = (/** @type {number} */ value) => value.toLocaleString('en');

/** @param {readonly Result[]} results */
export function formatTable(results) {
  const head = ['reader', 'executions', 'seconds', 'refused', 'corpus', 'functions', 'findings'];
  const rows = results
    .filter(({ skipped }) => skipped === undefined)
    .map(({ reader, executions, seconds, refused, corpus, functions, findings }) => [
      reader,
      number(executions),
      number(Math.round(seconds)),
      `${Math.round((100 * refused) / Math.max(1, executions))} %`,
      ...[corpus, functions, findings.length].map(number),
    ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return [head, ...rows].map(line).join('\n');
}

/** @param {string} reader @param {number} seed @param {FoundAt} finding */
export function showFinding(reader, seed, { execution, text, input }) {
  const bytes = Buffer.from(input, 'base64');
  const again =
    execution < 0 ? '' : `\n    again: npm run fuzz -- --reader ${reader} --seed ${seed} --execution ${execution}`;
  const shown = JSON.stringify(bytes.toString('latin1').slice(0, 300));
  console.log(
    `${style('red', '✗')} ${reader}: ${text.split('\n').slice(0, 12).join('\n    ')}${again}\n    ${bytes.length} bytes: ${shown}\n    the least input: npm run fuzz -- --reader ${reader} --input ${input.slice(0, 4000)}`,
  );
}

/** @param {readonly Result[]} results */
export function report(results) {
  const failed = results.filter(({ findings }) => findings.length > 0);
  const skipped = results.filter((result) => result.skipped !== undefined);
  for (const { reader, skipped: reason } of skipped) console.log(`SKIPPED ${reader}: ${reason}`);
  for (const { reader, findings } of failed) console.log(`FAILED ${reader}: ${findings.length} findings`);
  const passed = results.length - failed.length - skipped.length;
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
