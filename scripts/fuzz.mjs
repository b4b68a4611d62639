#!/usr/bin/env node
// Fuzzes every TypeScript reader of hostile bytes: packages/*/fuzz. See packages/docs/internals/fuzzing.md.
//   npm run fuzz -- [options]
//   --reader codec,lock     only these                 --executions 1e7   of each reader; this is the default
//   --seed 1                other inputs               --processes 2      default: one for each core
//   --resume                continues a stopped run of the same seed
//   --json FILE             writes the figures there   --list             names the readers
//   --short                 some thousand executions of each in this process, and of each with a planted fault
//   --reader codec --seed 1 --execution 1234567        generates this one input again, and reads it
//   --reader codec --input FILE                        reads a file's bytes, or base64 text
// Ends with a table and the line `N passed, N failed, N skipped`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bundle, readerFiles } from './fuzz/bundle.mjs';
import { readInput, repeat } from './fuzz/repeat.mjs';
import { runLong } from './fuzz/run.mjs';
import { runShort } from './fuzz/short.mjs';
import { formatTable, report } from './fuzz/table.mjs';

/** @param {string | undefined} text @param {string} option @param {number} otherwise */
function count(text, option, otherwise) {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${option} takes a whole number, not ${text}`);
  return number;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      reader: { type: 'string' },
      executions: { type: 'string' },
      seed: { type: 'string' },
      processes: { type: 'string' },
      execution: { type: 'string' },
      input: { type: 'string' },
      json: { type: 'string' },
      resume: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const files = readerFiles();
  const names = values.reader?.split(',') ?? files.map(({ name }) => name);
  const unknown = names.filter((name) => !files.some((file) => file.name === name));
  if (unknown.length > 0)
    throw new Error(`not known: ${unknown.join(', ')}. Readers: ${files.map(({ name }) => name).join(', ')}.`);
  return {
    ...values,
    files: files.filter(({ name }) => names.includes(name)),
    executions: count(values.executions, 'executions', 1e7),
    seed: count(values.seed, 'seed', 1),
    processes: Math.max(1, count(values.processes, 'processes', availableParallelism())),
    execution: values.execution === undefined ? undefined : count(values.execution, 'execution', 0),
  };
}

try {
  const options = readOptions();
  const { files, short, json, list, execution, input } = options;
  if (list) {
    for (const { name, package: folder } of files) console.log(`${name}  packages/${folder}/fuzz/${name}.ts`);
  } else {
    const paths = await bundle(files);
    const [first] = paths.values();
    if (execution !== undefined || input !== undefined) {
      if (files.length !== 1 || first === undefined) throw new Error('one input is one reader: name it by --reader');
      if (input !== undefined)
        await readInput(first, existsSync(input) ? readFileSync(input) : Buffer.from(input, 'base64'));
      else await repeat(first, options.seed, /** @type {number} */ (execution));
    } else {
      const results = short ? await runShort(paths) : await runLong(paths, options);
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
      if (!short) console.log(`\n${formatTable(results)}\n`);
      report(results);
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
