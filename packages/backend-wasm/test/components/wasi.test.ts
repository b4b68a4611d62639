/** WASI: a component can use only what its policy grants, and every refusal is reported. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, component, createContext, type Policy, shutdown } from '@colony/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble, build, cacheDir, call, prepared } from './lib.js';

/**
 * Preview 1 through jco's adapter, as compilers for wasm32-wasi produce it. Text to write is at `text`, of `length`
 * bytes.
 */
const WIT = `package t:t; world w {
  export print: func(text: string, to: u32) -> u32;
  export time: func(clock: u32) -> u64;
  export random: func(length: u32) -> list<u8>;
  export environment: func() -> list<u8>;
  export sleep: func(nanoseconds: u64) -> u32;
  export exit: func(code: u32);
  export read: func(path: string) -> result<list<u8>, u32>;
  export write: func(path: string, text: string) -> u32;
  export entries: func(path: string) -> result<list<u8>, u32>;
  export size: func(path: string) -> result<u64, u32>;
  export remove: func(path: string) -> u32;
  export stdin: func() -> u32;
}`;

const p1 = (name: string, type: string) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${type}))`;
/** The first preopened directory. */
const ROOT = '(i32.const 3)';
const open = (flags: number, rights: string) => `(call $path_open ${ROOT} (i32.const 0) (local.get 0) (local.get 1)
  (i32.const ${flags}) (i64.const ${rights}) (i64.const 0) (i32.const 0) (i32.const 40))`;
const failedWith = (code: string) =>
  `(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) ${code}) (return (i32.const 64))`;
const gives = (pointer: number, length: string) =>
  `(i32.store8 (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const ${pointer})) (i32.store (i32.const 72) ${length}) (i32.const 64)`;

const WAT = `(module
  ${p1('fd_write', '(param i32 i32 i32 i32) (result i32)')}
  ${p1('fd_read', '(param i32 i32 i32 i32) (result i32)')}
  ${p1('fd_close', '(param i32) (result i32)')}
  ${p1('fd_readdir', '(param i32 i32 i32 i64 i32) (result i32)')}
  ${p1('path_open', '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)')}
  ${p1('path_filestat_get', '(param i32 i32 i32 i32 i32) (result i32)')}
  ${p1('path_unlink_file', '(param i32 i32 i32) (result i32)')}
  ${p1('clock_time_get', '(param i32 i64 i32) (result i32)')}
  ${p1('random_get', '(param i32 i32) (result i32)')}
  ${p1('environ_sizes_get', '(param i32 i32) (result i32)')}
  ${p1('environ_get', '(param i32 i32) (result i32)')}
  ${p1('poll_oneoff', '(param i32 i32 i32 i32) (result i32)')}
  ${p1('proc_exit', '(param i32)')}
  (memory (export "memory") 8)
  (global $top (mut i32) (i32.const 262144))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 3))))
  (func $iovec (param i32 i32) (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)))
  (func (export "print") (param i32 i32 i32) (result i32)
    (call $iovec (local.get 0) (local.get 1))
    (call $fd_write (local.get 2) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "stdin") (result i32)
    (call $iovec (i32.const 4096) (i32.const 100))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) (i32.load (i32.const 8)))
  (func (export "time") (param i32) (result i64)
    (drop (call $clock_time_get (local.get 0) (i64.const 1) (i32.const 16))) (i64.load (i32.const 16)))
  (func (export "random") (param i32) (result i32)
    (drop (call $random_get (i32.const 4096) (local.get 0)))
    (i32.store (i32.const 64) (i32.const 4096)) (i32.store (i32.const 68) (local.get 0)) (i32.const 64))
  (func (export "environment") (result i32)
    (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $environ_get (i32.const 1024) (i32.const 4096)))
    (i32.store (i32.const 64) (i32.const 4096)) (i32.store (i32.const 68) (i32.load (i32.const 20))) (i32.const 64))
  (func (export "sleep") (param i64) (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 48))
    (i32.store (i32.const 1040) (i32.const 1)) (i64.store (i32.const 1048) (local.get 0))
    (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 16)))
  (func (export "exit") (param i32) (call $proc_exit (local.get 0)))
  (func (export "read") (param i32 i32) (result i32) (local $code i32)
    (local.set $code ${open(0, '2')})
    (if (local.get $code) (then ${failedWith('(local.get $code)')}))
    (call $iovec (i32.const 65536) (i32.const 65536))
    (local.set $code (call $fd_read (i32.load (i32.const 40)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (local.get $code) (then ${failedWith('(local.get $code)')}))
    ${gives(65536, '(i32.load (i32.const 8))')})
  (func (export "write") (param i32 i32 i32 i32) (result i32) (local $code i32)
    (local.set $code ${open(9, '64')})
    (if (local.get $code) (then (return (local.get $code))))
    (call $iovec (local.get 2) (local.get 3))
    (local.set $code (call $fd_write (i32.load (i32.const 40)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (local.get $code) (then (return (local.get $code))))
    (call $fd_close (i32.load (i32.const 40))))
  (func (export "entries") (param i32 i32) (result i32) (local $code i32)
    (local.set $code ${open(2, '16384')})
    (if (local.get $code) (then ${failedWith('(local.get $code)')}))
    (local.set $code (call $fd_readdir (i32.load (i32.const 40)) (i32.const 65536) (i32.const 65536) (i64.const 0) (i32.const 8)))
    (if (local.get $code) (then ${failedWith('(local.get $code)')}))
    ${gives(65536, '(i32.load (i32.const 8))')})
  (func (export "size") (param i32 i32) (result i32) (local $code i32)
    (local.set $code (call $path_filestat_get ${ROOT} (i32.const 0) (local.get 0) (local.get 1) (i32.const 1024)))
    (if (local.get $code) (then
      (i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 72) (local.get $code)) (return (i32.const 64))))
    (i32.store8 (i32.const 64) (i32.const 0)) (i64.store (i32.const 72) (i64.load (i32.const 1056))) (i32.const 64))
  (func (export "remove") (param i32 i32) (result i32)
    (call $path_unlink_file ${ROOT} (local.get 0) (local.get 1))))`;

const ERRNO = { acces: 2, badf: 8, noent: 44, notdir: 54, notsup: 58, perm: 63, loop: 32 };
const decoder = new TextDecoder();

describe('WASI of a component', () => {
  let bytes: Uint8Array;
  let folder: string;
  const contexts: Context[] = [];
  const lines: string[] = [];
  const create = async (policy: Policy) => {
    const context = await createContext({
      backend: 'wasm',
      program: component(bytes),
      policy,
      console: (level, text) => lines.push(`${level} ${text}`),
    });
    contexts.push(context);
    lines.length = 0;
    return context;
  };
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      (value) => value,
      (error) => (error.code === 'ERR_GUEST_THROWN' ? error.details.guest.value : error.code),
    );

  beforeAll(async () => {
    process.env.COLONY_CACHE_DIR = cacheDir;
    folder = mkdtempSync(join(tmpdir(), 'colony-wasi-'));
    bytes = await build(WIT, WAT, { wasi: true });
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.dispose()));
    await shutdown();
    rmSync(folder, { recursive: true });
    rmSync(cacheDir, { recursive: true, force: true });
  });

  it('prints whole lines to the console, and the rest at the end', async () => {
    const context = await create({ console: true });
    await context.call('print', 'one\ntwo\nthr\u00e9e', 1);
    await context.call('print', 'bad\n', 2);
    context.callSync('print', '\u001b[31mred\n', 1);
    expect(lines).toStrictEqual(['log one', 'log two', 'log thr\u00e9e', 'error bad', 'log \ufffd[31mred']);
    expect(await context.call('stdin')).toBe(0);
  });

  it('ends a call that uses an interface without a grant', async () => {
    const context = await create({});
    for (const [name, ...args] of [
      ['print', 'x\n', 1],
      ['print', 'without an end', 1],
      ['time', 0],
      ['time', 1],
      ['random', 8],
      ['sleep', 1000n],
    ] as const) {
      expect(await codeOf(context.call(name, ...args)), name).toBe('ERR_POLICY_DENIED');
    }
    expect(await context.call('environment')).toStrictEqual(new Uint8Array(0));
    for (const name of ['read', 'entries', 'size'] as const) {
      expect(await codeOf(context.call(name, 'etc/passwd')), name).toBe(ERRNO.acces);
    }
    expect(await context.call('write', 'tmp/x', 'x')).toBe(ERRNO.acces);
  });

  it('has the host’s clock and random numbers, or the policy’s', async () => {
    const context = await create({ clock: true, random: true });
    const before = BigInt(Date.now()) * 1_000_000n;
    expect(await context.call('time', 0)).toBeGreaterThanOrEqual(before);
    expect(await context.call('time', 1)).toBeGreaterThan(0n);
    const [a, b] = [await context.call('random', 70_000), await context.call('random', 70_000)];
    expect(a.length).toBe(70_000);
    expect(a).not.toStrictEqual(b);
    const fixed = await create({ clock: { fixed: 1234 }, random: { seed: 1 } });
    expect(await fixed.call('time', 0)).toBe(1_234_000_000n);
    expect(await fixed.call('random', 8)).toStrictEqual(await fixed.call('random', 8));
    // With a fixed clock, sleeping returns at once.
    expect(await fixed.call('sleep', 10n ** 12n)).toBe(0);
  });

  it('sleeps, at most until its wall time ends', async () => {
    const context = await create({ clock: true, limits: { wallTime: '1 min', cpuTime: '1 min' } });
    const before = performance.now();
    expect(await context.call('sleep', 20_000_000n)).toBe(0);
    expect(performance.now() - before).toBeGreaterThanOrEqual(20);
    const brief = context.with({ limits: { wallTime: '200 ms' } });
    expect(await codeOf(brief.call('sleep', 10n ** 12n))).toBe('ERR_LIMIT_WALL_TIME');
  });

  it('sees the listed variables', async () => {
    process.env.COLONY_TEST_SEEN = 'yes';
    process.env.COLONY_TEST_HIDDEN = 'no';
    const context = await create({ env: ['COLONY_TEST_SEEN', 'COLONY_TEST_UNSET'] });
    expect(decoder.decode(await context.call('environment'))).toBe('COLONY_TEST_SEEN=yes\0');
    const narrowed = await create({
      all: [{ env: ['COLONY_TEST_SEEN', 'COLONY_TEST_HIDDEN'] }, { env: ['COLONY_TEST_HIDDEN'] }],
    });
    expect(decoder.decode(await narrowed.call('environment'))).toBe('COLONY_TEST_HIDDEN=no\0');
  });

  it('exits with a trap', async () => {
    const context = await create({});
    expect(await codeOf(context.call('exit', 1))).toBe('ERR_GUEST_TRAP');
    expect(await codeOf(context.call('exit', 0))).toBe('ERR_GUEST_TRAP');
  });

  it('reads and writes below granted directories', async () => {
    writeFileSync(join(folder, 'in.txt'), 'text');
    symlinkSync('/etc/passwd', join(folder, 'link'));
    const context = await create({ fs: { read: [folder], write: [folder] } });
    const path = (name: string) => join(folder, name).slice(1);
    expect(decoder.decode(await context.call('read', path('in.txt')))).toBe('text');
    expect(await context.call('size', path('in.txt'))).toBe(4n);
    expect(await context.call('write', path('out.txt'), 'written')).toBe(0);
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('written');
    expect(context.callSync('write', path('out.txt'), 'again')).toBe(0);
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('again');
    expect(decoder.decode(await context.call('entries', path('')))).toMatch(/in\.txt[\s\S]*out\.txt/);
    expect(await context.call('remove', path('in.txt'))).toBe(ERRNO.notsup);
    expect(await codeOf(context.call('read', path('none.txt')))).toBe(ERRNO.noent);
    expect(await codeOf(context.call('read', path('link')))).toBe(ERRNO.loop);
    expect(await codeOf(context.call('read', 'etc/passwd'))).toBe(ERRNO.acces);
    expect(await codeOf(context.call('read', '../etc/passwd'))).toBe(ERRNO.perm);
    expect(await codeOf(context.call('read', path('../etc/passwd')))).toBe(ERRNO.acces);
  });

  it('reports failed writes at the end', async () => {
    // Larger than the policy allows.
    const context = await create({ fs: { write: [folder], maxBytes: 4 } });
    const outcome = await codeOf(context.call('write', join(folder, 'large.txt').slice(1), '12345'));
    expect(outcome).toBe(undefined);
    await expect(context.call('write', join(folder, 'large.txt').slice(1), '12345')).rejects.toThrow(
      /cannot be kept: file-too-large/,
    );
  });

  it('writes without a grant to read, and reads without a grant to write', async () => {
    writeFileSync(join(folder, 'kept.txt'), 'kept');
    const path = (name: string) => join(folder, name).slice(1);
    const writer = await create({ fs: { write: [folder] } });
    expect(await writer.call('write', path('new.txt'), 'new')).toBe(0);
    expect(readFileSync(join(folder, 'new.txt'), 'utf8')).toBe('new');
    expect(await codeOf(writer.call('read', path('kept.txt')))).toBe(ERRNO.acces);
    const reader = await create({ fs: { read: [folder] } });
    expect(await reader.call('write', path('kept.txt'), 'lost')).toBe(ERRNO.acces);
    expect(readFileSync(join(folder, 'kept.txt'), 'utf8')).toBe('kept');
  });
});

describe('what is not there', () => {
  const refuses = async (wat: string, message: RegExp) =>
    expect(prepared(await assemble(wat))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(message),
    });

  it('is refused by name before anything runs', async () => {
    await refuses(
      `(component
        (import "wasi:http/outgoing-handler@0.2.3" (instance (export "handle" (func))))
        (import "wasi:sockets/network@0.2.3" (instance))
        (import "wasi:cli/environment@0.2.3" (instance (export "set-environment" (func)))))`,
      /wasi:http\/outgoing-handler@0\.2\.3, wasi:sockets\/network@0\.2\.3, wasi:cli\/environment@0\.2\.3\.set-environment/,
    );
    await refuses(
      `(component (import "a:b/c" (instance (export "r" (type (sub resource))) (export "[constructor]r" (func)))))`,
      /\[constructor\]r \(resources\)/,
    );
    await refuses('(component (import "m" (core module)))', /imports what no policy can grant here: m/);
  });

  it('accepts only handles of WASI that the component received', async () => {
    const program = await prepared(
      await assemble(`(component
        (import "wasi:io/streams@0.2.3" (instance $streams
          (export $o "output-stream" (type (sub resource)))
          (export "[method]output-stream.check-write" (func (param "self" (borrow $o)) (result u64)))))
        (alias export $streams "output-stream" (type $stream))
        (alias export $streams "[method]output-stream.check-write" (func $check))
        (core func $lowered (canon lower (func $check)))
        (core func $drop (canon resource.drop $stream))
        (core module $m
          (import "" "check" (func $check (param i32) (result i64)))
          (import "" "drop" (func $drop (param i32)))
          (func (export "check") (param i32) (result i64) (call $check (local.get 0)))
          (func (export "drop") (param i32) (call $drop (local.get 0))))
        (core instance $i (instantiate $m (with "" (instance
          (export "check" (func $lowered)) (export "drop" (func $drop))))))
        (func (export "check") (param "handle" u32) (result u64) (canon lift (core func $i "check")))
        (func (export "drop") (param "handle" u32) (canon lift (core func $i "drop"))))`),
    );
    for (const name of ['check', 'drop']) {
      for (const handle of [0, 1, 2, 1000, 0x3fffffff, 0x7fffffff, 0xffffffff]) {
        expect(() => call(program, name, handle), `${name} ${handle}`).toThrow(
          expect.objectContaining({ code: 'ERR_GUEST_PROTOCOL' }),
        );
      }
    }
  });
});
