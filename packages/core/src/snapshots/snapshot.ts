/** Frozen states, in memory and in files. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { BackendSnapshot } from './backend.js';
import type { BackendName } from './backend-names.js';
import { ColonyError } from './errors.js';
import { openBackend } from './open-backend.js';
import { type FilePath, readPath } from './paths.js';
import { readProgram } from './programs/check.js';
import type { AnyExports, Program } from './programs/types.js';
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.js';
import { Reader } from './validate.js';

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
    checkInner(inner, program);
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
   * guest's memory, secrets included. A relative path means the working directory.
   * @throws ColonyError ERR_UNSUPPORTED, and ERR_BAD_OPTION where the file cannot be written
   */
  async save(file: FilePath): Promise<string> {
    const reader = new Reader('ERR_BAD_OPTION', 'snapshot.save');
    const path = readPath(file, reader, 'file');
    const payload = this.inner.serialize?.();
    if (payload === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${this.backend}' cannot write snapshots to files`);
    }
    const { backend, exports } = this;
    const content = { backend, program: this.program.resolved, payload, exports };
    return await writeSnapshotFile(path, content).catch((error) => noFile(error, reader, path, 'written'));
  }

  /**
   * Reads a snapshot from a file. A relative path means the working directory. `backend`: the one that it must be of.
   * @throws ColonyError ERR_BAD_OPTION where the file cannot be read, ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION or ERR_SNAPSHOT_FOREIGN (no snapshot,
   * another backend's, or one for another CPU).
   */
  static async load<E = AnyExports>(file: FilePath, backend?: BackendName): Promise<Snapshot<E>> {
    const reader = new Reader('ERR_BAD_OPTION', 'Snapshot.load');
    const path = readPath(file, reader, 'file');
    if (backend !== undefined) reader.string(backend, 'backend');
    const {
      backend: name,
      program,
      payload,
      exports,
    } = await readSnapshotFile(path).catch((error) => noFile(error, reader, path, 'read'));
    if (backend !== undefined && backend !== 'auto' && backend !== name) {
      throw new ColonyError(
        'ERR_SNAPSHOT_FOREIGN',
        `${path}: it was taken on the backend '${name}', not on '${backend}'`,
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

/** The class is exported for `instanceof` and its static method; its constructor is not. */
function checkInner<E>(inner: BackendSnapshot, program: Program<E>): void {
  const reader = new Reader('ERR_BAD_OPTION', 'Snapshot');
  const isMade = reader.look('inner', () => typeof inner?.dispose === 'function' && typeof inner.backend === 'string');
  readProgram(program, reader, 'program');
  if (!isMade) reader.fail('inner', 'nothing: snapshots come from context.snapshot() and Snapshot.load()', inner);
}

/** An error of the file system is the caller's to mend, and no damage of the snapshot. */
function noFile(error: unknown, reader: Reader, path: string, what: 'read' | 'written'): never {
  if (ColonyError.is(error)) throw error;
  const { root } = reader;
  throw new ColonyError('ERR_BAD_OPTION', `${root}: ${path} cannot be ${what}: ${(error as Error).message}`, {
    cause: error,
    details: { path: `${root}.file`, file: path },
  });
}
