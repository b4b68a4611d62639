/** The command line: what to measure, how often, and where to write it. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Comparison, compare } from './compare.js';
import type { Report } from './report/index.js';
import { measure, type RunOptions } from './run.js';
import { findSuite, suiteNames } from './suites/index.js';
import { printable, printableComparison } from './tables/text.js';
import { Interrupted } from './trials.js';
import { type Suite, specsOf } from './types.js';

interface Options extends RunOptions {
  readonly suite: string;
  readonly json?: string;
  readonly html?: string;
  readonly compare?: string;
  readonly list: boolean;
}

/** Statuses: done; something failed; the command line or a file is wrong; stopped by a signal. */
const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.');
  return value;
}

function percentage(text: string): number {
  const value = Number(text.replace(/%$/, ''));
  if (!(value > 0 && value < 100))
    throw new InvalidArgumentError('It must be per cent, more than 0 and less than 100.');
  return value;
}

function commandLine(name: string, run: (options: Options) => Promise<void>): Command {
  return new Command(name)
    .description('Measures what isolation costs against its floors, all in one run, interleaved.')
    .addOption(new Option('--suite <name>', 'what to measure').choices(suiteNames()).default('floor'))
    .option('--quick', 'a short run that shows that everything works; its figures mean nothing')
    .option('--json <file>', 'write the whole report there')
    .option('--html <file>', 'write one self-contained page with charts there')
    .option('--compare <file>', 'say what is slower or faster than in that report (its JSON), beyond the noise')
    .option('--laws', 'count the conformance laws and try the attacks, too: some minutes, once for the same code')
    .option('--trials <n>', 'processes, one after the other (5; with --quick 1)', positive)
    .option('--rounds <n>', 'rounds over all subjects in a trial (20; with --quick 3)', positive)
    .option('--until <percent>', 'more trials until the 95% interval of each median is within this', percentage)
    .option('--most <n>', 'at most so many trials with --until (4 times --trials)', positive)
    .option('--only <pattern>', 'subjects that match this regular expression, and their floors')
    .option('--fresh', 'begin anew even where a run was interrupted')
    .option('--cache <folder>', 'where interrupted runs are kept (.cache/bench)')
    .option('--list', 'print the subjects and what each measures', false)
    .exitOverride()
    .action(run);
}

function printList(suite: Suite): void {
  for (const { subject, what, floors } of specsOf(suite)) {
    console.log(`${subject.padEnd(34)}${what}${floors.length > 0 ? ` [against ${floors.join(', ')}]` : ''}`);
  }
}

async function readReport(file: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch (error) {
    throw new Error(`--compare ${file}: ${(error as Error).message}`);
  }
}

async function writePage(file: string, report: Report, comparison?: Comparison): Promise<void> {
  // Vega is large: loaded only by who wants to see.
  const { pageOf } = await import('./html/page.js');
  await writeFile(file, await pageOf(report, comparison));
}

async function run(options: Options): Promise<number> {
  if (options.list) {
    printList(findSuite(options.suite));
    return EXIT.ok;
  }
  // Read before the minutes of measuring: a file that is not there should not cost them.
  const old = options.compare === undefined ? undefined : await readReport(options.compare);
  const report = await measure(options);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 1)}\n`);
  const comparison = old === undefined ? undefined : compare(old, report);
  console.log(printable(report));
  if (comparison !== undefined) console.log(`\n${printableComparison(comparison)}`);
  if (options.html !== undefined) await writePage(options.html, report, comparison);
  return report.rows.length === 0 ? EXIT.failed : EXIT.ok;
}

/**
 * Runs a command line and gives its exit status; never throws.
 * @param args without the program's own name
 * @param name that `--help` shows
 */
export async function main(args: readonly string[], name = 'bench'): Promise<number> {
  let status: number = EXIT.ok;
  try {
    const command = commandLine(name, async (options) => {
      status = await run(options);
    });
    await command.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    // commander has printed what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    return error instanceof Interrupted ? EXIT.interrupted : EXIT.failed;
  }
}
