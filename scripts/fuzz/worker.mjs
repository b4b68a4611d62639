// A process for one part of one reader, so that exhausted memory or an endless loop ends only this part.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { Coverage, isShipped } from './coverage.mjs';
import { loadReader } from './load.mjs';
import { Part } from './part.mjs';

/**
 * @typedef {object} Job
 * @property {string} path of the reader's module
 * @property {number} seed
 * @property {number} part
 * @property {number} executions
 * @property {string} [trace] file to which each input is written before it is read
 */
/** @typedef {Omit<import('./part.mjs').PartResult, 'findings'> & { findings: (Omit<import('./part.mjs').Finding, 'input'> & { input: string })[], functions: number }} Answer */

const [, , job = ''] = process.argv;
/** @type {Job} */
const { path, trace, ...options } = JSON.parse(job);

/** @param {string} file @returns {(input: Uint8Array) => void} */
function tracer(file) {
  const fd = openSync(file, 'w');
  process.on('exit', () => closeSync(fd));
  return (input) => {
    ftruncateSync(fd, 0);
    writeSync(fd, input, 0, input.length, 0);
  };
}

process.on('unhandledRejection', (reason) => {
  console.error('an unhandled rejection:', reason);
  process.exit(1);
});
const reader = await loadReader(path);
if (typeof reader === 'string') process.send?.({ skipped: reader });
else {
  const coverage = new Coverage(isShipped);
  const part = new Part(reader, {
    ...options,
    coverage,
    onProgress: (executions) => process.send?.({ executions }),
    ...(trace === undefined ? {} : { onInput: tracer(trace) }),
  });
  const result = await part.run();
  const findings = result.findings.map((finding) => ({
    ...finding,
    input: Buffer.from(finding.input).toString('base64'),
  }));
  process.send?.({ result: { ...result, findings, functions: coverage.summary.functions } });
  await reader.end?.();
}
process.disconnect?.();
