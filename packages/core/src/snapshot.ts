/** Frozen states, in memory and in files. */
import type { BackendSnapshot } from './backend.js';
import { ColonyError } from './errors.js';
import type { AnyExports, Program } from './programs/types.js';
import { openBackend } from './registry.js';
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.js';

export class Snapshot<E = AnyExports> {
  /** Name of the backend that can start from it. */
  readonly backend: string;
  readonly program: Program<E>;
  /** Names of the program's exported functions, where they are known. */
  readonly exports: readonly string[] | undefined;
  /** @internal */
  readonly inner: BackendSnapshot;

  /** @internal */
  constructor(inner: BackendSnapshot, program: Program<E>, exports?: readonly string[]) {
    this.inner = inner;
    this.backend = inner.backend;
    this.program = program;
    this.exports = exports;
  }

  /** Bytes of guest memory that it holds. */
  get size(): number {
    return this.inner.size;
  }

  get programHash(): string {
    return this.program.hash;
  }

  /**
   * Writes it to a file, which then is there whole or not at all, and gives the file's SHA-256. It holds all of the
   * guest's memory, secrets included. @throws ColonyError ERR_UNSUPPORTED
   */
  async save(file: string): Promise<string> {
    const payload = this.inner.serialize?.();
    if (payload === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${this.backend}' cannot write snapshots to files`);
    }
    const { backend, exports } = this;
    return await writeSnapshotFile(file, { backend, program: this.program.resolved, payload, exports });
  }

  /**
   * Reads a snapshot from a file.
   * @throws ColonyError ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION or ERR_SNAPSHOT_FOREIGN (no snapshot,
   * another backend's, or one for another CPU).
   */
  static async load<E = AnyExports>(file: string, backend?: string): Promise<Snapshot<E>> {
    const { backend: name, program, payload, exports } = await readSnapshotFile(file);
    if (backend !== undefined && backend !== 'auto' && backend !== name) {
      throw new ColonyError(
        'ERR_SNAPSHOT_FOREIGN',
        `${file}: it was taken on the backend '${name}', not on '${backend}'`,
      );
    }
    const opened = await openBackend(name);
    if (opened.deserializeSnapshot === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${name}' cannot read snapshots from files`);
    }
    const inner = await opened.deserializeSnapshot(payload);
    const { kind, filename, hash } = program;
    return new Snapshot<E>(inner, Object.freeze({ kind, filename, hash, resolved: Object.freeze(program) }), exports);
  }

  /** Contexts started from it go on. */
  dispose(): void {
    this.inner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
