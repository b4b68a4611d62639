/** Forged snapshot files of this backend, with correct checksums. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fails } from '@colony/conformance';
import { createContext, js, native, openBackend, type Program, Snapshot, wasm } from '@colony/core';
import { concat, decode, encode } from '@colony/core/codec';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'colony-wasm-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = 24;
const DIGEST = 32;
type Body = [backend: string, program: unknown[], payload: Uint8Array, exports: unknown];

async function saved(program: Program, name: string): Promise<{ file: string; body: Body }> {
  await using context = await createContext({ backend: 'wasm', program });
  using snapshot = await context.snapshot();
  const file = join(folder, name);
  await snapshot.save(file);
  const bytes = readFileSync(file);
  return { file, body: decode(bytes.subarray(HEADER, bytes.length - DIGEST)) as Body };
}

/** Replaces the body of a file. Returns its SHA-256. */
function forge(file: string, body: unknown): string {
  const bytes = concat(encode(body));
  const header = Buffer.from(readFileSync(file).subarray(0, HEADER));
  header.writeBigUInt64LE(BigInt(bytes.length), 16);
  const all = Buffer.concat([header, bytes]);
  const whole = Buffer.concat([all, createHash('sha256').update(all).digest()]);
  writeFileSync(file, whole);
  return createHash('sha256').update(whole).digest('hex');
}

/** (module (func (export "answer") (result i32) i32.const N)), 0 <= N < 64. */
const answer = (n: number): Program =>
  wasm(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0],
      ...[7, 10, 1, 6, ...Buffer.from('answer'), 0, 0, 10, 6, 1, 4, 0, 0x41, n, 0x0b],
    ),
  );

describe('a forged file', () => {
  it('does not replace the code of the program whose hash it claims (C2)', async () => {
    const [honest, evil] = [answer(42), answer(13)];
    const { file, body } = await saved(honest, 'claims');
    // The file has the honest program's name, but no field for its hash.
    const evilModule = evil.resolved.kind === 'wasm' ? evil.resolved.module : new Uint8Array();
    forge(file, [body[0], ['wasm', honest.filename, evilModule], body[2], body[3]]);
    const loaded = await Snapshot.load(file);
    expect(loaded.programHash).toBe(evil.hash);
    {
      await using context = await createContext({ backend: 'wasm', snapshot: loaded });
      expect(await context.call('answer')).toBe(13);
    }
    await fails('ERR_BAD_OPTION', () => createContext({ backend: 'wasm', snapshot: loaded, program: honest }));
    await using context = await createContext({ backend: 'wasm', program: honest });
    expect(await context.call('answer')).toBe(42);
  });

  it('that is shipped is used only by contexts that name it (C2)', async () => {
    const honest = js('const value = 42; export const answer = () => value;', { filename: 'same.js' });
    const evil = js('const value = 1337; export const answer = () => value;', { filename: 'same.js' });
    const { file, body } = await saved(evil, 'shipped');
    const [, , ownPayload] = (await saved(honest, 'honest')).body;
    expect(ownPayload).not.toStrictEqual(body[2]);
    const source = honest.resolved.kind === 'js' ? honest.resolved.source : '';
    const sha256 = forge(file, [body[0], ['js', 'same.js', source, []], body[2], body[3]]);
    const backend = await openBackend('wasm', { threads: 1 });
    const shipped = [{ file, sha256, backend: 'wasm', engine: await backend.engine!() }];
    const pool = { threads: 1 };
    {
      await using named = await createContext({ backend: 'wasm', program: honest, shipped, pool });
      expect(named.startedFrom.kind).toBe('file');
      expect(await named.call('answer'), 'who names a file by its hash trusts it').toBe(1337);
    }
    {
      await using again = await createContext({ backend: 'wasm', program: honest, shipped, pool });
      expect(again.startedFrom.kind, 'contexts that name the same file share its state').toBe('process');
    }
    await using other = await createContext({ backend: 'wasm', program: honest, pool });
    expect(await other.call('answer')).toBe(42);
    expect(other.startedFrom.kind).toBe('program');
  });

  it('takes no memory beyond limits.memory, whatever size it claims (H7)', async () => {
    const { file, body } = await saved(js('export const f = () => 1'), 'large');
    const payload = decode(body[2]) as unknown[];
    const size = payload.findIndex((part) => typeof part === 'number' && part >= 65536);
    expect(size, 'the payload has no size where this test looks for it').toBeGreaterThan(0);
    const before = process.memoryUsage().arrayBuffers;
    payload[size] = 2 ** 32;
    forge(file, [body[0], body[1], concat(encode(payload)), body[3]]);
    const loaded = await Snapshot.load(file);
    expect(loaded.size).toBe(2 ** 32);
    const limits = { memory: '64MiB' };
    await fails('ERR_LIMIT_MEMORY', () => createContext({ backend: 'wasm', snapshot: loaded, limits }));
    const engine = await (await openBackend('wasm')).engine!();
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    await using context = await createContext({
      backend: 'wasm',
      program: loaded.program,
      limits,
      pool: { threads: 1 },
      shipped: [{ file, sha256, backend: 'wasm', engine }],
    });
    expect(context.startedFrom.refused[0]!).toMatch(/ERR_LIMIT_MEMORY/);
    expect(process.memoryUsage().arrayBuffers - before, 'the claimed memory was taken').toBeLessThan(2 ** 30);
  });

  it('never builds: it has the built images of a C program (C1)', async () => {
    const source = join(folder, 'count.c');
    writeFileSync(
      source,
      '#include <colony/virtine.h>\nstatic int n;\nint bump(void) { return ++n; }\nCOLONY_EXPORT(int, bump);\n',
    );
    const program = native.c(source);
    await using context = await createContext({ backend: 'wasm', program });
    await context.with({ state: 'keep' }).call('bump');
    const file = join(folder, 'count');
    await (await context.snapshot()).save(file);
    rmSync(source);
    expect(readFileSync(file).includes(folder), 'the file names a path of the host').toBeFalsy();
    const loaded = await Snapshot.load(file);
    expect(loaded.program.resolved.kind === 'native' && loaded.program.resolved.cFile === undefined).toBeTruthy();
    await using other = await createContext({ backend: 'wasm', snapshot: loaded });
    expect(await other.call('bump')).toBe(2);
    const again = join(folder, 'again');
    await (await other.snapshot()).save(again);
    expect((await Snapshot.load(again)).programHash).toBe(loaded.programHash);
  });
});
