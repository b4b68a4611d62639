/** Tests snapshot files from an attacker who can compute a right checksum. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ColonyError,
  compilePolicy,
  component,
  createContext,
  js,
  narrow,
  native,
  type Policy,
  type Program,
  registerBackend,
  Snapshot,
  ts,
  wasm,
} from '../src/index.js';
import { programParts, readProgramParts } from '../src/snapshots/program.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { fakeBackend } from './fake-backend.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-files-'));
const HEADER = 24;
const DIGEST = 32;
const PUBLIC_KEY = 32;
const program = js('let n = 0; export const next = () => ++n', { filename: 'a.js', modules: { 'b.js': 'export {}' } });

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return ColonyError.is(error) ? error.code : `${error}`;
  }
}

/** Writes a file with any body, a right length and a right checksum, and returns its path. */
function forged(body: unknown): string {
  const bytes = Buffer.from(concat(encode(body)));
  const header = Buffer.alloc(HEADER);
  header.write('COLONYSN');
  header.writeUInt32LE(2, 8);
  header.writeBigUInt64LE(BigInt(bytes.length), 16);
  const file = join(folder, 'forged');
  const all = Buffer.concat([header, bytes]);
  writeFileSync(file, Buffer.concat([all, createHash('sha256').update(all).digest()]));
  return file;
}

let good: string;
let body: unknown[];
let snapshot: Snapshot;

beforeAll(async () => {
  registerBackend(fakeBackend());
  await using context = await createContext({ backend: 'fake', program });
  snapshot = await context.snapshot();
  good = join(folder, 'good');
  await snapshot.save(good);
  const bytes = readFileSync(good);
  body = decode(bytes.subarray(HEADER, bytes.length - DIGEST)) as unknown[];
  return () => snapshot.dispose();
});

describe('the content of a file', () => {
  it('includes the program itself, whose hash is computed when it is read', async () => {
    expect(body.slice(0, 2)).toEqual(['fake', ['js', 'a.js', readSource(program), ['b.js', 'export {}']]]);
    const loaded = await Snapshot.load(forged(body));
    expect([loaded.program, loaded.signedBy]).toEqual([program, undefined]);
  });

  it('includes programs of every kind, unchanged', () => {
    const elf = new Uint8Array(64);
    elf.set([0x7f, 0x45, 0x4c, 0x46]);
    const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const kinds: Program[] = [
      program,
      ts`export const one: number = 1`,
      wasm(module),
      component(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)),
      native.image(elf),
      native.fat({ virtine: elf, process: elf }, 'two.colony'),
    ];
    for (const kind of kinds) {
      const parts = decode(concat(encode(programParts(kind.resolved, undefined))));
      expect(readProgramParts(parts)).toEqual(kind);
    }
  });

  it("includes the backend's builds of a C file, but no path and no flag", () => {
    const file = join(folder, 'secret.c');
    writeFileSync(file, 'int f(void) { return 1; }');
    const { resolved } = native.c(file, { flags: ['-DSECRET=1'] });
    const image = Uint8Array.of(1, 2, 3);
    const parts = programParts(resolved, { wasm32: image });
    expect(parts).toEqual(['native', 'secret.c', undefined, undefined, image, undefined]);
    expect(readProgramParts(parts)).toEqual(native.fat({ wasm32: image }, 'secret.c'));
    expect(() => programParts(resolved, undefined)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });

  it('must not include a path, flags, a hash, or any unknown part (C1, C2)', async () => {
    const [backend, parts, payload] = body as [string, unknown[], Uint8Array];
    const object = { kind: 'native', cFile: '/etc/passwd', cFlags: ['-fplugin=/tmp/x.so'], filename: 'a', hash: 'b' };
    const bad: unknown[] = [
      object,
      { ...program.resolved },
      [...parts, 'more'],
      parts.slice(0, 3),
      ['js', 'a.js', 'source', ['odd']],
      ['js', 'a.js', 'source', { 'b.js': '' }],
      ['js', 'a.js', 7, []],
      ['native', 'a.c', '/etc/passwd', ['-fplugin=/tmp/x.so']],
      ['native', 'a', undefined, undefined, undefined, undefined],
      ['native', 'a', new Uint8Array(1), new Uint8Array(1), undefined, undefined],
      ['wasm', 'a', 'not bytes'],
      ['__proto__', 'a', new Uint8Array(1)],
      ['toString', 'a', new Uint8Array(1)],
      null,
    ];
    for (const bytes of bad) {
      expect([bytes, await outcome(Snapshot.load(forged([backend, bytes, payload, []])))]).toEqual([
        bytes,
        'ERR_SNAPSHOT_DAMAGED',
      ]);
    }
    for (const wrong of [
      body.slice(0, 3),
      [...body, 1],
      {},
      'text',
      [1, parts, payload, []],
      [backend, parts, 1, []],
    ]) {
      expect(await outcome(Snapshot.load(forged(wrong)))).toBe('ERR_SNAPSHOT_DAMAGED');
    }
    expect(await outcome(Snapshot.load(forged([backend, parts, payload, [1]])))).toBe('ERR_SNAPSHOT_DAMAGED');
  });

  it('names a backend that is known here, and never chooses it', async () => {
    const [, ...rest] = body;
    expect(await outcome(Snapshot.load(forged(['auto', ...rest])))).toBe('ERR_SNAPSHOT_DAMAGED');
    for (const name of ['../evil.js', 'node:fs', '__proto__', 'x'.repeat(1e6)]) {
      expect(await outcome(Snapshot.load(forged([name, ...rest])))).toBe('ERR_SNAPSHOT_FOREIGN');
    }
  });

  it('is refused, or is a program whose hash is that of its content, with generated parts', () => {
    const part = fc.oneof(
      fc.constantFrom('js', 'native', 'wasm', 'component', 'a.js', ''),
      fc.uint8Array({ maxLength: 4 }),
      fc.constant(undefined),
      fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 }),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
        const read = readProgramParts(parts);
        if (read === undefined) return;
        const again = readProgramParts(programParts(read.resolved, undefined));
        expect(again).toEqual(read);
        expect('cFile' in read.resolved || 'cFlags' in read.resolved).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('does not start another program', async () => {
    const loaded = await Snapshot.load(good);
    const other = js('export const next = () => 7', { filename: 'a.js' });
    const pair = { backend: 'fake', snapshot: loaded, program: { ...other, hash: loaded.program.hash } };
    expect(await outcome(createContext(pair))).toBe('ERR_BAD_OPTION');
    expect(await outcome(createContext({ ...pair, program: other }))).toBe('ERR_BAD_OPTION');
    loaded.dispose();
  });
});

describe('a program of another copy of this package', () => {
  /** Imitates a program of another copy: the same parts, in objects that were made elsewhere. */
  const elsewhere = <E>({ resolved, ...rest }: Program<E>): Program<E> => ({ ...rest, resolved: { ...resolved } });

  it('is accepted for its content', async () => {
    await using context = await createContext({ backend: 'fake', program: elsewhere(program) });
    expect(await context.call('next')).toBe(1);
    const fat = native.fat({ wasm32: Uint8Array.of(1) });
    for (const other of [program, fat, wasm(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))]) {
      expect(new Snapshot(snapshot.inner, elsewhere(other)).program).toEqual(other);
    }
  });

  it('must have the hash of its content (C2)', async () => {
    const honest = js('export const answer = () => 42');
    const evil = js('export const answer = () => 1337');
    const forgeries: Program[] = [
      { ...elsewhere(evil), hash: honest.hash },
      { ...evil, hash: honest.hash, resolved: { ...evil.resolved, hash: honest.hash } },
      { ...evil, resolved: { ...evil.resolved, hash: honest.hash } },
      { ...evil, filename: 'other.js' },
      { ...evil, kind: 'wasm' },
    ];
    for (const forgery of forgeries) {
      const made = createContext({ backend: 'fake', program: forgery });
      await expect(made).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', details: { path: /^options\.program\./ } });
    }
  });

  it('is copied, so later changes have no effect', async () => {
    const own = { ...program.resolved, modules: { 'b.js': 'export {}' } } as unknown as Record<string, unknown>;
    const changing = { ...program, resolved: own } as unknown as Program;
    expect(new Snapshot(snapshot.inner, changing).program).toEqual(program);
    own['source'] = 'export const next = () => 1337';
    await using context = await createContext({ backend: 'fake', program: changing });
    expect(await context.call('next')).toBe(1);
  });
});

describe('signatures', () => {
  const pem = (key: KeyObject) =>
    key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
  const mine = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519');
  const file = join(folder, 'signed');

  async function signed(key: KeyObject | string = mine.privateKey): Promise<Snapshot> {
    await snapshot.save(file, { key });
    return await Snapshot.load(file);
  }

  it('name the signer, which may be demanded by the key or its name', async () => {
    const { signedBy } = await signed();
    expect(signedBy).toBe(`ed25519:${mine.publicKey.export({ format: 'jwk' }).x}`);
    expect((await signed(pem(mine.privateKey))).signedBy).toBe(signedBy);
    const keys = [mine.publicKey, mine.privateKey, pem(mine.publicKey), signedBy!];
    for (const key of keys) expect((await Snapshot.load(file, { key })).signedBy).toBe(signedBy);
    expect((await Snapshot.load(file, { key: [other.publicKey, signedBy!] })).signedBy).toBe(signedBy);
  });

  it('must be of the demanded signer, if there is one', async () => {
    await signed();
    for (const [path, key] of [
      [file, other.publicKey],
      [file, []],
      [good, mine.publicKey],
    ] as const) {
      await expect(Snapshot.load(path, { key })).rejects.toMatchObject({ code: 'ERR_SNAPSHOT_UNTRUSTED' });
    }
  });

  it('must not be removed, moved or changed', async () => {
    await signed();
    const bytes = readFileSync(file);
    const unsigned = readFileSync(good);
    const off = Buffer.from(bytes.subarray(0, bytes.length - 96));
    const moved = Buffer.concat([unsigned, bytes.subarray(-96)]);
    // Keys of small order, for which a signature of zeros is valid for many files.
    const replaced = [0, 1].map((y) => {
      const signature = Buffer.alloc(96);
      signature[0] = signature[PUBLIC_KEY] = y;
      return Buffer.concat([bytes.subarray(0, -96), signature]);
    });
    for (const bad of [off, moved, ...replaced]) {
      writeFileSync(join(folder, 'bad'), bad);
      expect(await outcome(Snapshot.load(join(folder, 'bad')))).toBe('ERR_SNAPSHOT_DAMAGED');
    }
    const codes = ['ERR_SNAPSHOT_DAMAGED', 'ERR_SNAPSHOT_VERSION', 'ERR_SNAPSHOT_FOREIGN', 'ERR_SNAPSHOT_UNTRUSTED'];
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const copy = Buffer.from(bytes);
        copy[at]! ^= flip;
        writeFileSync(join(folder, 'bad'), copy);
        expect(codes).toContain(await outcome(Snapshot.load(join(folder, 'bad'), { key: mine.publicKey })));
      }),
      { numRuns: 300 },
    );
  });

  it('cannot be forged together with the checksum', async () => {
    await signed();
    const bytes = Buffer.from(readFileSync(file));
    const end = bytes.length - 96 - DIGEST;
    bytes[end - 1]! ^= 1;
    createHash('sha256').update(bytes.subarray(0, end)).digest().copy(bytes, end);
    writeFileSync(join(folder, 'bad'), bytes);
    await expect(Snapshot.load(join(folder, 'bad'))).rejects.toThrow(/its signature is wrong/);
  });

  it('are demanded by a policy of every file, also of later snapshots', async () => {
    const { signedBy } = await signed();
    const demand = (...names: string[]) => ({ snapshots: { signedBy: names } });
    const start = (from: Snapshot, policy: Policy) => createContext({ backend: 'fake', snapshot: from, policy });
    const [mineLoaded, nobodys] = [await Snapshot.load(file), await Snapshot.load(good)];
    const stranger = `ed25519:${other.publicKey.export({ format: 'jwk' }).x}`;
    await using context = await start(mineLoaded, demand(stranger, signedBy!));
    expect(await context.call('next')).toBe(1);
    const refused: [Snapshot, Policy][] = [
      [mineLoaded, demand(stranger)],
      [mineLoaded, demand()],
      [mineLoaded, { all: [demand(signedBy!), demand(stranger)] }],
      [mineLoaded, narrow(demand(stranger), demand(signedBy!))],
      [nobodys, demand(signedBy!)],
    ];
    for (const [from, policy] of refused) expect(await outcome(start(from, policy))).toBe('ERR_SNAPSHOT_UNTRUSTED');

    await using untrusted = await start(nobodys, {});
    const frozen = await untrusted.snapshot();
    expect(await outcome(start(frozen, demand(signedBy!)))).toBe('ERR_SNAPSHOT_UNTRUSTED');
    await using again = await start(await context.snapshot(), demand(signedBy!));
    expect([await again.call('next'), (await again.snapshot()).signedBy]).toEqual([1, undefined]);
    // A state that was evaluated here comes from no file, so no signer is required.
    await using own = await start(snapshot, demand(signedBy!));
    expect(await own.call('next')).toBe(1);
  });

  it('of the wrong signer on shipped files make a policy refuse them, and the program is evaluated', async () => {
    const backend = fakeBackend({ engine: 'fake-1' });
    await using frozen = await createContext({ backend, program });
    const from = await frozen.snapshot();
    const sha256 = await from.save(file, { key: mine.privateKey });
    const shipped = [{ file, sha256, backend: 'fake', engine: 'fake-1' }];
    const { signedBy } = await Snapshot.load(file);
    const start = (signer: string) =>
      createContext({ backend, program, shipped, policy: { snapshots: { signedBy: [signer] } } });
    await using good = await start(signedBy!);
    expect(good.startedFrom.kind).toBe('file');
    await using bad = await start(`ed25519:${other.publicKey.export({ format: 'jwk' }).x}`);
    expect(bad.startedFrom.kind).toBe('program');
    expect(bad.startedFrom.refused[0]).toMatch(/ERR_SNAPSHOT_UNTRUSTED/);
  });

  it('have keys that a policy names as they are shown', () => {
    for (const snapshots of [
      {},
      { signedBy: 'x' },
      { signedBy: ['x'] },
      { signedBy: ['ed25519:'] },
      { by: [] },
      true,
    ]) {
      expect(() => compilePolicy({ snapshots } as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_POLICY' }));
    }
  });

  it('of other keys are reported, and no secret is shown', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const secret = pem(rsa.privateKey);
    for (const key of [mine.publicKey, rsa.privateKey, secret, 'text', 7, {}, null, () => 1]) {
      const failed = snapshot.save(file, { key: key as never });
      await expect(failed).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', message: /an Ed25519 private key/ });
      await expect(failed).rejects.not.toThrow(secret.slice(30, 50));
    }
    for (const key of [rsa.publicKey, 'ed25519:short', [mine.publicKey, 7], {}]) {
      await expect(Snapshot.load(good, { key: key as never })).rejects.toMatchObject({
        code: 'ERR_BAD_OPTION',
        message: /an Ed25519 public key/,
      });
    }
  });
});

function readSource({ resolved }: Program): string {
  if (resolved.kind !== 'js') throw new Error('no JavaScript');
  return resolved.source;
}
