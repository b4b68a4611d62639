/** Decides where a context's state comes from: evaluating its program, or a file with a prebuilt state. */
import { channel } from 'node:diagnostics_channel';
import type { Backend, BackendSnapshot, ResolvedProgram } from '../backend.js';
import type { RefusedBackend } from '../backends/open.js';
import { ColonyError } from '../errors.js';
import type { FilePath } from '../options/paths.js';
import { hashParts } from '../programs/hash.js';
import { readSnapshotFile } from '../snapshots/file.js';

/** A prebuilt state of a program in a file, for `shipped` of `createContext`. */
export interface ShippedSnapshot {
  /** A path or a `file:` URL. A relative path is relative to the working directory. */
  readonly file: FilePath;
  /** SHA-256 of the file, in hex. The content of a file with another hash is not interpreted. */
  readonly sha256: string;
  /** The backend that can start from it. */
  readonly backend: string;
  /** Engine of the backend that made it: see `Backend.engine`. */
  readonly engine: string;
}

export interface StartedFrom {
  /** Name of the context's backend. */
  readonly backend: string;
  /** Backends that 'auto' tried before it, each with the reason for its refusal. Empty if the backend was named. */
  readonly refusedBackends: readonly RefusedBackend[];
  /**
   * `program`: the program was evaluated for this context. `process`: another context of this process evaluated it.
   * `file`: from a prebuilt state in a file. `snapshot`: from the snapshot in the options.
   */
  readonly kind: 'program' | 'process' | 'file' | 'snapshot';
  /** The file of the prebuilt state. */
  readonly file?: string;
  /** Why no prebuilt state was used, one reason for each. */
  readonly refused: readonly string[];
  /**
   * Hypercalls during the evaluation of the program. If there were any, its state is not shared; those for a Linux
   * program's files do not matter.
   */
  readonly hypercalls: number;
}

/** The record that `diagnostics_channel` 'colony:start' publishes for each context. */
export interface StartRecord extends StartedFrom {
  /** Id of the context. */
  readonly context: string;
  /** SHA-256 of the program. */
  readonly program: string;
}

export const START_CHANNEL = 'colony:start';
const stream = channel(START_CHANNEL);

/** Uses a state that was read. May find that it is of another program. */
type Restore<T> = (snapshot: BackendSnapshot, exports: readonly string[] | undefined) => Promise<T> | T;

/** A shipped snapshot after reading: its file is a path. */
export type ReadShipped = ShippedSnapshot & { readonly file: string };

/** Returns whether a program is evaluated by a load frame. Other programs are built, and boot by themselves. */
export const isEvaluated = ({ kind }: ResolvedProgram): boolean => kind === 'js' || kind === 'linux' || kind === 'v8';

/** Finds the start state of one context. */
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

  /** Contexts with the same program, files and required signers may share a state under this key. */
  get key(): string {
    const signers = JSON.stringify(this.signers);
    return hashParts(['shipped', this.program.hash, signers, ...this.#own.map(({ sha256 }) => sha256)]);
  }

  get #own(): readonly ReadShipped[] {
    return this.shipped.filter(({ backend }) => backend === this.backend.name);
  }

  /** Records that the backend took the program's source. */
  evaluates(): void {
    this.#isEvaluated = true;
  }

  /**
   * Returns the first prebuilt state that fits. Files that do not match are recorded as reasons; evaluation is the
   * fallback.
   */
  async loadPrebuilt<T>(restore: Restore<T>): Promise<T | undefined> {
    this.#isAsked = true;
    const own = this.#own;
    if (own.length === 0) {
      this.#refused.push(`no snapshot was shipped for the backend '${this.backend.name}'`);
    }
    for (const snapshot of own) {
      try {
        const taken = await this.#read(snapshot, restore);
        this.#file = snapshot.file;
        return taken;
      } catch (error) {
        this.#refused.push(reasonOf(snapshot, error));
      }
    }
    return undefined;
  }

  async #read<T>({ file, sha256, engine }: ReadShipped, restore: Restore<T>): Promise<T> {
    const { backend, program } = this;
    if (backend.deserializeSnapshot === undefined || backend.engine === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${backend.name}' cannot read snapshots from files`);
    }
    // Checked before reading the file, which may be large.
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
    // If this context did not evaluate it, another one had.
    return this.#isEvaluated || !isEvaluated(this.program) ? 'program' : 'process';
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
