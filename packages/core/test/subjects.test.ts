/** Tests subjects that guests choose: odd ones are refused with a reason, and none makes a reply too long. */
import { describe, expect, it } from 'vitest';
import { builtIns } from '../src/capabilities/index.js';
import { pathProblem, readUrl } from '../src/capabilities/subjects.js';
import { compilePolicy, createContext, js, type Policy } from '../src/index.js';
import { decide, decideGrant, Usage } from '../src/policy/decide.js';
import { fakeBackend } from './fake-backend.js';

const GRANTED: Policy = {
  env: ['COLONY_SUBJECT'],
  fs: { read: ['/srv'], write: ['/srv'] },
  fetch: [{ origin: 'http://a.example' }],
};
const ask = (policy: Policy, name: string, ...args: unknown[]) =>
  decide(
    { policy: compilePolicy(policy), call: new Usage(), lifetimeUsage: new Usage() },
    { name, args, bytes: 0, now: 0 },
  );

describe('a guest gets ERR_POLICY_DENIED, never ERR_INTERNAL', { timeout: 300_000 }, () => {
  const program = js`
    const loop = []; loop.push(loop);
    const SUBJECTS = {
      bigint: () => 1n, huge: () => 1n << 100000n, cyclic: () => loop, nothing: () => undefined, null: () => null,
      list: () => ['COLONY_SUBJECT'], object: () => ({ toString: 1, valueOf: 2 }), bytes: () => new Uint8Array(9),
      lone: () => '\ud800', error: () => new Error('x'), zero: () => '/srv/\0',
      path: () => '/srv/' + 'x'.repeat(12e6), away: () => '/'.repeat(1e5),
      url: () => ({ url: 'http://a.example/' + 'x'.repeat(1e5), method: 'GET' }),
      host: () => ({ url: 'http://' + '\u0300'.repeat(1e5) + '.a', method: 'GET' }),
      method: () => ({ url: 'http://a.example/', method: 'x'.repeat(1e5) }), request: () => ({ url: 1n, method: loop }),
    };
    const ask = (name, ...args) => {
      try { return [name, '', host[name](...args)] }
      catch (error) { return [name.slice(0, 20), error.code, error.message.length] }
    };
    export const askAll = (names) => [
      ...names.flatMap((name) => Object.values(SUBJECTS).map((make) => ask(name, make()))), ask('x'.repeat(12e6)),
    ];
    export const lookUp = () => host['colony:env'](1n);`;
  it.each([
    ['granted', GRANTED],
    ['not granted', {}],
  ])('%s', async (_name, policy) => {
    const limits = { memory: '512 MiB', wallTime: '5 min', cpuTime: '5 min', bytesOut: '1 GiB' };
    await using context = await createContext({ backend: fakeBackend(), program, policy: { ...policy, limits } });
    const names = [...builtIns.keys()].filter((name) => /env$|fs\.|fetch/.test(name));
    const answers = (await context.call('askAll', names)) as [string, string, number][];
    expect(answers).toHaveLength(names.length * 17 + 1);
    expect(answers.filter(([, code, length]) => code !== 'ERR_POLICY_DENIED' || length > 500)).toEqual([]);
    await expect(context.call('lookUp')).rejects.toMatchObject({ code: 'ERR_POLICY_DENIED' });
  });
});

it('grants of all layers are checked before any subject', () => {
  const parts: string[] = [];
  const subject = new Proxy({}, { get: (_target, key) => void parts.push(String(key)) });
  const layers: Policy = { all: [GRANTED, {}] };
  for (const name of builtIns.keys()) {
    expect(ask(layers, name, subject)).toMatchObject({ reason: expect.stringMatching(/does not grant it; /) });
    expect(ask({}, name, subject)).toMatchObject({ reason: expect.stringMatching(/does not grant it; /) });
  }
  expect(parts).toEqual([]);
});

it('a hypercall that is refused without arguments is refused with any', () => {
  const state = { policy: compilePolicy(GRANTED), call: new Usage(), lifetimeUsage: new Usage() };
  for (const name of [...builtIns.keys(), 'f', 'colony:nonsense', '__proto__']) {
    const request = { name, bytes: 0, now: 0 };
    for (const args of [[], ['COLONY_SUBJECT'], ['/srv/x'], [{ url: 'http://a.example', method: 'GET' }]]) {
      const granted = decideGrant(state, request);
      if (!granted.allow) expect(decide(state, { ...request, args })).toEqual(granted);
    }
  }
  expect(decideGrant(state, { name: 'colony:fs.read', bytes: 0, now: 0 })).toEqual({ allow: true });
});

describe('bounds of subjects', () => {
  it('a path has at most 4096 bytes', () => {
    const exact = `/srv/${'x'.repeat(4091)}`;
    expect(ask(GRANTED, 'colony:fs.read', exact)).toEqual({ allow: true });
    for (const path of [`${exact}x`, `/srv/${'é'.repeat(2046)}`, `/srv${'/.'.repeat(5000)}`])
      expect(ask(GRANTED, 'colony:fs.read', path)).toMatchObject({ reason: expect.stringMatching(/4096 bytes/) });
    expect(pathProblem('/a\0b')).toMatch(/zero byte/);
    expect(pathProblem(1)).toMatch(/not a string/);
  });
  it('a URL has at most 8192 bytes, and its host name 253', () => {
    const label = 'abcdefghi.'.repeat(25);
    expect(readUrl(`http://${label}abc/`)).toBeInstanceOf(URL);
    expect(readUrl(`http://user@${label}abc:80/${'x'.repeat(300)}@${'y'.repeat(300)}`)).toBeInstanceOf(URL);
    expect(readUrl(`http://a/${'x'.repeat(8183)}`)).toBeInstanceOf(URL);
    expect(readUrl(`http://a/${'x'.repeat(8184)}`)).toMatch(/8192 bytes/);
    const marks = '\u0300'.repeat(127);
    // Spellings in which `URL` finds the host name.
    for (const start of [
      'http://',
      'HTTPS:',
      ' http:/',
      'ht\ntp:\\\\',
      'http:///\\/',
      'http://a@b@',
      'http://a:b@',
      '\0http://',
    ])
      expect(readUrl(`${start}${marks}`), start).toMatch(/host name of more than 253 bytes/);
    for (const start of ['//', '\\\\', ' /\t/', '/\n\\'])
      expect(readUrl(`${start}${marks}`, 'http://a/'), start).toMatch(/host name of more than 253 bytes/);
    expect(readUrl(`http://a@${marks}:80`)).toMatch(/253/);
  });
  it('only http and https are parsed', () => {
    for (const url of [
      'ftp://a/',
      'file:///a',
      'data:,x',
      'ws://a',
      'blob:http://a/',
      'a',
      '//a/b',
      '',
      'javascript:1',
    ])
      expect(readUrl(url), url).toMatch(/not one of http or https/);
    for (const url of ['ftp://a/', 'file:///a', 'data:,x', ' wss://a'])
      expect(readUrl(url, 'http://a/'), url).toMatch(/not one of http or https/);
    expect(readUrl('http://[', undefined)).toMatch(/not valid/);
    expect(String(readUrl('../c?d', 'http://a/b/e'))).toBe('http://a/c?d');
    expect(String(readUrl(`/${'x'.repeat(400)}`, 'http://a/b'))).toBe(`http://a/${'x'.repeat(400)}`);
  });
});
