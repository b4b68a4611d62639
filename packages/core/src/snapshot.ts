/** Frozen states, in memory and in files. */
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import './codec/node.js';
import type { BackendSnapshot, ResolvedProgram } from './backend.js';
import { type CodecLimits, DEFAULT_CODEC_LIMITS, decode, encode } from './codec/index.js';
import { ColonyError } from './errors.js';
import type { AnyExports, Program } from './programs/types.js';
import { openBackend } from './registry.js';

/*
 * File, little endian:   "COLONYSN" | u32 version | u32 0 | u64 length | body (CBOR) | sha256 of all before
 * body: [backend name, program, the backend's own bytes]
 * The backend's bytes carry its ABI version and the CPU's features, and it checks them itself.
 */
const MAGIC = 'COLONYSN';
const VERSION = 1;
const HEADER = 24;
const DIGEST = 32;
const LIMITS: CodecLimits = { ...DEFAULT_CODEC_LIMITS, maxBytes: 2 ** 32 };

export class Snapshot<E = AnyExports> {
  /** Name of the backend that can start from it. */
  readonly backend: string;
  readonly program: Program<E>;
  /** @internal */
  readonly inner: BackendSnapshot;

  /** @internal */
  constructor(inner: BackendSnapshot, program: Program<E>) {
    this.inner = inner;
    this.backend = inner.backend;
    this.program = program;
  }

  /** Bytes of guest memory that it holds. */
  get size(): number {
    return this.inner.size;
  }

  get programHash(): string {
    return this.program.hash;
  }

  /**
   * Writes it to a file, which then is there whole or not at all. It holds all of the guest's memory,
   * secrets included. @throws ColonyError ERR_UNSUPPORTED
   */
  async save(file: string): Promise<void> {
    const payload = this.inner.serialize?.();
    if (payload === undefined) {
      throw new ColonyError('ERR_UNSUPPORTED', `the backend '${this.backend}' cannot write snapshots to files`);
    }
    const parts = frame(encode([this.backend, this.program.resolved, payload], LIMITS));
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      const handle = await open(temporary, 'w', 0o600);
      try {
        for (const part of parts) await handle.writeFile(part);
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /**
   * Reads a snapshot from a file.
   * @throws ColonyError ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION or ERR_SNAPSHOT_FOREIGN (no snapshot,
   * another backend's, or one for another CPU).
   */
  static async load<E = AnyExports>(file: string, backend?: string): Promise<Snapshot<E>> {
    const { name, program, payload } = readBody(unframe(new Uint8Array(await readFile(file)), file), file);
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
    return new Snapshot<E>(inner, Object.freeze({ kind, filename, hash, resolved: Object.freeze(program) }));
  }

  /** Contexts started from it go on. */
  dispose(): void {
    this.inner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function frame(body: Uint8Array[]): Uint8Array[] {
  const header = Buffer.alloc(HEADER);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeBigUInt64LE(BigInt(body.reduce((sum, part) => sum + part.length, 0)), 16);
  const hash = createHash('sha256');
  for (const part of [header, ...body]) hash.update(part);
  return [header, ...body, hash.digest()];
}

function unframe(bytes: Uint8Array, file: string): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString('latin1', 0, 8) !== MAGIC) {
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `${file}: this is no Colony snapshot`);
  }
  const damaged = (what: string) =>
    new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot is damaged: ${what}; take it anew`);
  if (buffer.length < HEADER + DIGEST) throw damaged('it is cut short');
  const version = buffer.readUInt32LE(8);
  if (version !== VERSION) {
    const message = `${file}: the snapshot has format ${version}, this Colony reads ${VERSION}; take it anew with this version`;
    throw new ColonyError('ERR_SNAPSHOT_VERSION', message, { details: { version } });
  }
  if (buffer.readBigUInt64LE(16) !== BigInt(buffer.length - HEADER - DIGEST))
    throw damaged('its length is not what it says');
  const content = buffer.subarray(0, buffer.length - DIGEST);
  const digest = createHash('sha256').update(content).digest();
  if (!digest.equals(buffer.subarray(buffer.length - DIGEST))) throw damaged('its checksum is wrong');
  return bytes.subarray(HEADER, bytes.length - DIGEST);
}

function readBody(bytes: Uint8Array, file: string): { name: string; program: ResolvedProgram; payload: Uint8Array } {
  let body: unknown;
  try {
    body = decode(bytes, LIMITS);
  } catch (error) {
    throw new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot cannot be read`, { cause: error });
  }
  const [name, program, payload] = Array.isArray(body) ? body : [];
  const { hash, filename, kind } = (program ?? {}) as Record<string, unknown>;
  if (
    typeof name !== 'string' ||
    !(payload instanceof Uint8Array) ||
    ![hash, filename, kind].every((part) => typeof part === 'string')
  ) {
    throw new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot lacks a part`);
  }
  return { name, program: program as ResolvedProgram, payload };
}
