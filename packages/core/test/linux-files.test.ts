/** Tests the hypercalls of Linux programs: the files of the set, and what the policy grants. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinuxFile } from '../src/backend.js';
import { createHandler } from '../src/hypercalls/dispatch.js';
import { CallScope } from '../src/hypercalls/scope.js';
import { AUDIT_CHANNEL, type Policy } from '../src/index.js';
import { openFileSet } from '../src/linux/file-set.js';
import { isOfTheProgram, linuxServices } from '../src/linux/services.js';
import { UnsupportedCalls } from '../src/linux/unsupported.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { ownerFor } from './lib/owner.js';

const root = fs.mkdtempSync(join(tmpdir(), 'colony-linux-files-'));
const tree = join(root, 'tree');
const outside = join(root, 'outside');
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const text = (path: string, content: string) => {
  fs.mkdirSync(join(path, '..'), { recursive: true });
  fs.writeFileSync(path, content);
};

beforeAll(() => {
  text(join(outside, 'secret'), 'secret');
  text(join(tree, 'dir/file'), 'content of the file');
  text(join(tree, 'dir/deep/leaf'), 'leaf');
  fs.chmodSync(join(tree, 'dir/file'), 0o640);
  fs.utimesSync(join(tree, 'dir/file'), 1000, 2000);
  fs.mkdirSync(join(tree, 'links'));
  for (const [name, target] of [
    ['near', '../dir/file'],
    ['absolute', '/data/dir/file'],
    ['directory', '../dir'],
    ['chain', 'near'],
    ['escape', '../../../../../../../../etc/passwd'],
    ['host', join(outside, 'secret')],
    ['dangling', 'none'],
    ['loop', 'loop'],
    ['root', '/'],
  ] as const)
    fs.symlinkSync(target, join(tree, 'links', name));
  for (let index = 0; index <= 41; index++) fs.symlinkSync(`${index + 1}`, join(tree, 'links', `${index}`));
  fs.symlinkSync('near', join(tree, 'links', '42'));
});

const SET: readonly LinuxFile[] = [
  { path: '/app/bytes', content: new Uint8Array([1, 2, 3, 4]) },
  {
    path: '/data',
    get host() {
      return tree;
    },
  } as LinuxFile,
  { path: '/data/dir/over/lay', content: new Uint8Array([9]) },
  { path: '/lib', link: 'usr/lib' },
  {
    path: '/usr/lib',
    get host() {
      return join(tree, 'dir');
    },
  } as LinuxFile,
];

interface Answer {
  readonly value: unknown;
  readonly code: string | undefined;
  readonly message: string;
  readonly scope: CallScope;
}

type Ask = (name: string, ...args: unknown[]) => Answer;

function asking(
  files: readonly LinuxFile[] = SET,
  policy: Policy = {},
  unsupported: UnsupportedCalls = new UnsupportedCalls(),
): Ask {
  const owner = ownerFor(policy, { services: linuxServices(openFileSet(files), unsupported) });
  const scope = new CallScope(owner, owner.policy.limits);
  const handler = createHandler(scope);
  return (name, ...args) => {
    const frame = concat(encode([`colony:linux.${name}`, args])).slice();
    const [status, content] = decode(concat(handler(frame) as Uint8Array[])) as [number, never];
    if (status === 0) return { value: content, code: undefined, message: '', scope };
    const { code, message } = content as { code: string; message: string };
    return { value: undefined, code, message, scope };
  };
}

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

describe('look', () => {
  it('reports files, directories and links', () => {
    const ask = asking();
    expect(ask('look', '/data/dir/file', true).value).toEqual([0, 19, 0o640, 2_000_000, '/data/dir/file']);
    expect((ask('look', '/data/dir', true).value as unknown[])[0]).toBe(1);
    expect((ask('look', '/data/links/near', false).value as unknown[]).toSpliced(3, 1)).toEqual([
      2,
      11,
      0o777,
      '../dir/file',
    ]);
    expect(ask('look', '/app/bytes', true).value).toEqual([0, 4, 0o444, 0, '/app/bytes']);
  });

  it.each([
    ['/data/links/near', '/data/dir/file'],
    ['/data/links/absolute', '/data/dir/file'],
    ['/data/links/chain', '/data/dir/file'],
    ['/data/links/directory/file', '/data/dir/file'],
    ['/data/links/root/usr/lib/file', '/usr/lib/file'],
    ['/lib/file', '/usr/lib/file'],
    ['/lib', '/usr/lib'],
  ])('%s leads to %s in the guest', (path, found) => {
    expect((asking()('look', path, true).value as unknown[])[4]).toBe(found);
  });

  it('follows the links above a link that is not followed', () => {
    const found = asking()('look', '/data/links/root/data/links/near', false).value as unknown[];
    expect([found[0], found[4]]).toEqual([2, '../dir/file']);
  });

  it.each([
    ['/data/links/escape', 'ENOENT'],
    ['/data/links/host', 'ENOENT'],
    ['/data/links/dangling', 'ENOENT'],
    ['/data/links/loop', 'ELOOP'],
    ['/data/links/0', 'ELOOP'],
    ['/data/dir/file/x', 'ENOTDIR'],
    ['/app/bytes/x', 'ENOTDIR'],
    ['/data/none', 'ENOENT'],
    ['/etc/passwd', 'ENOENT'],
    ['/application', 'ENOENT'],
    [`/data/${'x'.repeat(300)}`, 'ENAMETOOLONG'],
    ['/data/../etc/passwd', 'EINVAL'],
    ['/data/./dir', 'EINVAL'],
    ['/data//dir', 'EINVAL'],
    ['/data/', 'EINVAL'],
    ['data', 'EINVAL'],
    ['', 'EINVAL'],
    ['/data\0', 'EINVAL'],
    [`/${'x/'.repeat(2100)}x`, 'EINVAL'],
    [7, 'EINVAL'],
    [null, 'EINVAL'],
  ])('%s: %s', (path, code) => {
    const { message, ...answer } = asking()('look', path, true);
    expect(answer.code).toBe(code);
    expect(message).not.toContain(root);
    expect(message).not.toContain('/proc/');
  });

  it('shows the directories that lead to files of the set', () => {
    const ask = asking();
    for (const path of ['/', '/app', '/usr', '/data/dir/over']) {
      expect((ask('look', path, true).value as unknown[])[0], path).toBe(1);
    }
  });

  it('a chain of 40 links is followed, and one of 41 is not', () => {
    expect(asking()('look', '/data/links/4', true).code).toBeUndefined();
    expect(asking()('look', '/data/links/3', true).code).toBe('ELOOP');
  });
});

describe('list', () => {
  it('merges the host’s entries with those of the set', () => {
    const ask = asking();
    expect(ask('list', '/data/dir').value).toEqual([
      ['deep', 1],
      ['file', 0],
      ['over', 1],
    ]);
    expect(ask('list', '/').value).toEqual([
      ['app', 1],
      ['data', 1],
      ['lib', 2],
      ['usr', 1],
    ]);
    expect(ask('list', '/usr').value).toEqual([['lib', 1]]);
    expect(ask('list', '/data/dir/over').value).toEqual([['lay', 0]]);
  });

  it('a file, a link and a missing directory are errors', () => {
    const ask = asking();
    expect(ask('list', '/data/dir/file').code).toBe('ENOTDIR');
    expect(ask('list', '/data/links/directory').code).toBe('ENOTDIR');
    expect(ask('list', '/none').code).toBe('ENOENT');
  });

  it('leaves more than 10,000 entries unread', () => {
    const many = join(root, 'many');
    fs.mkdirSync(many);
    for (let index = 0; index <= 10_000; index++) fs.writeFileSync(join(many, `${index}`), '');
    expect(asking([{ path: '/many', host: many }])('list', '/many').code).toBe('EFBIG');
  });
});

describe('read', () => {
  it('returns a range, and fewer bytes only at the end', () => {
    const ask = asking();
    expect(textOf(ask('read', '/data/dir/file', 0, 7).value)).toBe('content');
    expect(textOf(ask('read', '/data/dir/file', 15, 100).value)).toBe('file');
    expect(textOf(ask('read', '/data/dir/file', 100, 100).value)).toBe('');
    expect(ask('read', '/app/bytes', 1, 2).value).toEqual(new Uint8Array([2, 3]));
    expect(ask('read', '/data/dir/file', 2 ** 52, 2 ** 20).value).toEqual(new Uint8Array());
  });

  it.each([
    [['/data/dir/file', 0, 2 ** 20 + 1], 'EINVAL'],
    [['/data/dir/file', -1, 1], 'EINVAL'],
    [['/data/dir/file', 0.5, 1], 'EINVAL'],
    [['/data/dir/file', 2n ** 63n, 1], 'EINVAL'],
    [['/data/dir/file', 0, Number.NaN], 'EINVAL'],
    [['/data/dir/file'], 'EINVAL'],
    [['/data/dir', 0, 1], 'EISDIR'],
    [['/app', 0, 1], 'EISDIR'],
    [['/lib', 0, 1], 'ELOOP'],
    [['/data/links/near', 0, 1], 'ELOOP'],
    [['/data/links/directory/file', 0, 1], 'ENOTDIR'],
    [['/none', 0, 1], 'ENOENT'],
  ])('%o: %s', (args, code) => {
    expect(asking()('read', ...args).code).toBe(code);
  });

  it('returns up to a mebibyte, which does not count as input of the call', () => {
    const large = join(root, 'large');
    fs.writeFileSync(large, Buffer.alloc(2 ** 21, 7));
    const ask = asking([{ path: '/large', host: large }], { limits: { bytesIn: 100 } });
    const { value, scope } = ask('read', '/large', 2 ** 20, 2 ** 20);
    expect((value as Uint8Array).length).toBe(2 ** 20);
    expect([scope.bytesIn, scope.hypercalls, scope.fatal]).toEqual([0, 1, undefined]);
    expect(scope.bytesOut).toBeGreaterThan(0);
  });

  it('a file that cannot be read is an error of the guest', () => {
    if (process.getuid?.() === 0) return;
    const closed = join(root, 'closed');
    fs.writeFileSync(closed, 'x', { mode: 0 });
    const ask = asking([{ path: '/closed', host: closed }]);
    expect(ask('look', '/closed', true).code).toBeUndefined();
    expect(ask('read', '/closed', 0, 1).code).toBe('EACCES');
  });
});

it('devices, pipes and sockets are neither opened nor listed', async () => {
  const folder = join(root, 'special');
  fs.mkdirSync(folder);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const server = createServer().listen(join(folder, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const ask = asking([
    { path: '/dev', host: '/dev' },
    { path: '/special', host: folder },
  ]);
  for (const path of ['/dev/null', '/dev/zero', '/special/pipe', '/special/socket']) {
    expect(ask('look', path, true).code, path).toBe('EACCES');
    expect(ask('read', path, 0, 1).code, path).toBe('EACCES');
  }
  expect(ask('list', '/special').value).toEqual([]);
  expect((ask('list', '/dev').value as string[][]).map(([name]) => name)).not.toContain('null');
  server.close();
});

it('what is swapped between look and read is an error, or a file of the set', () => {
  const folder = join(root, 'swapped');
  text(join(folder, 'dir/file'), 'first');
  const ask = asking([{ path: '/set', host: folder }]);
  expect(ask('look', '/set/dir/file', true).code).toBeUndefined();
  text(join(folder, 'other'), 'second');
  fs.renameSync(join(folder, 'other'), join(folder, 'dir/file'));
  expect(textOf(ask('read', '/set/dir/file', 0, 100).value)).toBe('second');
  fs.rmSync(join(folder, 'dir/file'));
  fs.symlinkSync(join(outside, 'secret'), join(folder, 'dir/file'));
  expect(ask('read', '/set/dir/file', 0, 100).code).toBe('ELOOP');
  fs.rmSync(join(folder, 'dir'), { recursive: true });
  text(join(outside, 'dir/file'), 'secret');
  fs.symlinkSync(join(outside, 'dir'), join(folder, 'dir'));
  expect(ask('read', '/set/dir/file', 0, 100).code).toBe('ENOTDIR');
  expect(ask('list', '/set/dir').code).toBe('ENOTDIR');
});

it('the path of the host that the set names is resolved once', () => {
  const [real, link] = [join(root, 'real'), join(root, 'link')];
  text(join(real, 'file'), 'granted');
  fs.symlinkSync(real, link);
  const ask = asking([{ path: '/x', host: link }]);
  fs.rmSync(link);
  fs.symlinkSync(outside, link);
  expect(textOf(ask('read', '/x/file', 0, 100).value)).toBe('granted');
  expect(ask('look', '/x/secret', true).code).toBe('ENOENT');
});

describe('hypercalls of the program', () => {
  it('other programs have no function of these names', () => {
    const owner = ownerFor({});
    const scope = new CallScope(owner, owner.policy.limits);
    const reply = createHandler(scope)(concat(encode(['colony:linux.look', ['/', true]])).slice()) as Uint8Array[];
    const [, error] = decode(concat(reply)) as [number, { code: string; message: string }];
    expect(error).toMatchObject({ code: 'ERR_POLICY_DENIED', message: expect.stringContaining('no function') });
  });

  it('they count as hypercalls, and are not audited', async () => {
    const { subscribe, unsubscribe } = await import('node:diagnostics_channel');
    const records: unknown[] = [];
    const listen = (record: unknown) => void records.push(record);
    subscribe(AUDIT_CHANNEL, listen);
    const ask = asking(SET, { limits: { hypercalls: 2 } });
    ask('look', '/', true);
    ask('facts');
    expect(ask('look', '/', true).code).toBe('ERR_LIMIT_HYPERCALLS');
    unsubscribe(AUDIT_CHANNEL, listen);
    expect(records).toEqual([]);
  });

  it('large and unreadable arguments end the call', () => {
    const ask = asking();
    expect(ask('look', 'x'.repeat(2 ** 20), true).scope.fatal).toBeDefined();
  });

  it('only those for files are the same for all contexts of a program', () => {
    const request = (name: string) => concat(encode([name, []])).slice();
    for (const name of ['look', 'read', 'list']) expect(isOfTheProgram(request(`colony:linux.${name}`))).toBe(true);
    for (const name of ['colony:linux.facts', 'colony:fs.read', 'f']) expect(isOfTheProgram(request(name))).toBe(false);
    expect(isOfTheProgram(new Uint8Array([0xff]))).toBe(false);
  });
});

describe('facts', () => {
  const facts = (policy: Policy) => asking(SET, policy)('facts').value as [unknown, unknown, boolean, unknown[]];

  it('without grants there are none', () => {
    expect(facts({})).toEqual([null, null, false, []]);
  });

  it('randomness differs in each call, unless it is seeded', () => {
    const [one, other] = [facts({ random: true })[0], facts({ random: true })[0]] as [Uint8Array, Uint8Array];
    expect(one.length).toBe(32);
    expect(one).not.toEqual(other);
    const seeded = () => facts({ random: { seed: 1 } })[0] as Uint8Array;
    expect(seeded()).toEqual(seeded());
    expect(seeded()).not.toEqual(facts({ random: { seed: 2 } })[0]);
  });

  it('the clock moves, unless it is fixed', () => {
    const [, now, fixed] = facts({ clock: true });
    expect(Math.abs((now as number) - Date.now())).toBeLessThan(60_000);
    expect(Number.isInteger(now)).toBe(true);
    expect(fixed).toBe(false);
    expect(facts({ clock: { fixed: 1234.5 } }).slice(1, 3)).toEqual([1234, true]);
    expect(facts({ clock: { fixed: 0 } }).slice(1, 3)).toEqual([0, true]);
  });

  it('directories are those that all layers grant', () => {
    expect(facts({ fs: { read: ['/b', '/a'], write: ['/a'] } })[3]).toEqual([
      ['/a', true],
      ['/b', false],
    ]);
    const layers: Policy = {
      all: [{ fs: { read: ['/a'], write: ['/a'] } }, { fs: { read: ['/a/x', '/b'] } }],
    };
    expect(facts(layers)[3]).toEqual([['/a/x', false]]);
    expect(facts({ all: [{ random: true }, {}] })[0]).toBeNull();
  });
});

describe('system calls that the library OS does not have', () => {
  it('are added up by name', () => {
    const unsupported = new UnsupportedCalls();
    const ask = asking(SET, {}, unsupported);
    expect(ask('unsupported', [[57, 2]]).value).toBe(null);
    ask('unsupported', [
      [334, 1],
      [57, 3],
      [435, 1],
      [400, 7],
    ]);
    expect(unsupported.totals()).toEqual({ fork: 5, rseq: 1, 400: 7, clone3: 1 });
  });

  it.each([
    ['no list', 5],
    ['a number that Linux cannot have', [[512, 1]]],
    ['a negative count', [[1, -1]]],
    ['a count that is no integer', [[1, 0.5]]],
    ['a count that a guest cannot reach', [[1, 2 ** 33]]],
    ['no pair', [[1]]],
    ['too many pairs', Array.from({ length: 513 }, () => [1, 1])],
  ])('are refused as %s', (_, report) => {
    const unsupported = new UnsupportedCalls();
    expect(asking(SET, {}, unsupported)('unsupported', report).code).toBe('EINVAL');
    expect(unsupported.totals()).toEqual({});
  });
});
