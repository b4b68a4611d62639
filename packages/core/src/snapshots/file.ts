/** Writes and reads snapshots as files. */
import { createHash, type KeyObject } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import '../wire/codec/node.js';
import { ColonyError } from '../errors.js';
import type { Program } from '../programs/types.js';
import { type CodecLimits, DEFAULT_CODEC_LIMITS, decode, encode, sizeOf } from '../wire/codec/index.js';
import { type ProgramParts, readProgramParts } from './program.js';
import { SIGNATURE, signatureOf, verifiedSigner } from './signature.js';

/*
 * File, little-endian:   "COLONYSN" | u32 version | u32 length of the signature | u64 length of the body | body (CBOR)
 *                        | sha256 of everything before | signature of that hash, or nothing
 * body: [backend name, the program's parts, the backend's own bytes, names of the program's exports or undefined].
 * The backend's bytes contain its ABI version and the CPU's features, which the backend checks itself.
 */
const MAGIC = 'COLONYSN';
const VERSION = 2;
const HEADER = 24;
const DIGEST = 32;
const LIMITS: CodecLimits = { ...DEFAULT_CODEC_LIMITS, maxBytes: 2 ** 32 };

interface Common {
  readonly backend: string;
  /** The backend's own bytes. */
  readonly payload: Uint8Array;
  readonly exports: readonly string[] | undefined;
}

export interface SnapshotContent extends Common {
  readonly program: Program;
  /** The signer of the file. */
  readonly signedBy: string | undefined;
}

/** Conditions on a file, checked before its content is interpreted. */
export interface Demands {
  /** SHA-256 of the file, in hex. */
  readonly sha256?: string;
  /** The required signers: one of each list. */
  readonly signers?: readonly (readonly string[])[];
}

/** Writes the file atomically: it then exists whole or not at all. Returns its SHA-256, in hex. */
export async function writeSnapshotFile(
  file: string,
  content: Common & { readonly program: ProgramParts },
  key: KeyObject | undefined,
): Promise<string> {
  const { backend, program, payload, exports } = content;
  const { parts, sha256 } = frame(encode([backend, program, payload, exports], LIMITS), key);
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

/** @throws ColonyError as `readSnapshotBytes` */
export async function readSnapshotFile(file: string, demands: Demands): Promise<SnapshotContent> {
  return readSnapshotBytes(new Uint8Array(await readFile(file)), file, demands);
}

/**
 * Reads a snapshot file. Checks the checksum, the signature (if present) and the demands before it interprets any
 * content. Messages refer to it as `file`.
 * @throws ColonyError ERR_SNAPSHOT_DAMAGED, ERR_SNAPSHOT_VERSION, ERR_SNAPSHOT_FOREIGN or ERR_SNAPSHOT_UNTRUSTED
 */
export function readSnapshotBytes(bytes: Uint8Array, file: string, demands: Demands): SnapshotContent {
  const { body, signedBy } = unframe(bytes, file, demands);
  return { ...readBody(body, file), signedBy };
}

function frame(body: Uint8Array[], key: KeyObject | undefined): { parts: Uint8Array[]; sha256: string } {
  const header = Buffer.alloc(HEADER);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(key === undefined ? 0 : SIGNATURE, 12);
  header.writeBigUInt64LE(BigInt(sizeOf(body)), 16);
  const hash = createHash('sha256');
  for (const part of [header, ...body]) hash.update(part);
  const whole = hash.copy();
  const digest = hash.digest();
  const trailer = key === undefined ? digest : Buffer.concat([digest, signatureOf(digest, key)]);
  return { parts: [header, ...body, trailer], sha256: whole.update(trailer).digest('hex') };
}

const damage = (file: string, what: string) =>
  new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot is damaged: ${what}; take it again`);

function unframe(bytes: Uint8Array, file: string, demands: Demands): { body: Uint8Array; signedBy?: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = HEADER + bodyLength(buffer, file);
  const digest = buffer.subarray(end, end + DIGEST);
  const hash = createHash('sha256').update(buffer.subarray(0, end));
  // One pass computes both the file's own checksum and the hash of the whole file.
  const whole = hash.copy();
  if (!hash.digest().equals(digest)) throw damage(file, 'its checksum is wrong');
  const { sha256 } = demands;
  if (sha256 !== undefined && whole.update(buffer.subarray(end)).digest('hex') !== sha256) {
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `${file}: this is another snapshot: its SHA-256 is not ${sha256}`);
  }
  const signedBy = signerOfFile(digest, buffer.subarray(end + DIGEST), file);
  demandSigners(file, signedBy, demands.signers ?? []);
  return { body: bytes.subarray(HEADER, end), ...(signedBy === undefined ? {} : { signedBy }) };
}

function bodyLength(buffer: Buffer, file: string): number {
  if (buffer.toString('latin1', 0, 8) !== MAGIC) {
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `${file}: this is not a Colony snapshot`);
  }
  if (buffer.length < HEADER + DIGEST) throw damage(file, 'it is cut short');
  const version = buffer.readUInt32LE(8);
  if (version !== VERSION) {
    const message = `${file}: the snapshot has format ${version}, this Colony reads ${VERSION}; take it again with this version`;
    throw new ColonyError('ERR_SNAPSHOT_VERSION', message, { details: { version } });
  }
  const signature = buffer.readUInt32LE(12);
  const length = buffer.length - HEADER - DIGEST - signature;
  const isWhole = length >= 0 && buffer.readBigUInt64LE(16) === BigInt(length);
  if (!isWhole || (signature !== 0 && signature !== SIGNATURE))
    throw damage(file, 'its length differs from the recorded one');
  return length;
}

function signerOfFile(digest: Uint8Array, signature: Uint8Array, file: string): string | undefined {
  if (signature.length === 0) return undefined;
  const signer = verifiedSigner(digest, signature);
  if (signer === undefined) throw damage(file, 'its signature is wrong');
  return signer;
}

/** @throws ColonyError ERR_SNAPSHOT_UNTRUSTED */
export function demandSigners(
  what: string,
  signedBy: string | undefined,
  demands: readonly (readonly string[])[],
): void {
  const unmet = demands.find((signers) => signedBy === undefined || !signers.includes(signedBy));
  if (unmet === undefined) return;
  const state = signedBy === undefined ? 'it is not signed' : `it was signed by ${signedBy}`;
  const wanted = unmet.length === 0 ? 'no signature is accepted' : `${unmet.join(' or ')} must have signed it`;
  throw new ColonyError('ERR_SNAPSHOT_UNTRUSTED', `${what}: the snapshot is not trusted: ${state}, and ${wanted}`, {
    details: { signedBy },
  });
}

function readBody(bytes: Uint8Array, file: string): Omit<SnapshotContent, 'signedBy'> {
  let body: unknown;
  try {
    body = decode(bytes, LIMITS);
  } catch (error) {
    throw new ColonyError('ERR_SNAPSHOT_DAMAGED', `${file}: the snapshot cannot be read`, { cause: error });
  }
  if (!Array.isArray(body) || body.length !== 4) throw damage(file, 'a part is missing');
  const [backend, parts, payload, exports] = body as readonly unknown[];
  const program = readProgramParts(parts);
  if (program === undefined) throw damage(file, 'its program');
  if (typeof backend !== 'string' || backend === 'auto') throw damage(file, 'the name of its backend');
  if (!(payload instanceof Uint8Array)) throw damage(file, 'its state');
  if (!(exports === undefined || isNames(exports))) throw damage(file, "the names of its program's exports");
  return { backend, program, payload, exports };
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
