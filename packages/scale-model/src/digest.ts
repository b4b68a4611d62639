/** A digest of reports for the pages: a few numbers of each subject, with their source. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The fields that are read from a report's JSON. */
export interface ReportFile {
  readonly suite: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly facts: {
    readonly time: string;
    readonly commit: string | null;
    readonly kernel: string;
    readonly cpu: { readonly model: string; readonly count: number };
    readonly kvm: { readonly flavour: string };
  };
  readonly subjects: readonly { readonly subject: string }[];
  readonly trials: readonly { readonly load: { readonly before: number; readonly after: number } }[];
  readonly rows: readonly { readonly subject: string; readonly p99: number }[];
  readonly summary: readonly {
    readonly subject: string;
    readonly median: number;
    readonly min: number;
    readonly max: number;
  }[];
  readonly skipped?: readonly { readonly subject: string; readonly reason: string }[];
}

export interface Figure {
  /** In the report's unit: microseconds, KiB, a count, or calls a second. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly p99: number;
}

export interface SuiteDigest {
  readonly time: string;
  readonly commit: string;
  readonly machine: string;
  readonly kernel: string;
  readonly kvm: string;
  readonly trials: number;
  readonly rounds: number;
  /** A quick run: its figures show only that the command works. */
  readonly quick: boolean;
  /** The highest load average before or after a trial. */
  readonly load: number;
  readonly figures: Readonly<Record<string, Figure>>;
  /** The reason why a needed subject has no figure. */
  readonly skipped?: Readonly<Record<string, string>>;
}

export type Digest = Readonly<Record<string, SuiteDigest>>;

/** In the source folder, also if this runs from the build output. */
const digestFile = fileURLToPath(new URL('../src/measured.json', import.meta.url));

const short = (value: number) => Number(value.toPrecision(4));

function figureOf(report: ReportFile, subject: string): Figure | undefined {
  const summary = report.summary.find((row) => row.subject === subject);
  const tails = report.rows.filter((row) => row.subject === subject).map(({ p99 }) => p99);
  if (summary === undefined) return undefined;
  const { median, min, max } = summary;
  const p99 = tails.sort((a, b) => a - b)[tails.length >> 1] ?? median;
  return { median: short(median), min: short(min), max: short(max), p99: short(p99) };
}

/** Keeps only the needed subjects, because a report has hundreds. */
export function digestOf(report: ReportFile, needed: (subject: string) => boolean): SuiteDigest {
  const { facts, trials, rounds, quick } = report;
  const figures: Record<string, Figure> = {};
  const skipped: Record<string, string> = {};
  for (const { subject } of report.subjects) {
    const figure = needed(subject) ? figureOf(report, subject) : undefined;
    if (figure !== undefined) figures[subject] = figure;
  }
  for (const { subject, reason } of report.skipped ?? [])
    if (needed(subject) && figures[subject] === undefined) skipped[subject] = reason;
  return {
    ...{ time: facts.time, commit: facts.commit ?? 'unknown', machine: `${facts.cpu.model}, ${facts.cpu.count} CPUs` },
    ...{ kernel: facts.kernel.split(' ')[0] ?? '', kvm: facts.kvm.flavour, trials: trials.length, rounds, quick },
    load: short(Math.max(0, ...trials.map(({ load }) => Math.max(load.before, load.after)))),
    figures,
    ...(Object.keys(skipped).length > 0 && { skipped }),
  };
}

export function readDigest(file = digestFile): Digest {
  return JSON.parse(readFileSync(file, 'utf8')) as Digest;
}

export function writeDigest(digest: Digest, file = digestFile): void {
  writeFileSync(file, `${JSON.stringify(digest, null, 2)}\n`);
}

/** Finds figures by subject and suite. */
export class Lookup {
  readonly #digest: Digest;

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  find(subject: string, suite: string): Figure | undefined {
    return this.#digest[suite]?.figures[subject];
  }

  /** The reason for a missing figure, if the run recorded one. */
  whyNot(subject: string, suite: string): string | undefined {
    return this.#digest[suite]?.skipped?.[subject];
  }

  /** @throws Error that names the missing run */
  median(subject: string, suite: string): number {
    const figure = this.find(subject, suite);
    if (figure !== undefined) return figure.median;
    throw new Error(
      `${subject} of the suite '${suite}' is not in the digest: run it with --json, and pass the file with --from`,
    );
  }
}
