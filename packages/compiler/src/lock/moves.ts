/** Finds virtines that the lock has under another name, because they were renamed or moved to another file. */
import { fileOf, type LockEntry } from './entry.js';

/** A virtine that the lock does not have. */
export interface Unknown {
  readonly key: string;
  readonly entry: LockEntry;
}

export interface Match {
  readonly from: string;
  readonly old: LockEntry;
  /** Whether it is the same program under another name; otherwise it is only likely. */
  readonly exact: boolean;
}

const nameOf = (key: string): string => key.slice(key.lastIndexOf('#') + 1);

/**
 * Matches new virtines with records of virtines that are gone; a record matches one virtine at most.
 * @param likely also match changed content: the only record that is gone from the same file, or one of the same name
 * from a file that is gone
 */
export function matchMoves(
  unknown: readonly Unknown[],
  gone: ReadonlyMap<string, LockEntry>,
  likely: boolean,
): ReadonlyMap<string, Match> {
  const left = new Map(gone);
  const matches = new Map<string, Match>();
  const take = (key: string, from: string, exact: boolean) => {
    matches.set(key, { from, old: left.get(from)!, exact });
    left.delete(from);
  };
  for (const { key, entry } of unknown) {
    const same = [...left].filter(([, old]) => old.shape !== undefined && old.shape === entry.shape);
    const best = same.find(([from]) => nameOf(from) === nameOf(key) || fileOf(from) === fileOf(key)) ?? same[0];
    if (best !== undefined) take(key, best[0], true);
  }
  const rest = unknown.filter(({ key }) => likely && !matches.has(key));
  for (const { key } of rest) {
    const named = [...left.keys()].filter((from) => nameOf(from) === nameOf(key));
    if (named.length === 1) take(key, named[0]!, false);
  }
  for (const { key } of rest) {
    if (matches.has(key)) continue;
    const beside = [...left.keys()].filter((from) => fileOf(from) === fileOf(key));
    const alone = rest.filter((other) => !matches.has(other.key) && fileOf(other.key) === fileOf(key)).length === 1;
    if (alone && beside.length === 1) take(key, beside[0]!, false);
  }
  return matches;
}
