/**
 * Open files. The host reads and writes whole files, so an open file is held as a whole. It is read at its first use, and
 * written when it is synchronized or closed, or when the call ends.
 */
import { ErrorCase } from '../failures.js';
import { askFiles, type WasiContext } from './context.js';

const EMPTY = new Uint8Array(0);

export class OpenFile {
  readonly path: string;
  readonly #context: WasiContext;
  /** Has spare room at its end. */
  #bytes: Uint8Array = EMPTY;
  #length = 0;
  #loaded = false;
  #dirty = false;

  constructor(context: WasiContext, path: string) {
    this.#context = context;
    this.path = path;
  }

  /** Makes it empty, on the host too: it shows at once whether that is allowed. @throws ErrorCase */
  create(): void {
    askFiles(this.#context, 'colony:fs.write', [this.path, EMPTY]);
    this.#loaded = true;
    this.#length = 0;
  }

  /** @throws ErrorCase */
  get size(): number {
    this.#load();
    return this.#length;
  }

  read(offset: bigint, length: bigint): Uint8Array {
    this.#load();
    const start = offset < this.#length ? Number(offset) : this.#length;
    const end = length < this.#length - start ? start + Number(length) : this.#length;
    return this.#bytes.slice(start, end);
  }

  write(offset: bigint, bytes: Uint8Array): void {
    this.#load();
    const start = this.#within(offset);
    const end = this.#within(offset + BigInt(bytes.length));
    this.#reserve(end);
    this.#bytes.set(bytes, start);
    this.#length = Math.max(this.#length, end);
    this.#changed();
  }

  resize(size: bigint): void {
    this.#load();
    const length = this.#within(size);
    this.#reserve(length);
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
    this.#changed();
  }

  /** @throws ErrorCase */
  readonly flush = (): void => {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#context.done(this.flush);
    askFiles(this.#context, 'colony:fs.write', [this.path, this.#bytes.subarray(0, this.#length)]);
  };

  close(): void {
    this.#context.held -= this.#bytes.length;
    this.#bytes = EMPTY;
    this.#loaded = false;
  }

  #load(): void {
    if (this.#loaded) return;
    const bytes = askFiles(this.#context, 'colony:fs.read', [this.path]) as Uint8Array;
    this.#context.hold(bytes.length);
    this.#bytes = bytes;
    this.#length = bytes.length;
    this.#loaded = true;
  }

  /** A place in a file that can cross as one message. */
  #within(offset: bigint): number {
    if (offset > this.#context.host.limits.output) throw new ErrorCase('file-too-large');
    return Number(offset);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const capacity = Math.max(length, 2 * this.#bytes.length);
    this.#context.hold(capacity - this.#bytes.length);
    const larger = new Uint8Array(capacity);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  #changed(): void {
    this.#dirty = true;
    this.#context.later(this.flush);
  }
}

/** Files that are open, each once however often it is opened. */
export class OpenFiles {
  readonly #context: WasiContext;
  readonly #open = new Map<string, { readonly file: OpenFile; users: number }>();

  constructor(context: WasiContext) {
    this.#context = context;
  }

  take(path: string): OpenFile {
    let entry = this.#open.get(path);
    if (entry === undefined) {
      entry = { file: new OpenFile(this.#context, path), users: 0 };
      this.#open.set(path, entry);
    }
    entry.users++;
    return entry.file;
  }

  find(path: string): OpenFile | undefined {
    return this.#open.get(path)?.file;
  }

  /** Closing a handle cannot fail, so the end of the call reports bytes that could not be written. */
  release(file: OpenFile): void {
    const entry = this.#open.get(file.path)!;
    if (--entry.users > 0) return;
    this.#open.delete(file.path);
    try {
      file.flush();
    } catch (error) {
      if (!(error instanceof ErrorCase)) throw error;
      this.#context.later(() => {
        throw error;
      });
    }
    file.close();
  }
}
