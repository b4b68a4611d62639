/** Snapshots, in memory and in files. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { BackendSnapshot } from '../backend.js';
import type { BackendName } from '../backends/list.js';
import { openBackend } from '../backends/open.js';
import { backendNames } from '../backends/registry.js';
import { ColonyError } from '../errors.js';
import { OptionReader, show } from '../options/option-reader.js';
import { type FilePath, readPath } from '../options/paths.js';
import type { KeyLike } from '../platform-types.js';
import { readProgram } from '../programs/check.js';
import { isOfSystem } from '../programs/linux/system.js';
import type { AnyExports, Program } from '../programs/types.js';
import { readSnapshotFile, type SnapshotContent, writeSnapshotFile } from './file.js';
import { programParts } from './program.js';
import { readPrivateKey, readSigner } from './signature.js';

/** An Ed25519 key: PEM text, or a `KeyObject` of `node:crypto`. */
export type Key = string | KeyLike;

export interface SaveOptions {
  /** The private key that signs the file. Default: the file is not signed. */
  readonly key?: Key;
}

export interface LoadOptions {
  /** The backend that the snapshot must be of. Default 'auto': any. */
  readonly backend?: BackendName;
  /**
   * The required signer of the file: a public key, or the name that `signedBy` reports. If there are several, one of
   * them. Default: the signature does not matter. An unsigned snapshot must be trusted like code.
   */
  readonly key?: Key | readonly Key[];
}

/** A snapshot file, identified by its signer. */
export interface Origin {
  readonly signedBy: string | undefined;
}

export class Snapshot<E = AnyExports> {
  /** Name of the backend that can start from it. */
  readonly backend: string;
  readonly program: Program<E>;
  /** Names of the program's exported functions, if known. */
  readonly exports: readonly string[] | undefined;
  /** Signer of the file that it was read from: `ed25519:` and the public key in base64url. */
  readonly signedBy: string | undefined;
  /** @internal The file that it was read from, or that the freezing context started from. */
  readonly origin: Origin | undefined;
  /** @internal */
  readonly inner: BackendSnapshot;

  /** @internal */
  constructor(
    inner: BackendSnapshot,
    program: Program<E>,
    exports?: readonly string[],
    origin?: Origin,
    signedBy?: string,
  ) {
    this.program = checkInner(inner, program) as Program<E>;
    this.inner = inner;
    this.backend = inner.backend;
    this.exports = exports;
    this.origin = origin;
    this.signedBy = signedBy;
  }

  /** Bytes of guest memory in the snapshot. */
  get size(): number {
    return this.inner.size;
  }

  get programHash(): string {
    return this.program.hash;
  }

  /**
   * Writes the snapshot to a file and returns the file's SHA-256. The file then exists whole or not at all. It contains
   * all of the guest's memory, including secrets. A relative path is relative to the working directory.
   * @throws ColonyError ERR_UNSUPPORTED, and ERR_BAD_OPTION if the file cannot be written
   */
  async save(file: FilePath, options: SaveOptions = {}): Promise<string> {
    const reader = new OptionReader('ERR_BAD_OPTION', 'snapshot.save');
    const path = readPath(file, reader, 'file');
    const keyOption = reader.object(options, 'options', ['key'])['key'];
    const key = keyOption === undefined ? undefined : readPrivateKey(keyOption, reader, 'options.key');
    const { backend, exports, inner } = this;
    const payload = inner.serialize?.();
    if (payload === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${backend}' cannot write snapshots to files`);
    }
    const program = programParts(this.program.resolved, inner.built);
    const content = { backend, program, payload, exports };
    return await writeSnapshotFile(path, content, key).catch((error) => noFile(error, reader, path, 'written'));
  }

  /**
   * Reads a snapshot from a file. A relative path is relative to the working directory. A program that was built from a
   * C file contains the built images instead.
   * @throws ColonyError ERR_BAD_OPTION if the file cannot be read, ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION,
   * ERR_SNAPSHOT_FOREIGN (not a snapshot, another backend's, or one for another CPU), ERR_SNAPSHOT_UNTRUSTED (not
   * signed by `key`)
   */
  static async load<E = AnyExports>(file: FilePath, options: LoadOptions = {}): Promise<Snapshot<E>> {
    const reader = new OptionReader('ERR_BAD_OPTION', 'Snapshot.load');
    const path = readPath(file, reader, 'file');
    const { backend, signers } = readLoadOptions(options, reader);
    const content = await readSnapshotFile(path, { signers: signers === undefined ? [] : [signers] }).catch((error) =>
      noFile(error, reader, path, 'read'),
    );
    if (backend !== 'auto' && backend !== content.backend) {
      const message = `${path}: it was taken on the backend ${show(content.backend)}, not on ${show(backend)}`;
      throw new ColonyError('ERR_SNAPSHOT_FOREIGN', message);
    }
    if (signers === undefined) checkHostFiles(content, path);
    const inner = await restored(content, path);
    const { program, exports, signedBy } = content;
    return new Snapshot<E>(inner, program as Program<E>, exports, { signedBy }, signedBy);
  }

  /** Releases the snapshot. Contexts that started from it continue. */
  dispose(): void {
    this.inner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function readLoadOptions(options: unknown, reader: OptionReader): { backend: string; signers?: readonly string[] } {
  const { backend, key } = reader.object(options, 'options', ['backend', 'key']);
  const name = backend === undefined ? 'auto' : reader.string(backend, 'options.backend');
  if (key === undefined) return { backend: name };
  const isList = reader.look('options.key', () => Array.isArray(key));
  const read = (signer: unknown, path: string) => readSigner(signer, reader, path);
  return { backend: name, signers: isList ? reader.list(key, 'options.key', read) : [read(key, 'options.key')] };
}

async function restored({ backend, payload }: SnapshotContent, path: string): Promise<BackendSnapshot> {
  if (!backendNames().includes(backend)) {
    const message = `${path}: it was taken on the backend ${show(backend)}, which is not known here`;
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', message);
  }
  const opened = await openBackend(backend);
  if (opened.deserializeSnapshot === undefined) {
    throw new ColonyError('ERR_UNSUPPORTED', `the backend '${backend}' cannot read snapshots from files`);
  }
  return await opened.deserializeSnapshot(payload);
}

/**
 * A Linux program may read the paths of the host that it names. So a file could name any, and needs a signer whom the
 * caller trusts. The executable is served only if it is the one of the program's hash.
 * @throws ColonyError ERR_SNAPSHOT_UNTRUSTED
 */
function checkHostFiles({ program: { resolved }, signedBy }: SnapshotContent, path: string): void {
  const program = resolved.kind === 'v8' ? resolved.engine : resolved;
  if (program.kind !== 'linux') return;
  const named = program.files.find((file) => 'host' in file && file.host !== program.filename && !isOfSystem(file));
  if (named === undefined) return;
  const message = `${path}: its program reads ${show(named.path)} of this machine: demand the signer that you trust, with \`key\``;
  throw new ColonyError('ERR_SNAPSHOT_UNTRUSTED', message, { details: { signedBy } });
}

/** The class is exported for `instanceof` and its static method. Its constructor is not public. */
function checkInner(inner: BackendSnapshot, program: unknown): Program<never> {
  const reader = new OptionReader('ERR_BAD_OPTION', 'Snapshot');
  const isMade = reader.look('inner', () => typeof inner?.dispose === 'function' && typeof inner.backend === 'string');
  const read = readProgram(program, reader, 'program');
  if (!isMade) reader.fail('inner', 'nothing: snapshots come from context.snapshot() and Snapshot.load()', inner);
  return read;
}

/** The caller can repair an error of the file system; the snapshot is not damaged. */
function noFile(error: unknown, reader: OptionReader, path: string, what: 'read' | 'written'): never {
  if (ColonyError.is(error)) throw error;
  const { root } = reader;
  throw new ColonyError('ERR_BAD_OPTION', `${root}: ${path} cannot be ${what}: ${(error as Error).message}`, {
    cause: error,
    details: { path: `${root}.file`, file: path },
  });
}
