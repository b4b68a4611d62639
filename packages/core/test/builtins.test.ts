import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Context, createContext, js, type Policy } from '../src/index.js';
import { fakeBackend } from './fake-backend.js';

const backend = fakeBackend();
const code = js`
  export const read = (p) => colony.fs.readText(p);
  export const write = (p, c) => colony.fs.write(p, c);
  export const list = (p) => colony.fs.list(p);
  export const stat = (p) => colony.fs.stat(p);
  export const get = async (url, init) => { const r = await fetch(url, init); return [r.status, await r.text(), r.headers.get('X-Test'), r.redirected, r.ok] };
  export const f = (...args) => host.f(...args);`;
const contexts: Context[] = [];
const make = async (policy: Policy, hypercalls = {}) => {
  const ctx = await createContext({ backend, program: code, policy, hypercalls });
  contexts.push(ctx);
  return ctx;
};
afterAll(async () => {
  for (const ctx of contexts) await ctx.dispose();
});
const outcome = async (promise: Promise<unknown>) => {
  try {
    return await promise;
  } catch (error) {
    const { code, details } = error as { code: string; details: { guest?: { code?: string } } };
    return details.guest?.code ?? code;
  }
};

describe('files', () => {
  const root = mkdtempSync(join(tmpdir(), 'colony-fs-'));
  const data = join(root, 'data');
  mkdirSync(join(data, 'sub'), { recursive: true });
  writeFileSync(join(root, 'secret'), 'secret');
  writeFileSync(join(data, 'a.txt'), 'hällo');
  writeFileSync(join(data, 'big'), 'x'.repeat(5000));
  symlinkSync(join(root, 'secret'), join(data, 'link'));
  symlinkSync(root, join(data, 'up'));
  symlinkSync(data, join(root, 'alias'));
  execFileSync('mkfifo', [join(data, 'fifo')]);
  const policy = { fs: { read: [data], write: [join(data, 'sub')], maxBytes: 4096 } };

  it('are read and written below the granted directory', async () => {
    const ctx = await make(policy);
    expect(await ctx.call('read', join(data, 'a.txt'))).toBe('hällo');
    await ctx.call('write', join(data, 'sub', 'new'), 'first, long');
    await ctx.call('write', join(data, 'sub', 'new'), new Uint8Array([65]));
    expect(readFileSync(join(data, 'sub', 'new'), 'utf8')).toBe('A');
    expect(await ctx.call('stat', join(data, 'a.txt'))).toMatchObject({ type: 'file', size: 6 });
    const names = (await ctx.call('list', data)) as { name: string; type: string }[];
    expect(names).toEqual(
      expect.arrayContaining([
        { name: 'sub', type: 'directory' },
        { name: 'link', type: 'other' },
      ]),
    );
  });
  it('cannot be escaped by dots, links, special files or sizes', async () => {
    const ctx = await make(policy);
    const cases: [string, string, string][] = [
      ['read', join(root, 'secret'), 'ERR_POLICY_DENIED'],
      ['read', `${data}/../secret`, 'ERR_POLICY_DENIED'],
      ['read', `${data}/sub/../../secret`, 'ERR_POLICY_DENIED'],
      ['read', join(data, 'link'), 'ELOOP'],
      ['read', `${data}/up/secret`, 'ENOTDIR'],
      ['list', `${data}/up`, 'ENOTDIR'],
      ['stat', join(data, 'link'), 'ELOOP'],
      ['read', join(data, 'fifo'), 'EINVAL'],
      ['read', data, 'EINVAL'],
      ['read', join(data, 'none'), 'ENOENT'],
      ['read', join(data, 'big'), 'EFBIG'],
      ['read', '/proc/self/environ', 'ERR_POLICY_DENIED'],
    ];
    for (const [method, path, expected] of cases)
      expect([path, await outcome(ctx.call(method, path))]).toEqual([path, expected]);
    expect(await outcome(ctx.call('write', join(data, 'a.txt'), 'x'))).toBe('ERR_POLICY_DENIED');
    symlinkSync(join(root, 'secret'), join(data, 'sub', 'out'));
    expect(await outcome(ctx.call('write', join(data, 'sub', 'out'), 'x'))).toBe('ELOOP');
    expect(readFileSync(join(root, 'secret'), 'utf8')).toBe('secret');
  });
  it('a granted directory may itself be a link', async () => {
    const ctx = await make({ fs: { read: [join(root, 'alias')] } });
    expect(await ctx.call('read', join(root, 'alias', 'a.txt'))).toBe('hällo');
  });
  it('a directory that becomes a link meanwhile is not followed', async () => {
    const ctx = await make(policy);
    mkdirSync(join(data, 'swap'));
    renameSync(join(data, 'swap'), join(data, 'swap-old'));
    symlinkSync(root, join(data, 'swap'));
    expect(await outcome(ctx.call('read', join(data, 'swap', 'secret')))).toBe('ENOTDIR');
  });
  it('a grant stays where it was when the context was created', async () => {
    const [house, outside] = ['house', 'outside'].map((name) => join(root, name)) as [string, string];
    for (const folder of [house, outside]) mkdirSync(join(folder, 'granted'), { recursive: true });
    writeFileSync(join(house, 'granted/file'), 'granted');
    writeFileSync(join(outside, 'granted/file'), 'secret');
    symlinkSync(house, join(root, 'current'));
    const grants = [join(house, 'granted'), join(root, 'current/granted')];
    const ctx = await make({ fs: { read: grants, write: [...grants, join(house, 'later')] } });
    unlinkSync(join(root, 'current'));
    symlinkSync(outside, join(root, 'current'));
    expect(await ctx.call('read', join(root, 'current/granted/file'))).toBe('granted');
    // A path that did not exist yet is created in its own place only.
    await ctx.call('write', join(house, 'later'), 'x');
    expect(readFileSync(join(house, 'later'), 'utf8')).toBe('x');
    rmSync(join(house, 'later'));
    symlinkSync(join(root, 'secret'), join(house, 'later'));
    expect(await outcome(ctx.call('write', join(house, 'later'), 'x'))).toBe('ELOOP');
    for (const [swapped, link] of [
      [join(house, 'granted'), join(outside, 'granted')],
      [house, outside],
    ] as const) {
      renameSync(swapped, `${swapped}-old`);
      symlinkSync(link, swapped);
      for (const grant of grants) {
        for (const method of ['read', 'write', 'stat', 'list'])
          expect([method, await outcome(ctx.call(method, join(grant, 'file'), ''))]).toEqual([method, 'ENOTDIR']);
        expect(await outcome(ctx.call('list', grant))).toBe('ENOTDIR');
      }
      rmSync(swapped);
      renameSync(`${swapped}-old`, swapped);
    }
    expect(readFileSync(join(outside, 'granted/file'), 'utf8')).toBe('secret');
    expect(readFileSync(join(root, 'secret'), 'utf8')).toBe('secret');
  });
  it('devices are not opened, and long lists not read to their end', async () => {
    const many = join(root, 'many');
    mkdirSync(many);
    for (let i = 0; i <= 10_000; i++) writeFileSync(join(many, String(i)), '');
    const ctx = await make({ fs: { read: ['/dev', many], write: ['/dev'] } });
    expect(await outcome(ctx.call('list', many))).toBe('EFBIG');
    expect(await outcome(ctx.call('read', '/dev/zero'))).toBe('EINVAL');
    expect(await outcome(ctx.call('write', '/dev/null', 'x'))).toBe('EINVAL');
    expect(await ctx.call('stat', '/dev/zero')).toMatchObject({ type: 'other' });
  });
  it('files are refused if links cannot be kept out', async () => {
    vi.resetModules();
    vi.doMock('../src/host-files/without-links.js', () => ({ opensWithoutLinks: () => false }));
    const { builtIns } = await import('../src/capabilities/index.js');
    vi.doUnmock('../src/host-files/without-links.js');
    for (const name of ['read', 'list', 'stat', 'write']) {
      const { serve } = builtIns.get(`colony:fs.${name}`)!.hypercall;
      expect(() => serve({ limits: {} } as never, {}, [data, ''])).toThrow(/^ENOSYS: /);
    }
  });
  it('errors do not have paths of the host', async () => {
    const ctx = await make(policy);
    const error = await ctx.call('read', join(data, 'none')).catch((thrown) => thrown);
    expect(error.message).not.toContain('/proc/');
  });
});

describe('fetch', () => {
  let server: Server;
  let other: Server;
  let origin = '';
  let elsewhere = '';
  beforeAll(async () => {
    other = createServer((request, response) => response.end(`other ${request.headers.authorization}`)).listen(
      0,
      '127.0.0.1',
    );
    server = createServer((request, response) => {
      const path = request.url!;
      if (path === '/away') response.writeHead(302, { location: `${elsewhere}/x` }).end();
      else if (path === '/near') response.writeHead(301, { location: '/text' }).end();
      else if (path === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else if (path === '/far') response.writeHead(302, { location: `http://${'%cc%80'.repeat(100)}.a/` }).end();
      else if (path === '/ftp') response.writeHead(302, { location: 'ftp://a/' }).end();
      else if (path === '/big') response.end('x'.repeat(200_000));
      else if (path === '/hang') response.write('a');
      else response.setHeader('x-test', 'yes').end(`${request.method} ${request.headers['x-mine'] ?? ''}`);
    }).listen(0, '127.0.0.1');
    await Promise.all([server, other].map((one) => new Promise((resolve) => one.once('listening', resolve))));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const one of [server, other]) {
      one.closeAllConnections();
      one.close();
    }
  });
  it('has granted origins and methods, and decides redirects again', async () => {
    const ctx = await make({
      fetch: [{ origin, methods: ['GET', 'POST'] }],
      limits: { wallTime: 60_000, bytesIn: '100 kB' },
    });
    expect(await ctx.call('get', `${origin}/text`, { headers: { 'x-mine': 'm' } })).toEqual([
      200,
      'GET m',
      'yes',
      false,
      true,
    ]);
    expect(await ctx.call('get', `${origin}/text`, { method: 'POST', body: 'b' })).toEqual([
      200,
      'POST ',
      'yes',
      false,
      true,
    ]);
    expect(await ctx.call('get', `${origin}/near`)).toEqual([200, 'GET ', 'yes', true, true]);
    const headers = { 'x-mine': 'm'.repeat(65_536) };
    expect(await outcome(ctx.call('get', `${origin}/text`, { headers }))).toBe('ERR_HYPERCALL_FAILED');
    expect(await outcome(ctx.call('get', `${origin}/away`))).toBe('ERR_POLICY_DENIED');
    expect(await outcome(ctx.call('get', elsewhere))).toBe('ERR_POLICY_DENIED');
    expect(await outcome(ctx.call('get', origin, { method: 'DELETE' }))).toBe('ERR_POLICY_DENIED');
    for (const path of ['/loop', '/big', '/far', '/ftp'])
      expect(await outcome(ctx.call('get', origin + path))).toBe('ERR_HYPERCALL_FAILED');
  });
  it('secrets are not sent to another origin, and hanging requests end with the call', async () => {
    const policy = { fetch: [{ origin }, { origin: elsewhere }] };
    const patient = await make({ ...policy, limits: { wallTime: 60_000 } });
    expect((await patient.call('get', `${origin}/away`, { headers: { authorization: 'secret' } }))[1]).toBe(
      'other undefined',
    );
    const ctx = await make({ ...policy, limits: { wallTime: 300 } });
    expect(await outcome(ctx.call('get', `${origin}/hang`))).toBe('ERR_LIMIT_WALL_TIME');
  });
});

describe('any Standard Schema validator checks arguments', () => {
  const asyncSchema = z.tuple([z.string()]).refine(async (args) => args[0] !== 'bad');
  it.each([
    ['zod', z.tuple([z.string().transform((s) => s.toUpperCase()), z.number().default(5)]), ['a'], ['A', 5]],
    [
      'valibot',
      v.pipe(
        v.tuple([v.string()]),
        v.transform(([s]) => [`${s}!`]),
      ),
      ['a'],
      ['a!'],
    ],
    ['async zod', asyncSchema, ['good'], ['good']],
  ])('%s: the handler gets the validated output', async (_name, args, output, seen) => {
    const ctx = await make({ hypercalls: { f: true } }, { f: { args, handler: (...received: unknown[]) => received } });
    expect(await ctx.call('f', ...output)).toEqual(seen);
    const error = await ctx.call('f', 1).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_GUEST_THROWN',
      details: { hypercall: 'f', guest: { name: 'TypeError' } },
    });
  });
});
