/** The command line: what to measure, how often, and where to write it. */
import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Comparison, compare } from './compare.js';
import { loadPackage } from './optional.js';
import type { Report } from './report/index.js';
import { measure, type RunOptions } from './run.js';
import { findSuite, suiteLines, suiteNames } from './suites/index.js';
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

/** Exit statuses: success; a failure; a wrong command line or file; stopped by a signal. */
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
    .option('--compare <file>', 'report what is slower or faster than in that report (its JSON), beyond the noise')
    .option('--laws', 'count the conformance laws and try the attacks, too: some minutes, once for the same code')
    .option('--trials <n>', 'processes, one after the other (5; with --quick 1)', positive)
    .option('--rounds <n>', 'rounds over all subjects in a trial (20; with --quick 3)', positive)
    .option('--until <percent>', 'more trials until the 95% interval of each median is within this', percentage)
    .option('--most <n>', 'at most so many trials with --until (4 times --trials)', positive)
    .option('--only <pattern>', 'subjects that match this regular expression, and their floors')
    .option('--fresh', 'begin again even if a run was interrupted')
    .option('--cache <folder>', 'where interrupted runs are kept (.cache/bench)')
    .option('--list', "print the suite's subjects and what each measures", false)
    .addHelpText('after', `\nSuites:\n${suiteLines().join('\n')}`)
    .exitOverride()
    .action(run);
}

function printList(suite: Suite): void {
  const specs = specsOf(suite);
  const width = Math.max(...specs.map(({ subject }) => subject.length)) + 2;
  for (const { subject, what, floors } of specs)
    console.log(`${subject.padEnd(width)}${what}${floors.length > 0 ? ` [against ${floors.join(', ')}]` : ''}`);
}

/** @throws Error that describes the problem with the file */
async function readReport(file: string, suite: string): Promise<Report> {
  const wrong = (why: string) => new Error(`--compare ${file}: ${why}`);
  let report: Partial<Report>;
  try {
    report = JSON.parse(await readFile(file, 'utf8')) as Partial<Report>;
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong('it is not JSON; give a file that an earlier run wrote with --json');
    throw wrong((error as Error).message);
  }
  if (typeof report?.suite !== 'string') throw wrong('it is not a report of the bench; pass one that --json wrote');
  if (report.suite !== suite)
    throw wrong(`it is a report of the suite '${report.suite}', and this run is of '${suite}'`);
  return report as Report;
}

/** Checks the output path before minutes of measuring, so that a bad path does not lose the report. */
async function expectPlace(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const folder = dirname(resolve(file));
  const wrong = (why: string) => new Error(`${option} ${file}: ${why}; name a file that can be written`);
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isDirectory()) throw wrong('it is a folder');
  await access(folder).catch(() => Promise.reject(wrong(`there is no folder ${folder}`)));
  await access(stats === undefined ? folder : file, constants.W_OK).catch(() =>
    Promise.reject(wrong('it is not to be written')),
  );
}

/** @throws Error with the remedy if charts cannot be drawn */
async function expectCharts(): Promise<void> {
  for (const name of ['vega', 'vega-lite']) await loadPackage(name);
}

async function writePage(file: string, report: Report, comparison?: Comparison): Promise<void> {
  // Vega is large, so it is installed and loaded only for charts.
  const { pageOf } = await import('./html/page.js');
  await writeFile(file, await pageOf(report, comparison));
}

async function run(options: Options): Promise<number> {
  if (options.list) {
    printList(findSuite(options.suite));
    return EXIT.ok;
  }
  await expectPlace('--json', options.json);
  await expectPlace('--html', options.html);
  if (options.html !== undefined) await expectCharts();
  const old = options.compare === undefined ? undefined : await readReport(options.compare, options.suite);
  const report = await measure(options);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 1)}\n`);
  const comparison = old === undefined ? undefined : compare(old, report);
  console.log(printable(report));
  if (comparison !== undefined) console.log(`\n${printableComparison(comparison)}`);
  if (options.html !== undefined) await writePage(options.html, report, comparison);
  return report.rows.length === 0 ? EXIT.failed : EXIT.ok;
}

/**
 * Runs a command line and returns its exit status; never throws.
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
    // commander has already printed the problem.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    return error instanceof Interrupted ? EXIT.interrupted : EXIT.failed;
  }
}
