/**
 * Stores finished trials on disk, so that an interrupted run continues where it stopped. A file holds one run, a line
 * one trial.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { TrialSamples } from '../types.js';
import { isAlive, self, type Who } from './owner.js';

/** Named parts, as text, that must all be equal for trials of an earlier run to count. */
export type Key = Readonly<Record<string, string>>;

interface Header {
  readonly format: 1;
  readonly key: Key;
  readonly started: string;
  readonly owner: Who;
}

export interface Opened {
  readonly journal: Journal;
  /** Trials that an earlier run finished. */
  readonly trials: readonly TrialSamples[];
  /** A message for the user: which trials were found, and why they count or not. Empty if there were none. */
  readonly words: string;
}

/** Returns complete lines only: a run may have been killed while it wrote one. */
function wholeLines(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean);
}

function parse<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}...` : text);

/** Describes the first part in which two runs differ. */
function difference(old: Key, now: Key): string | undefined {
  for (const name of Object.keys({ ...old, ...now })) {
    if (old[name] !== now[name])
      return `its ${name} was ${shorten(old[name] ?? 'not told')}, now it is ${shorten(now[name] ?? 'not told')}`;
  }
  return undefined;
}

function append(file: string, flags: 'a' | 'w', value: unknown): void {
  const descriptor = openSync(file, flags);
  try {
    writeSync(descriptor, `${JSON.stringify(value)}\n`);
    // Write to the disk now, so that a reboot does not lose measurements.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export class Journal {
  /** Null if another run writes to the file; this run then stores nothing. */
  readonly #file: string | null;

  private constructor(file: string | null) {
    this.#file = file;
  }

  /**
   * Continues from what an interrupted run with the same key left in the file, or starts again.
   * @param fresh ignore what the file holds
   */
  static open(file: string, key: Key, fresh: boolean): Opened {
    const [first, ...lines] = wholeLines(file);
    const header = first === undefined ? undefined : parse<Header>(first);
    const anew = (words: string): Opened => {
      mkdirSync(dirname(file), { recursive: true });
      append(file, 'w', { format: 1, key, started: new Date().toISOString(), owner: self() } satisfies Header);
      return { journal: new Journal(file), trials: [], words };
    };
    if (first === undefined) return anew('');
    if (header?.format !== 1) return anew(`${file} is not a record of a run: it is ignored`);
    if (isAlive(header.owner)) {
      const words = `another run (process ${header.owner.pid}) is recorded in ${file}: this one cannot be resumed`;
      return { journal: new Journal(null), trials: [], words };
    }
    const trials = lines.flatMap((line) => parse<TrialSamples>(line) ?? []);
    if (fresh) return anew(trials.length > 0 ? `--fresh: ${count(trials)} of ${header.started} are left aside` : '');
    const differs = difference(header.key, key);
    if (differs !== undefined) return anew(`an interrupted run of ${header.started} is ignored: ${differs}`);
    if (trials.length === 0) return anew('');
    // Rewrite the file: this drops a torn last line and records this process as the owner.
    append(file, 'w', { ...header, owner: self() } satisfies Header);
    appendFileSync(file, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''));
    const words = `going on with the run of ${header.started} that was interrupted: ${count(trials)} done (--fresh begins again)`;
    return { journal: new Journal(file), trials, words };
  }

  add(trial: TrialSamples): void {
    if (this.#file !== null) append(this.#file, 'a', trial);
  }

  /** Ends the journal after the report is made. */
  end(): void {
    if (this.#file !== null) rmSync(this.#file, { force: true });
  }
}

const count = (trials: readonly unknown[]) => `${trials.length} trial${trials.length === 1 ? '' : 's'}`;
