/** Tests the options of `linux`, the program's hash, its form in snapshot files, and its load frame. */
import { generateKeyPairSync } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareProgram } from '../src/context/prepared-program.js';
import {
  createContext,
  type LinuxExports,
  type LinuxOptions,
  linux,
  type Program,
  type ResolvedProgram,
  registerBackend,
  Snapshot,
} from '../src/index.js';
import { currentFiles } from '../src/linux/load.js';
import { OptionReader } from '../src/options/option-reader.js';
import { readProgram } from '../src/programs/check.js';
import { programParts, readProgramParts } from '../src/snapshots/program.js';
import { concat, decode } from '../src/wire/codec/public.js';
import { fakeBackend } from './fake-backend.js';

const root = fs.mkdtempSync(join(tmpdir(), 'colony-linux-'));
const executable = join(root, 'program');
const data = join(root, 'data');
const ELF = Buffer.from('\x7fELF and the rest');
beforeAll(() => {
  fs.writeFileSync(executable, ELF);
  fs.mkdirSync(data);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const resolved = (options: Partial<LinuxOptions> = {}) =>
  linux({ executable, system: false, ...options }).resolved as ResolvedProgram & { kind: 'linux' };
const pathsOf = (options: Partial<LinuxOptions>) => resolved(options).files.map(({ path }) => path);

function codeOf(options: unknown): { code: string; message: string; path: unknown } {
  try {
    linux(options as LinuxOptions);
  } catch (error) {
    const { code, message, details } = error as { code: string; message: string; details: { path: unknown } };
    return { code, message, path: details.path };
  }
  throw new Error('it was accepted');
}

describe('linux', () => {
  it('fills its defaults', () => {
    expect(resolved()).toMatchObject({
      kind: 'linux',
      filename: executable,
      files: [{ path: executable, host: executable }],
      args: [],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/' },
    });
    expect(resolved({ env: { HOME: '/x', A: '' } }).env).toMatchObject({ HOME: '/x', A: '', LANG: 'C.UTF-8' });
  });

  it('takes URLs, and copies bytes', () => {
    const bytes = new Uint8Array([1]);
    const { files, filename } = resolved({
      executable: pathToFileURL(executable),
      files: { '/a': bytes, '/b/': pathToFileURL(data), '/c': executable },
    });
    bytes[0] = 2;
    expect(filename).toBe(executable);
    expect(files.slice(0, 3)).toEqual([
      { path: '/a', content: new Uint8Array([1]) },
      { path: '/b', host: data },
      { path: '/c', host: executable },
    ]);
  });

  it.each([
    [{}, 'linux.executable'],
    [{ executable: '' }, 'linux.executable'],
    [{ files: { relative: data } }, 'linux.files.relative'],
    [{ files: { '/a/../b': data } }, 'linux.files./a/../b'],
    [{ files: { '/a': join(root, 'none') } }, 'linux.files./a'],
    [{ files: { '/a': '/dev/null' } }, 'linux.files./a'],
    [{ files: { '/a': 7 } }, 'linux.files./a'],
    [{ files: { '/a': new Uint8Array(), '/a/b': data } }, 'linux.files./a'],
    [{ files: { [executable]: data } }, `linux.files.${executable}`],
    [{ files: Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`/${i}`, data])) }, 'linux.files'],
    [{ env: { 'A=B': '' } }, 'linux.env.A=B'],
    [{ env: { A: 'a\0' } }, 'linux.env.A'],
    [{ env: { A: 7 } }, 'linux.env.A'],
    [{ args: ['a\0'] }, 'linux.args[0]'],
    [{ args: 'a' }, 'linux.args'],
    [{ system: 'yes' }, 'linux.system'],
    [{ arguments: [] }, 'linux.arguments'],
  ])('refuses %o', (options, path) => {
    const isComplete = path === 'linux.executable';
    const error = codeOf(isComplete ? options : { executable, system: false, ...options });
    expect([error.code, error.path]).toEqual(['ERR_BAD_OPTION', path]);
  });

  it('refuses what is not an executable, with advice', () => {
    fs.writeFileSync(join(root, 'text'), 'print(1)');
    expect(codeOf({ executable: join(root, 'text') })).toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(/neither an ELF file nor a script.*give the program that runs it/),
    });
    expect(codeOf({ executable: join(root, 'none') }).code).toBe('ERR_COMPILE');
    expect(codeOf({ executable: data }).code).toBe('ERR_COMPILE');
    expect(codeOf({ executable: '/dev/zero' }).code).toBe('ERR_COMPILE');
  });

  it('has the machine’s libraries, and the interpreter of a script', () => {
    const script = join(root, 'script');
    fs.writeFileSync(script, '#! /bin/sh -e\n');
    const paths = pathsOf({ executable: script, system: true });
    expect(paths).toContain('/usr/lib');
    expect(paths).toContain('/bin/sh');
    expect(
      paths.filter((path) => /^\/(home|root|var|proc|sys|dev|tmp)(\/|$)/.test(path) && !path.startsWith(root)),
    ).toEqual([]);
    expect(
      paths.filter((path) => path.startsWith('/etc')).every((path) => /alternatives|ld\.so|openssl/.test(path)),
    ).toBe(true);
    fs.writeFileSync(script, '#!/none/such\n');
    expect(codeOf({ executable: script })).toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringContaining('/none/such'),
    });
    expect(pathsOf({ executable: script })).toEqual([script]);
  });

  it('a path of the user’s replaces the machine’s, and lies where a link of the machine leads', () => {
    expect(pathsOf({ system: true, files: { '/usr': data } }).filter((path) => path.startsWith('/usr'))).toEqual([
      '/usr',
    ]);
    if (!fs.lstatSync('/lib').isSymbolicLink()) return;
    expect(pathsOf({ system: true, files: { '/lib/own.so': new Uint8Array() } })).toContain('/usr/lib/own.so');
  });

  it('its hash covers the executable, the files, the arguments and the environment', () => {
    const bytes = new Uint8Array([1]);
    const hashes = [
      resolved(),
      resolved({ args: ['a'] }),
      resolved({ args: ['a', 'b'] }),
      resolved({ args: [], env: { a: 'b' } }),
      resolved({ files: { '/a': bytes } }),
      resolved({ files: { '/b': bytes } }),
      resolved({ files: { '/a': new Uint8Array([2]) } }),
      resolved({ files: { '/a': data } }),
    ].map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(resolved().hash).toBe(hashes[0]);
    fs.writeFileSync(executable, '\x7fELF, another one');
    expect(resolved().hash).not.toBe(hashes[0]);
    fs.writeFileSync(executable, ELF);
    expect(resolved().hash).toBe(hashes[0]);
  });
});

describe('a program', () => {
  const options = { files: { '/a': new Uint8Array([1]), '/b': data }, args: ['x'], env: { A: 'b' } };

  it('of another copy of the package is made again from its parts', () => {
    const reader = new OptionReader('ERR_BAD_OPTION', 'options');
    const own = linux({ executable, ...options });
    const foreign = JSON.parse(JSON.stringify(own)) as Record<string, Record<string, unknown>>;
    const files = (own.resolved as { files: readonly object[] }).files.map((file) => ({ ...file }));
    const other = { ...foreign, resolved: { ...foreign.resolved, files } };
    expect(readProgram(other, reader, 'program')).toEqual(own);
    const forged = { ...other, resolved: { ...other.resolved, executable: 'x', hash: 'x' } };
    expect(() => readProgram(forged, reader, 'program')).toThrow(/resolved\.hash/);
  });

  it('is the same after a snapshot file, without the executable', () => {
    const own = linux({ executable, system: false, ...options });
    const parts = programParts(own.resolved, undefined);
    expect(readProgramParts(parts)).toEqual(own);
    for (const [index, bad] of [
      [2, 7],
      [3, [['/a', 'host']]],
      [3, [['a', 'host', '/x']]],
      [3, [['/a', 'other', '/x']]],
      [3, [['/a', 'content', 'text']]],
      [3, 'x'],
      [4, [7]],
      [5, ['A']],
    ] as const)
      expect(readProgramParts(parts.toSpliced(index, 1, bad))).toBeUndefined();
    expect(readProgramParts([...parts, 1])).toBeUndefined();
  });

  it('is loaded by a frame with the places of its files', () => {
    const program = resolved({ ...options, files: { ...options.files, '/b/c': new Uint8Array() } });
    expect(decode(concat(prepareProgram(program).loadFrame()))).toEqual([
      0,
      executable,
      ['x'],
      { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/', A: 'b' },
      [
        ['/a', true],
        ['/b', false],
        [executable, true],
      ],
      false,
    ]);
  });

  it('is not loaded once its executable has changed', () => {
    const program = resolved();
    fs.writeFileSync(executable, '\x7fELF, another one');
    expect(() => prepareProgram(program).loadFrame()).toThrow(/has changed since/);
    fs.writeFileSync(executable, ELF);
    expect(prepareProgram(program).loadFrame()).not.toEqual([]);
  });

  it('of a snapshot file reads no paths of the host that the file names, unless a trusted signer wrote it', async () => {
    const backend = fakeBackend({ capabilities: { programs: ['linux'] } });
    registerBackend(backend);
    const save = async (program: Program<LinuxExports>, file: string, key?: string) => {
      await using context = await createContext({ backend, program });
      await (await context.snapshot()).save(join(root, file), key === undefined ? {} : { key });
    };
    const keys = generateKeyPairSync('ed25519');
    const [key, publicKey] = [
      keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      keys.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    ];
    await save(linux({ executable }), 'plain');
    expect((await Snapshot.load(join(root, 'plain'))).programHash).toBe(linux({ executable }).hash);
    await save(linux({ executable, files: { '/a': data } }), 'naming', key);
    const refused = { code: 'ERR_SNAPSHOT_UNTRUSTED', message: expect.stringContaining('"/a"') };
    await expect(Snapshot.load(join(root, 'naming'))).rejects.toMatchObject(refused);
    expect((await Snapshot.load(join(root, 'naming'), { key: publicKey })).program.kind).toBe('linux');
  });

  it('does not serve an executable of another content', () => {
    const { files, executable: digest, ...rest } = resolved();
    const forged = { files, executable: digest.replace(/./g, '0'), ...rest };
    expect([currentFiles({ ...forged, executable: digest }), currentFiles(forged)]).toEqual([files, []]);
    expect(currentFiles({ ...forged, filename: data, files: [{ path: '/x', host: data }] })).toEqual([]);
  });

  it('is refused by backends that do not run its kind, with their reason', async () => {
    const backend = fakeBackend({ capabilities: { excludes: { linux: 'it is a fake' } } });
    await expect(createContext({ backend, program: linux({ executable }) })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: "the backend 'fake' runs js programs, not linux: it is a fake",
    });
  });
});
