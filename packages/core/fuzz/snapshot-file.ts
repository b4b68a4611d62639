/** Fuzzes snapshot files: a right checksum, and a signature by a key that was not demanded, are not enough. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { bytesMutator, within } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { ColonyError } from '../src/errors.js';
import { component, js, native, type Program, wasm } from '../src/index.js';
import { isMade, makeProgram } from '../src/programs/make.js';
import { readSnapshotBytes } from '../src/snapshots/file.js';
import { programParts } from '../src/snapshots/program.js';
import { SIGNATURE, signatureOf, signerOf } from '../src/snapshots/signature.js';
import { concat, encode } from '../src/wire/codec/public.js';

const HEADER = 24;
const DIGEST = 32;
/** Makes Ed25519 keys from seeds (RFC 8410), so that each run has the same bytes. */
const keyOf = (byte: number) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  });
const good = keyOf(1);
const stranger = keyOf(2);
const trusted = signerOf(createPublicKey(good));

function closed(body: Uint8Array, key: typeof good | undefined): Uint8Array {
  const header = Buffer.alloc(HEADER);
  header.write('COLONYSN', 'latin1');
  header.writeUInt32LE(2, 8);
  header.writeUInt32LE(key === undefined ? 0 : SIGNATURE, 12);
  header.writeBigUInt64LE(BigInt(body.length), 16);
  const digest = createHash('sha256').update(header).update(body).digest();
  return new Uint8Array(
    Buffer.concat([header, body, digest, ...(key === undefined ? [] : [signatureOf(digest, key)])]),
  );
}

const open = (file: Uint8Array) => {
  if (file.length < HEADER + DIGEST) return undefined;
  const end = file.length - DIGEST - (file[12] === SIGNATURE ? SIGNATURE : 0);
  return end < HEADER ? undefined : file.subarray(HEADER, end);
};

const elf = new Uint8Array(64);
elf.set([0x7f, 0x45, 0x4c, 0x46]);
const programs: readonly Program[] = [
  js('export const f = () => 1', { filename: 'a.js', modules: { 'b.js': 'export {}' } }),
  wasm(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)),
  component(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)),
  native.image(elf),
  native.fat({ virtine: elf, process: elf }, 'two.colony'),
  makeProgram({
    kind: 'linux',
    filename: '/app',
    executable: 'a'.repeat(64),
    files: [
      { path: '/app', host: '/app' },
      { path: '/bytes', content: elf },
      { path: '/lib', link: 'usr/lib' },
    ],
    args: ['-v'],
    env: { HOME: '/' },
  }),
];
const bodies = programs.map((program, i) =>
  concat(
    encode(['fake', programParts(program.resolved, undefined), new Uint8Array(8), i % 2 === 0 ? ['f'] : undefined]),
  ),
);

/** Parts of a program, its kind and hash included, where they are not four. */
const PARTS: Partial<Record<string, number>> = { js: 5, linux: 7 };

/** Demands a signature for files that have one, and for some that do not. */
function read(input: Uint8Array): unknown {
  const demanded = input[12] !== 0 || input.length % 8 === 0;
  const content = readSnapshotBytes(input, 'file', { signers: demanded ? [[trusted]] : [] });
  const { backend, program, payload, exports, signedBy } = content;
  if (demanded && signedBy !== trusted) throw new Error('a demanded signature is missing');
  if (typeof backend !== 'string' || !(payload instanceof Uint8Array)) throw new Error('a part is missing');
  if (exports !== undefined && !exports.every((name) => typeof name === 'string')) throw new Error('exports');
  // A program made here has the hash of its content and the parts of its kind.
  if (!isMade(program)) throw new Error('the program was not made here');
  const { resolved } = program;
  if ('cFile' in resolved || 'cFlags' in resolved) throw new Error('a program with a path or flags');
  const { length } = Object.keys(resolved);
  if (length !== (PARTS[program.kind] ?? 4)) throw new Error(`a program with ${length} parts`);
  return content;
}

const words = [
  'js',
  'native',
  'wasm',
  'component',
  'linux',
  'host',
  'link',
  'fake',
  'auto',
  '__proto__',
  'toString',
  'cFile',
  'cFlags',
  'image',
  'hash',
];

export const reader = (): Reader => ({
  name: 'snapshot-file',
  what: 'a snapshot file, up to what the backend reads',
  seeds: bodies.map((body, i) => closed(body, i % 2 === 0 || body.length % 8 === 0 ? good : undefined)),
  mutators: [
    within(
      open,
      (body, random) => closed(body, random.once(12) ? random.pick([good, stranger]) : undefined),
      cborMutator(words),
    ),
    within(open, (body) => closed(body, undefined), bytesMutator(words)),
    bytesMutator(['COLONYSN']),
  ],
  read,
  refusals: ['ERR_SNAPSHOT_DAMAGED', 'ERR_SNAPSHOT_VERSION', 'ERR_SNAPSHOT_FOREIGN', 'ERR_SNAPSHOT_UNTRUSTED'],
  planted: (_input, value) => {
    const { program } = value as ReturnType<typeof readSnapshotBytes>;
    return program.kind === 'js' && program.filename !== 'a.js' && !(value instanceof ColonyError);
  },
});
