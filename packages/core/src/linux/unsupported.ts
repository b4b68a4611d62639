/** Counts the system calls of Linux programs that the library OS does not have. */
import { FileError } from '../host-files/file-error.js';
import { systemCallName } from './system-calls.js';

/** System calls by name, with how often programs made them. */
export type UnsupportedSyscalls = Readonly<Record<string, number>>;

/** Numbers that Linux may use. A guest can report no others, so that it fills no memory of the host. */
const MOST_NUMBERS = 512;

export class UnsupportedCalls {
  readonly #counts = new Map<number, number>();

  /** Adds a report of the guest: pairs of a number and how often. */
  add(report: unknown): null {
    for (const [number, count] of readReport(report)) {
      this.#counts.set(number, (this.#counts.get(number) ?? 0) + count);
    }
    return null;
  }

  totals(): UnsupportedSyscalls {
    const byNumber = [...this.#counts].sort(([a], [b]) => a - b);
    return Object.fromEntries(byNumber.map(([number, count]) => [systemCallName(number), count]));
  }
}

function readReport(report: unknown): readonly (readonly [number, number])[] {
  if (!Array.isArray(report) || report.length > MOST_NUMBERS || !report.every(isPair))
    throw new FileError('EINVAL', 'EINVAL: pairs of a number and a count are needed');
  return report;
}

function isPair(pair: unknown): boolean {
  if (!Array.isArray(pair) || pair.length !== 2) return false;
  const [number, count] = pair;
  return isNatural(number) && number < MOST_NUMBERS && isNatural(count) && count <= 0xffff_ffff;
}

const isNatural = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
