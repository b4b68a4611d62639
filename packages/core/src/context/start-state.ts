/** Where a context's state comes from: its program is evaluated, or a file holds what evaluation gave when it was built. */
import { channel } from 'node:diagnostics_channel';
import type { Backend, BackendSnapshot, ResolvedProgram } from '../backend.js';
import type { RefusedBackend } from '../backends/open.js';
import { ColonyError } from '../errors.js';
import type { FilePath } from '../options/paths.js';
import { hashParts } from '../programs/hash.js';
import { readSnapshotFile } from '../snapshots/file.js';

/** The evaluated state of a program in a file, as `shipped` of `createContext` takes it. */
export interface ShippedSnapshot {
  /** A path, or a `file:` URL; a relative path means the working directory. */
  readonly file: FilePath;
  /** Of the file, hex. Nothing in a file with another one is looked at. */
  readonly sha256: string;
  /** The backend that can start from it. */
  readonly backend: string;
  /** That of the backend that it was made on: see `Backend.engine`. */
  readonly engine: string;
}

export interface StartedFrom {
  /** Name of the backend that the context is on. */
  readonly backend: string;
  /** Backends that 'auto' tried before it, and why each was refused. Empty where the backend was named. */
  readonly refusedBackends: readonly RefusedBackend[];
  /**
   * `program`: it was evaluated for this context. `process`: another context of this process had it evaluated.
   * `file`: from a shipped snapshot. `snapshot`: from the one in the options.
   */
  readonly kind: 'program' | 'process' | 'file' | 'snapshot';
  /** The shipped snapshot. */
  readonly file?: string;
  /** Why no shipped snapshot was used, one reason for each. */
  readonly refused: readonly string[];
  /** Those that were made while the program was evaluated; with any, its state is its own and not shared. */
  readonly hypercalls: number;
}

/** What is published on `diagnostics_channel` 'colony:start' for each context. */
export interface StartRecord extends StartedFrom {
  /** Id of the context. */
  readonly context: string;
  /** SHA-256 of the program. */
  readonly program: string;
}

export const START_CHANNEL = 'colony:start';
const stream = channel(START_CHANNEL);

/** Uses a state that was read; may find that it is none of this program. */
type Restore<T> = (snapshot: BackendSnapshot, exports: readonly string[] | undefined) => Promise<T> | T;

/** A shipped snapshot, read: its file is a path. */
export type ReadShipped = ShippedSnapshot & { readonly file: string };

/** The start of one context. */
export class StartStateResolver {
  readonly #refused: string[] = [];
  #file: string | undefined;
  #isEvaluated = false;
  #isAsked = false;

  constructor(
    private readonly backend: Backend,
    private readonly program: ResolvedProgram,
    private readonly shipped: readonly ReadShipped[],
    private readonly refusedBackends: readonly RefusedBackend[],
    private readonly signers: readonly (readonly string[])[],
  ) {}

  /** Contexts with the same program, files and demands on these may share what comes of them. */
  get key(): string {
    const signers = JSON.stringify(this.signers);
    return hashParts(['shipped', this.program.hash, signers, ...this.#own.map(({ sha256 }) => sha256)]);
  }

  get #own(): readonly ReadShipped[] {
    return this.shipped.filter(({ backend }) => backend === this.backend.name);
  }

  /** The backend took the program's source. */
  evaluates(): void {
    this.#isEvaluated = true;
  }

  /** The first shipped state that fits; a file that does not is a reason, never an error: the program is there. */
  async loadPrebuilt<T>(restore: Restore<T>): Promise<T | undefined> {
    this.#isAsked = true;
    const own = this.#own;
    if (own.length === 0) {
      this.#refused.push(`no snapshot was shipped for the backend '${this.backend.name}'`);
    }
    for (const each of own) {
      try {
        const taken = await this.#read(each, restore);
        this.#file = each.file;
        return taken;
      } catch (error) {
        this.#refused.push(reasonOf(each, error));
      }
    }
    return undefined;
  }

  async #read<T>({ file, sha256, engine }: ReadShipped, restore: Restore<T>): Promise<T> {
    const { backend, program } = this;
    if (backend.deserializeSnapshot === undefined || backend.engine === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${backend.name}' cannot read snapshots from files`);
    }
    // Before the file is read: it may be large.
    if (engine !== (await backend.engine())) {
      throw new ColonyError('ERR_SNAPSHOT_VERSION', `${file}: it was made with another version of the engine`);
    }
    const content = await readSnapshotFile(file, { sha256, signers: this.signers });
    if (content.backend !== backend.name || content.program.hash !== program.hash) {
      throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `${file}: it is of another program or backend`);
    }
    return await restore(await backend.deserializeSnapshot(content.payload), content.exports);
  }

  outcome(hypercalls: number, isSnapshot: boolean): StartedFrom {
    const refused = [...this.#refused];
    if (this.shipped.length > 0 && this.#isEvaluated && !this.#isAsked) {
      refused.push(`the backend '${this.backend.name}' starts from no files`);
    }
    const kind = isSnapshot ? 'snapshot' : this.#kind();
    return Object.freeze({
      backend: this.backend.name,
      refusedBackends: this.refusedBackends,
      kind,
      ...(this.#file === undefined ? {} : { file: this.#file }),
      refused: Object.freeze(refused),
      hypercalls,
    });
  }

  #kind(): StartedFrom['kind'] {
    if (this.#file !== undefined) return 'file';
    // Only JavaScript is evaluated; a state of it that nobody had to make was there.
    return this.#isEvaluated || this.program.kind !== 'js' ? 'program' : 'process';
  }
}

function reasonOf({ file }: ReadShipped, error: unknown): string {
  if (ColonyError.is(error)) return `${error.code}: ${error.message}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? `${file}: it is missing` : `${file}: ${message}`;
}

export function publishStart(make: () => StartRecord): void {
  if (stream.hasSubscribers) stream.publish(make());
}
