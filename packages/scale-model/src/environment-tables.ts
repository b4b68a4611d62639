/** Tables for one source in 16, 32 and 64 bits: the cost of entering a mode, and of running in it. */
import { ENVIRONMENTS, subjectOf, WORKS, type Work } from '@colony/bench/figures';
import { HARDWARE } from './constants.js';
import type { Lookup } from './digest.js';
import { duration, factor, table } from './markdown.js';
import { PUBLISHED_FIB20 } from './published.js';

const SUITE = 'boot';
const [EMPTY, FIB] = WORKS as [Work, Work];
const BOOTED = ENVIRONMENTS.find(({ name }) => name === 'long')!;

const cell = (figures: Lookup, subject: string) => {
  const figure = figures.find(subject, SUITE);
  if (figure !== undefined) return duration(figure.median);
  return figures.whyNot(subject, SUITE) === undefined ? 'not measured' : 'not possible';
};

function ratio(figures: Lookup, subject: string, to: string): string {
  const [one, other] = [figures.find(subject, SUITE), figures.find(to, SUITE)];
  return one === undefined || other === undefined ? 'not measured' : factor(one.median / other.median);
}

/** fib(0), which returns at once, and fib(20). Published figures are shown as ratios to each machine's own 64 bits. */
export function environmentTable(figures: Lookup): string {
  const base = subjectOf(BOOTED, FIB);
  const row = (title: string, empty: string, full: string, published: readonly number[] | undefined) => [
    title,
    empty,
    cell(figures, full),
    ratio(figures, full, base),
    ...HARDWARE.map((_, machine) =>
      published === undefined ? '' : factor(published[machine]! / PUBLISHED_FIB20['long']![machine]!),
    ),
  ];
  const rows = ENVIRONMENTS.map((environment) =>
    row(
      environment.title,
      cell(figures, subjectOf(environment, EMPTY)),
      subjectOf(environment, FIB),
      PUBLISHED_FIB20[environment.name],
    ),
  );
  const head = ['environment', 'fib(0)', 'fib(20)', 'to 64 bits, booted', ...HARDWARE.map(({ name }) => name)];
  return table(head, [...rows, row("Colony's virtine, callSync", '', 'kvm.fib.20', undefined)]);
}

/** The other functions. Some modes cannot run all of them. */
export function workTable(figures: Lookup): string {
  const works = WORKS.filter(({ name }) => name !== FIB.name);
  const rows = ENVIRONMENTS.map((environment) => [
    environment.title,
    ...works.map((work) => cell(figures, subjectOf(environment, work))),
  ]);
  return table(['environment', ...works.map(({ title }) => title)], rows);
}
