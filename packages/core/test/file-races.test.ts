/**
 * Another process swaps links and directories with granted ones as fast as it can. Meanwhile a guest reads, writes,
 * lists and stats. No file outside the granted directories is ever touched. `npm run races -w @colony/core` makes a
 * million operations.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHandler } from '../src/hypercalls/dispatch.js';
import { CallScope } from '../src/hypercalls/scope.js';
import { openFileSet } from '../src/linux/file-set.js';
import { linuxServices } from '../src/linux/services.js';
import { UnsupportedCalls } from '../src/linux/unsupported.js';
import { concat, decode, encode } from '../src/wire/codec/public.js';
import { ownerFor } from './lib/owner.js';

const OPERATIONS = Number(process.env.COLONY_RACES ?? 2000);
const UNBOUNDED = { hypercalls: Infinity, bytesIn: Infinity, bytesOut: Infinity };

const root = fs.mkdtempSync(join(tmpdir(), 'colony-races-'));
const grant = join(root, 'house', 'grant');
const outside = join(root, 'outside');
const SECRET = 'secret, and longer than what is granted';
const swapper = join(root, 'swapper');

function plant(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, text);
}

/** Makes the granted files, their counterparts outside, and links to these, ready for swapping. */
beforeAll(() => {
  for (const name of ['file', 'dir/file']) plant(join(grant, name), 'granted');
  // One folder for each place that is swapped: the parent of the granted directory, that directory, one below it, and a
  // file.
  for (const name of ['house/grant/file', 'house/grant/dir/file', 'grant/file', 'grant/dir/file', 'dir/file', 'file']) {
    plant(join(outside, name), SECRET);
    plant(join(outside, dirname(name), 'only-outside'), SECRET);
  }
  for (const [link, target] of [
    [join(root, 'house-link'), join(outside, 'house')],
    [join(root, 'house', 'grant-link'), join(outside, 'grant')],
    [join(grant, 'dir-link'), join(outside, 'dir')],
    [join(grant, 'file-link'), join(outside, 'file')],
  ] as const)
    fs.symlinkSync(target, link);
  execFileSync('cc', ['-O2', '-o', swapper, join(import.meta.dirname, 'lib/swapper.c')]);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** Returns every name below a folder, with the attributes that a read, a write or a new file would change. */
function picture(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs, ctimeMs } = fs.lstatSync(join(folder, name));
      const text = (mode & fs.constants.S_IFMT) === fs.constants.S_IFREG ? fs.readFileSync(join(folder, name)) : '';
      return [name, mode, size, mtimeMs, ctimeMs, text].join();
    });
}

function startSwapping(): ChildProcess {
  const pairs = [
    [root, 'house', 'house-link'],
    [join(root, 'house'), 'grant', 'grant-link'],
    [grant, 'dir', 'dir-link'],
    [grant, 'file', 'file-link'],
    // A dangling link: opening it for writing would create the file at its target.
    ['--', join(grant, 'dir'), 'made', join(outside, 'made')],
    [join(grant, 'dir'), 'made', join(grant, 'dir/made-inside')],
  ];
  return spawn(swapper, pairs.flat(), { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function stopSwapping(child: ChildProcess): Promise<number> {
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  const closed = once(child, 'close');
  child.stdin!.end();
  await closed;
  return Number(text);
}

type Asked = readonly (readonly [name: string, args: readonly unknown[]])[];

const ASKED: Asked = [
  ...['file', 'dir/file', 'dir/made'].flatMap((name) => [
    ['fs.read', name],
    ['fs.stat', name],
    ['fs.write', name, 'written'],
  ]),
  ['fs.list', '.'],
  ['fs.list', 'dir'],
].map(([name, path, ...rest]) => [`colony:${name}`, [join(grant, path!), ...rest]] as const);

/** Proof of a race: each operation sometimes succeeded and was sometimes refused. */
const BOTH = [/read (granted|written)$/, /stat of 7$/, /write done$/, /list .*file/, /ELOOP$/, /list ENOTDIR$/];
const isRace = (seen: ReadonlySet<string>, both = BOTH) =>
  both.every((one) => [...seen].some((answer) => one.test(answer)));

function grantedScope(): () => CallScope {
  const owner = ownerFor({ fs: { read: [grant], write: [grant] }, limits: UNBOUNDED });
  return () => new CallScope(owner, owner.policy.limits);
}

/** Returns the results of the operations. If a slow attacker has caused no race yet, more operations run. */
async function race(operations: number, scope: () => CallScope, asked = ASKED, both = BOTH): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let done = 0; done < operations || (done < 100 * operations && !isRace(seen, both)); done++) {
    const [name, args] = asked[done % asked.length]!;
    const serve = createHandler(scope());
    seen.add(`${name} ${shown(decode(concat([...(await serve(concat(encode([name, args]))))])))}`);
  }
  return seen;
}

/** Returns the code of an error, or the part of a result that a guest learns. */
function shown(reply: unknown): string {
  const [status, value] = reply as [number, Record<string, unknown>];
  if (status === 1) return String(value.code);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map((item) => item.name ?? item).join();
  return value === undefined ? 'done' : `of ${value.size}`;
}

it('nothing outside of a granted directory is read, written, made, listed or inspected', async () => {
  const before = picture(outside);
  const scope = grantedScope(); // before any swap, as when a context is created
  const child = startSwapping();
  let seen = new Set<string>();
  let swaps = 0;
  try {
    seen = await race(OPERATIONS, scope);
  } finally {
    swaps = await stopSwapping(child);
  }
  if (process.env.COLONY_RACES !== undefined) console.log(`${OPERATIONS} operations, ${swaps} swaps`);
  const learned = [...seen].filter(
    (answer) => /secret|only-outside/.test(answer) || answer.endsWith(` of ${SECRET.length}`),
  );
  expect(learned).toEqual([]);
  expect(picture(outside)).toEqual(before);
  expect(isRace(seen), [...seen].join('\n')).toBe(true);
});

/** The same for a Linux program's files, of which the granted directory is a part. */
const LOOKED: Asked = ['file', 'dir/file'].flatMap((name) => [
  ['colony:linux.look', [`/set/${name}`, true]],
  ['colony:linux.read', [`/set/${name}`, 0, 100]],
  ['colony:linux.list', ['/set/dir']],
]);
const LOOKED_BOTH = [/read (granted|written)$/, /look 0,7,/, /list .*file/, /look ENOENT$/, /read ENOTDIR$/];

it("nothing outside of a Linux program's files is read, listed or inspected", async () => {
  const owner = ownerFor(
    { limits: UNBOUNDED },
    { services: linuxServices(openFileSet([{ path: '/set', host: grant }]), new UnsupportedCalls()) },
  );
  const child = startSwapping();
  let seen = new Set<string>();
  try {
    seen = await race(OPERATIONS, () => new CallScope(owner, owner.policy.limits), LOOKED, LOOKED_BOTH);
  } finally {
    await stopSwapping(child);
  }
  expect(
    [...seen].filter((answer) => /secret|only-outside/.test(answer) || answer.includes(`,${SECRET.length},`)),
  ).toEqual([]);
  expect(isRace(seen, LOOKED_BOTH), [...seen].join('\n')).toBe(true);
});
