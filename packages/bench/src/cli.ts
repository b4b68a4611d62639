/** The command line: what to measure, how often, and where to write it. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { compare } from './compare.js';
import { machineFacts } from './facts.js';
import { buildFloor } from './floor-process.js';
import { Progress } from './progress.js';
import { makeReport, type Report } from './report.js';
import { choose } from './select.js';
import { findSuite, suiteNames } from './suites/index.js';
import { printable, printableComparison } from './table.js';
import { runTrials } from './trials.js';
import { type Suite, specsOf } from './types.js';

interface Options {
  readonly suite: string;
  readonly json?: string;
  readonly compare?: string;
  readonly trials?: number;
  readonly rounds?: number;
  readonly only?: string;
  readonly quick: boolean;
  readonly list: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.');
  return value;
}

export function program(): Command {
  return new Command('bench')
    .description('Measures what isolation costs against its floors, all in one run, interleaved.')
    .addOption(new Option('--suite <name>', 'what to measure').choices(suiteNames()).default('floor'))
    .option('--json <file>', 'write facts, rows, summary and targets there')
    .option('--compare <file>', 'say what is slower or faster than in that report, beyond the noise')
    .option('--trials <n>', 'processes, one after the other (5; with --quick 1)', positive)
    .option('--rounds <n>', 'rounds over all subjects in a trial (20; with --quick 3)', positive)
    .option('--only <pattern>', 'subjects that match this regular expression, and their floors')
    .option('--quick', 'a short run that shows that everything works; its figures mean nothing', false)
    .option('--list', 'print the subjects and what each measures', false)
    .action(run);
}

function printList(suite: Suite): void {
  for (const { subject, what, floors } of specsOf(suite)) {
    console.log(`${subject.padEnd(34)}${what}${floors.length > 0 ? ` [against ${floors.join(', ')}]` : ''}`);
  }
}

export async function measure(options: Omit<Options, 'json' | 'list' | 'compare'>): Promise<Report> {
  const suite = findSuite(options.suite);
  const subjects = choose(specsOf(suite), options.only);
  const { quick, trials = quick ? 1 : 5, rounds = quick ? 3 : 20 } = options;
  const facts = machineFacts();
  const plan = { suite: suite.name, rounds, quick, subjects, floorPath: buildFloor() };
  const samples = await runTrials(plan, trials, new Progress(trials));
  return makeReport({ suite, subjects, quick, rounds, facts, trials: samples });
}

async function readReport(file: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch (error) {
    throw new Error(`--compare ${file}: ${(error as Error).message}`);
  }
}

async function run(options: Options): Promise<void> {
  if (options.list) return printList(findSuite(options.suite));
  // Read before the minutes of measuring: a file that is not there should not cost them.
  const old = options.compare === undefined ? undefined : await readReport(options.compare);
  const report = await measure(options);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 1)}\n`);
  console.log(printable(report));
  if (old !== undefined) console.log(`\n${printableComparison(compare(old, report))}`);
  if (report.rows.length === 0) process.exitCode = 1;
}
