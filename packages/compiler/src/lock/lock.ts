/** `colony.lock.json`: the grants of each virtine, as a person last accepted them. */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ColonyError, compilePolicy } from '@colony/core';
import type { GrantIncrease } from '@colony/core/capabilities';
import { canonical } from '../policy/canonical.js';
import type { VirtineReport } from '../report/types.js';
import { nameFrom } from '../source/names.js';
import { entryOf, fileOf, keysOf, type LockEntry } from './entry.js';
import { describeIncrease, describeNew } from './explain.js';
import { grantIncreases } from './grant-increases.js';
import { type Match, matchMoves } from './moves.js';

export const LOCK_FILE = 'colony.lock.json';

export interface LockOptions {
  readonly root: string;
  /** Default `colony.lock.json`; relative to the root. */
  readonly path?: string;
  /**
   * Writes nothing, and treats a grant that is wider than the lock as an error. Default: whether the variable CI is
   * set.
   */
  readonly frozen?: boolean;
  /** A person has reviewed the grants: wider ones are written to the lock. */
  readonly acceptGrants?: boolean;
}

/** All usual CI services set the variable; `CI=false` means no. */
export const inCi = (env: NodeJS.ProcessEnv = process.env): boolean => !/^(?:|0|false)$/i.test(env['CI'] ?? '');

export class Lock {
  readonly #file: string;
  readonly #frozen: boolean;
  readonly #entries = new Map<string, LockEntry>();
  /** Records of virtines that are no longer in their files. */
  readonly #gone = new Map<string, LockEntry>();
  #opened: Promise<void> | undefined;
  /** The content of the file on disk. */
  #text: string | undefined;

  constructor(private readonly options: LockOptions) {
    this.#file = resolve(options.root, options.path ?? LOCK_FILE);
    this.#frozen = options.acceptGrants !== true && (options.frozen ?? inCi());
  }

  get #name(): string {
    return nameFrom(this.options.root, this.#file);
  }

  /**
   * Compares one file's virtines with the lock, and remembers them for `save`. Returns warnings of wider grants, which
   * keep their old record until they are accepted, and of virtines that are new, renamed or moved.
   * @throws ColonyError ERR_COMPILE if the lock is frozen and a grant is wider
   */
  async check(file: string, reports: readonly VirtineReport[], files: readonly string[]): Promise<string[]> {
    this.#opened ??= this.#open();
    await this.#opened;
    if (this.#text === undefined && this.#frozen && reports.length > 0) throw this.#missing();
    const keys = keysOf(reports);
    const made = await Promise.all(reports.map((report) => entryOf(report, this.options.root, files)));
    // No `await` from here on, because files are checked concurrently.
    const moves = this.#moves(file, keys, made);
    const texts: string[] = [];
    const notes: string[] = [];
    const wider: (GrantIncrease & { virtine: string })[] = [];
    for (const [index, report] of reports.entries()) {
      const [key, entry] = [keys[index]!, made[index]!];
      const move = moves.get(key);
      const old = this.#entries.get(key) ?? move?.old;
      const increases = this.#compare(old, entry);
      if (move !== undefined) {
        this.#gone.delete(move.from);
        this.#entries.delete(move.from);
        this.#entries.set(key, move.old);
      }
      const note = describeNew(report, { old, entry, lock: this.#name, move, frozen: this.#frozen });
      if (note !== undefined && this.#text !== undefined) notes.push(note);
      if (increases.length === 0) this.#entries.set(key, entry);
      for (const increase of increases) {
        texts.push(describeIncrease(report, increase, { old, entry, lock: this.#name }));
        wider.push({ ...increase, virtine: report.name });
      }
    }
    if (texts.length === 0 || !this.#frozen) return [...notes, ...texts];
    const path = texts[0]!.split(': ')[0]!;
    throw new ColonyError('ERR_COMPILE', [...texts, ...notes].join('\n'), { details: { path, widened: wider } });
  }

  /** Removes virtines that are gone from the file, and finds new ones that the lock has under another name or file. */
  #moves(file: string, keys: readonly string[], made: readonly LockEntry[]): ReadonlyMap<string, Match> {
    for (const [key, entry] of this.#entries) {
      if (fileOf(key) !== file || keys.includes(key)) continue;
      this.#entries.delete(key);
      this.#gone.set(key, entry);
    }
    for (const key of keys) this.#gone.delete(key);
    const unknown = keys.flatMap((key, index) => (this.#entries.has(key) ? [] : [{ key, entry: made[index]! }]));
    if (unknown.length === 0) return new Map();
    const elsewhere = [...this.#entries].filter(([key]) => !existsSync(resolve(this.options.root, fileOf(key))));
    // A frozen build, which no person watches, accepts only exact matches.
    return matchMoves(unknown, new Map([...this.#gone, ...elsewhere]), !this.#frozen);
  }

  #compare(old: LockEntry | undefined, entry: LockEntry): GrantIncrease[] {
    if (this.options.acceptGrants === true) return [];
    if (old !== undefined) return widerThan(old, entry);
    // A new virtine is being written, unless the build is frozen: no person watches that one.
    return this.#frozen ? widerThan(NOTHING, entry) : [];
  }

  /** Writes the lock if it changed. Returns whether it did. */
  async save(): Promise<boolean> {
    if (this.#frozen || this.#opened === undefined) return false;
    await this.#opened;
    const kept = [...this.#entries].filter(([key]) => existsSync(resolve(this.options.root, fileOf(key))));
    const text = `${canonical({ format: 1, virtines: Object.fromEntries(kept) }, 2)}\n`;
    if (text === this.#text) return false;
    const draft = `${this.#file}.${process.pid}.tmp`;
    await writeFile(draft, text);
    await rename(draft, this.#file);
    this.#text = text;
    return true;
  }

  async #open(): Promise<void> {
    this.#text = await readFile(this.#file, 'utf8').catch((error: { code?: string }) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (this.#text === undefined) return;
    for (const [key, entry] of readLock(this.#text, this.#name)) this.#entries.set(key, entry);
  }

  #missing(): ColonyError {
    const advice = 'build once without CI set, review the lock, and commit it';
    return new ColonyError('ERR_COMPILE', `${this.#name}: there is no lock file; what to do: ${advice}`, {
      details: { path: this.#name },
    });
  }
}

type Granted = Pick<LockEntry, 'policy' | 'accepted'>;
const NOTHING: Granted = { policy: {} };

function widerThan(old: Granted, now: Granted): GrantIncrease[] {
  const more = (now.accepted ?? []).filter((name) => !old.accepted?.includes(name));
  return [
    ...grantIncreases(old.policy, now.policy),
    ...more.map((name) => ({ grant: 'accept', what: `accept '${name}'` })),
  ];
}

/**
 * The entries of a lock file's text, by virtine. `name` is what messages call the file.
 * @throws ColonyError ERR_COMPILE
 */
export function readLock(text: string, name: string): [string, LockEntry][] {
  try {
    const data: unknown = JSON.parse(text);
    if (!isRecord(data) || data['format'] !== 1 || !isRecord(data['virtines']))
      throw new Error('it is not a lock of format 1');
    const entries = Object.entries(data['virtines']);
    for (const [key, entry] of entries) if (!isEntry(entry)) throw new Error(`${key} is damaged`);
    return entries as [string, LockEntry][];
  } catch (error) {
    const message = `${name}: the lock file cannot be used: ${(error as Error).message}; restore it from version control`;
    throw new ColonyError('ERR_COMPILE', message, { cause: error, details: { path: name } });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Checks the fields of an entry that are compared and shown. @throws ColonyError ERR_BAD_POLICY */
function isEntry(entry: unknown): boolean {
  if (!isRecord(entry) || !isRecord(entry['packages']) || !isRecord(entry['policy'])) return false;
  compilePolicy(entry['policy']);
  if (!['string', 'undefined'].includes(typeof entry['shape'])) return false;
  if (entry['accepted'] !== undefined && !isList(entry['accepted'])) return false;
  return Object.values(entry['packages']).every(isList);
}
