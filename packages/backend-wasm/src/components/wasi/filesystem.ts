/** wasi:filesystem: one root directory, below which the policy decides what can be seen. */
import { createHash } from 'node:crypto';
import { ErrorCase } from '../failures.js';
import { askFiles, DROP, type WasiContext } from './context.js';
import { type OpenFile, OpenFiles } from './files.js';
import { InputStream, type IoError, OutputStream } from './io.js';

type Kind = 'directory' | 'regular-file' | 'unknown';

interface HostStat {
  readonly type: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

const KINDS: Readonly<Record<string, Kind>> = { file: 'regular-file', directory: 'directory' };
const kindOf = (type: string): Kind => KINDS[type] ?? 'unknown';

/** A path below a directory; `..` stays within it. @throws ErrorCase */
function below(directory: string, path: string): string {
  if (path.startsWith('/') || path.includes('\0')) throw new ErrorCase('not-permitted');
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) throw new ErrorCase('not-permitted');
  }
  return steps.length === 0 ? directory : `${directory === '/' ? '' : directory}/${steps.join('/')}`;
}

interface Flags {
  readonly [name: string]: boolean | undefined;
}

const timestamp = (milliseconds: number) => {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
};

class DirectoryEntryStream {
  readonly #context: WasiContext;
  readonly #entries: readonly { readonly name: string; readonly type: string }[];
  #next = 0;

  constructor(context: WasiContext, path: string) {
    this.#context = context;
    this.#entries = askFiles(context, 'colony:fs.list', [path]) as { name: string; type: string }[];
  }

  readDirectoryEntry(): { type: Kind; name: string } | undefined {
    this.#context.crossed();
    const entry = this.#entries[this.#next++];
    return entry && { type: kindOf(entry.type), name: entry.name };
  }
}

class Descriptor {
  readonly #context: WasiContext;
  readonly #files: OpenFiles;
  readonly #path: string;
  readonly #flags: Flags;
  #file: OpenFile | undefined;

  constructor(context: WasiContext, files: OpenFiles, path: string, flags: Flags, file?: OpenFile) {
    this.#context = context;
    this.#files = files;
    this.#path = path;
    this.#flags = flags;
    this.#file = file;
  }

  openAt(_pathFlags: Flags, path: string, open: Flags, flags: Flags): Descriptor {
    const target = below(this.#path, path);
    const kind = this.#kindAt(target, open.create === true && this.#flags.mutateDirectory === true);
    if (kind === undefined) return this.#opened(target, flags, true);
    if (open.exclusive) throw new ErrorCase('exist');
    if (kind === 'directory') {
      if (flags.write || open.truncate) throw new ErrorCase('is-directory');
      return new Descriptor(this.#context, this.#files, target, {
        ...flags,
        mutateDirectory: this.#flags.mutateDirectory,
      });
    }
    if (open.directory) throw new ErrorCase('not-directory');
    if (kind === 'unknown') throw new ErrorCase('invalid');
    return this.#opened(target, flags, open.truncate === true);
  }

  /** Returns `undefined` if there is no file and one may be created. */
  #kindAt(path: string, mayBeMissing: boolean): Kind | undefined {
    if (this.#files.find(path) !== undefined) return 'regular-file';
    try {
      return kindOf((askFiles(this.#context, 'colony:fs.stat', [path]) as HostStat).type);
    } catch (error) {
      // If only writing is granted, nothing is known about the file until it is written.
      const { payload } = error instanceof ErrorCase ? error : { payload: undefined };
      if (mayBeMissing && (payload === 'no-entry' || payload === 'access')) return undefined;
      throw error;
    }
  }

  #opened(path: string, flags: Flags, empty: boolean): Descriptor {
    const file = this.#files.take(path);
    try {
      if (empty) file.create();
    } catch (error) {
      this.#files.release(file);
      throw error;
    }
    return new Descriptor(this.#context, this.#files, path, flags, file);
  }

  #open(): OpenFile {
    if (this.#file === undefined) throw new ErrorCase('is-directory');
    return this.#file;
  }

  #writable(): OpenFile {
    const file = this.#open();
    if (!this.#flags.write) throw new ErrorCase('bad-descriptor');
    return file;
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const bytes = this.#open().read(offset, length);
    this.#context.crossed();
    return [bytes, offset + BigInt(bytes.length) >= BigInt(this.#open().size)];
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    this.#writable().write(offset, bytes);
    this.#context.crossed();
    return BigInt(bytes.length);
  }

  readViaStream(offset: bigint): InputStream {
    const file = this.#open();
    let at = offset;
    return new InputStream(this.#context, (most) => {
      const bytes = file.read(at, BigInt(most));
      at += BigInt(bytes.length);
      return bytes;
    });
  }

  writeViaStream(offset: bigint): OutputStream {
    const file = this.#writable();
    let at = offset;
    return new OutputStream(this.#context, {
      write(bytes) {
        file.write(at, bytes);
        at += BigInt(bytes.length);
      },
      flush() {},
    });
  }

  appendViaStream(): OutputStream {
    const file = this.#writable();
    return new OutputStream(this.#context, { write: (bytes) => file.write(BigInt(file.size), bytes), flush() {} });
  }

  setSize(size: bigint): void {
    this.#writable().resize(size);
  }

  sync(): void {
    this.#file?.flush();
  }

  syncData(): void {
    this.sync();
  }

  advise(): void {}

  getFlags(): Flags {
    this.#context.crossed();
    return this.#flags;
  }

  getType(): Kind {
    this.#context.crossed();
    return this.#file === undefined ? 'directory' : 'regular-file';
  }

  readDirectory(): DirectoryEntryStream {
    if (this.#file !== undefined) throw new ErrorCase('not-directory');
    return new DirectoryEntryStream(this.#context, this.#path);
  }

  stat() {
    return this.#statOf(this.#path);
  }

  statAt(_pathFlags: Flags, path: string) {
    return this.#statOf(below(this.#path, path));
  }

  #statOf(path: string) {
    const { type, size, modified } = askFiles(this.#context, 'colony:fs.stat', [path]) as HostStat;
    const open = this.#files.find(path);
    return {
      type: kindOf(type),
      linkCount: 1n,
      size: BigInt(open?.size ?? size),
      dataAccessTimestamp: undefined,
      dataModificationTimestamp: timestamp(modified),
      statusChangeTimestamp: timestamp(modified),
    };
  }

  isSameObject(other: Descriptor): boolean {
    return this.#path === other.#path;
  }

  metadataHash() {
    return hashOf(this.#path);
  }

  metadataHashAt(_pathFlags: Flags, path: string) {
    return hashOf(below(this.#path, path));
  }

  [DROP](): void {
    if (this.#file === undefined) return;
    this.#files.release(this.#file);
    this.#file = undefined;
  }

  // The host reads and writes whole files, so these operations are not supported.
  setTimes(): void {
    unsupported();
  }

  setTimesAt(): void {
    unsupported();
  }

  createDirectoryAt(): void {
    unsupported();
  }

  linkAt(): void {
    unsupported();
  }

  readlinkAt(): string {
    return unsupported();
  }

  removeDirectoryAt(): void {
    unsupported();
  }

  renameAt(): void {
    unsupported();
  }

  symlinkAt(): void {
    unsupported();
  }

  unlinkFileAt(): void {
    unsupported();
  }
}

function unsupported(): never {
  throw new ErrorCase('unsupported');
}

function hashOf(path: string) {
  const digest = createHash('sha256').update(path).digest();
  return { lower: digest.readBigUInt64LE(0), upper: digest.readBigUInt64LE(8) };
}

/** The flags of the opened root; the policy decides about each file. */
const ROOT_FLAGS: Flags = { read: true, write: false, mutateDirectory: true };

/** By interface. */
export function filesystem(context: WasiContext): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const files = new OpenFiles(context);
  return {
    types: {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: (error: IoError) => error.toDebugString(),
    },
    preopens: { getDirectories: () => [[new Descriptor(context, files, '/', ROOT_FLAGS), '/']] },
  };
}
