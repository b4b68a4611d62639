/** Frozen states as files. */
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import './codec/node.js';
import type { ResolvedProgram } from './backend.js';
import { type CodecLimits, DEFAULT_CODEC_LIMITS, decode, encode } from './codec/index.js';
import { ColonyError } from './errors.js';

/*
 * File, little endian:   "COLONYSN" | u32 version | u32 0 | u64 length | body (CBOR) | sha256 of all before
 * body: [backend name, program, the backend's own bytes, names of the program's exports where they are known]
 * The backend's bytes carry its ABI version and the CPU's features, and it checks them itself.
 */
const MAGIC = 'COLONYSN';
const VERSION = 1;
const HEADER = 24;
const DIGEST = 32;
const LIMITS: CodecLimits = { ...DEFAULT_CODEC_LIMITS, maxBytes: 2 ** 32 };

export interface SnapshotContent {
  readonly backend: string;
  readonly program: ResolvedProgram;
  /** The backend's own. */
  readonly payload: Uint8Array;
  readonly exports?: readonly string[] | undefined;
}

/** The file then is there whole or not at all. Gives its SHA-256, hex. */
export async function writeSnapshotFile(file: string, content: SnapshotContent): Promise<string> {
  const { backend, program, payload, exports } = content;
  const body = [backend, program, payload, ...(exports === undefined ? [] : [exports])];
  const { parts, sha256 } = frame(encode(body, LIMITS));
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
  return sha256;
}

/**
 * Nothing of the file is interpreted before its checksum is known to be right, and `sha256`, where that is given.
 * @throws ColonyError ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION or ERR_SNAPSHOT_FOREIGN
 */
export async function readSnapshotFile(file: string, sha256?: string): Promise<SnapshotContent> {
  return readBody(unframe(new Uint8Array(await readFile(file)), file, sha256), file);
}

function frame(body: Uint8Array[]): { parts: Uint8Array[]; sha256: string } {
  const header = Buffer.alloc(HEADER);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeBigUInt64LE(BigInt(body.reduce((sum, part) => sum + part.length, 0)), 16);
  const hash = createHash('sha256');
  for (const part of [header, ...body]) hash.update(part);
  const whole = hash.copy();
  const digest = hash.digest();
  return { parts: [header, ...body, digest], sha256: whole.update(digest).digest('hex') };
}

function unframe(bytes: Uint8Array, file: string, sha256: string | undefined): Uint8Array {
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
  const trailer = buffer.subarray(buffer.length - DIGEST);
  const hash = createHash('sha256').update(buffer.subarray(0, buffer.length - DIGEST));
  // One pass for both: the file's own checksum, and the hash of the whole file.
  const whole = hash.copy();
  if (!hash.digest().equals(trailer)) throw damaged('its checksum is wrong');
  if (sha256 !== undefined && whole.update(trailer).digest('hex') !== sha256) {
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `${file}: this is another snapshot: its SHA-256 is not ${sha256}`);
  }
  return bytes.subarray(HEADER, bytes.length - DIGEST);
}

function readBody(bytes: Uint8Array, file: string): SnapshotContent {
  let body: unknown;
  try {
    body = decode(bytes, LIMITS);
  } catch (error) {
    throw new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot cannot be read`, { cause: error });
  }
  const [backend, program, payload, exports] = Array.isArray(body) ? body : [];
  const { hash, filename, kind } = (program ?? {}) as Record<string, unknown>;
  if (
    typeof backend !== 'string' ||
    !(payload instanceof Uint8Array) ||
    ![hash, filename, kind].every((part) => typeof part === 'string') ||
    !(exports === undefined || (Array.isArray(exports) && exports.every((name) => typeof name === 'string')))
  ) {
    throw new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot lacks a part`);
  }
  return { backend, program: program as ResolvedProgram, payload, exports };
}
