/**
 * Fuzzes paths and URLs that a guest names: they are refused with a reason, or mean the same as in the policy's check.
 */
import { resolve } from 'node:path';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { MAX_HOST, pathProblem, readUrl } from '../src/capabilities/subjects.js';
import { compilePolicy } from '../src/policy/compile.js';
import { decide, Usage } from '../src/policy/decide.js';
import { printable } from '../src/printable.js';

const ORIGIN = 'https://a.example';
const policy = compilePolicy({ fs: { read: ['/data'], write: ['/'] }, fetch: [{ origin: ORIGIN }], env: ['HOME'] });
const texts = [
  '/data/a',
  '/data/../etc/passwd',
  '/data/./b//c',
  'https://a.example/x?y#z',
  'http://user:pw@a.example:443/',
  'https:\\\\a.example',
  ' HTTPS://A.EXAMPLE./',
  '//a.example/x',
  'https://xn--e1afmkfd.example/',
  'http://[::1]:80/',
  'https://a.example@b.example/',
  'HOME',
];
const words = [
  '..',
  '/',
  '\\',
  '@',
  ':',
  '//',
  '%2e%2e',
  '%00',
  '\0',
  '\t',
  '\n',
  '[::1]',
  'xn--',
  'é',
  '\u0301',
  '。',
  'https:',
  'file:',
  'data',
  'a.example',
  '0x7f.1',
  '#',
  '?',
];

const state = () => ({ policy, call: new Usage(), lifetimeUsage: new Usage() });
const text = new TextDecoder();
/** Decodes some inputs as UTF-16, because a guest's strings may have lone surrogates. */
const textOf = (input: Uint8Array) =>
  input.length % 4 === 3 ? Buffer.from(input).toString('utf16le') : text.decode(input);

const isAllowed = (name: string, args: readonly unknown[]): boolean => {
  const decision = decide(state(), { name, args, bytes: 0, now: 0 });
  if (!decision.allow && decision.reason.length > 400) throw new Error('a long reason');
  return decision.allow;
};

function readPath(path: string): void {
  const allowed = isAllowed('colony:fs.read', [path]);
  const real = resolve('/', path);
  if (allowed && (pathProblem(path) !== undefined || (real !== '/data' && !real.startsWith('/data/'))))
    throw new Error('a path that leads out is allowed');
  isAllowed('colony:fs.write', [path]);
}

function readAddress(text: string): URL | undefined {
  const url = readUrl(text);
  const relative = readUrl(text, `${ORIGIN}/in/`);
  for (const address of [url, relative])
    if (typeof address !== 'string' && (!/^https?:$/.test(address.protocol) || address.hostname.length > 4 * MAX_HOST))
      throw new Error(`${address}`);
  const allowed = isAllowed('colony:fetch', [{ url: text, method: 'GET' }]);
  if (allowed !== (typeof url !== 'string' && url.origin === ORIGIN))
    throw new Error('the check takes the URL for another');
  // Fetching parses the URL again.
  if (allowed && new Request(text).url !== (url as URL).href) throw new Error('fetch takes the URL for another');
  return typeof url === 'string' ? undefined : url;
}

function read(input: Uint8Array): unknown {
  const text = textOf(input);
  const shown = printable(text);
  if (
    shown.length !== text.length ||
    [...shown].some((character) => character < ' ' && character !== '\t' && character !== '\n')
  )
    throw new Error('not printable');
  readPath(text);
  isAllowed('colony:env', [text]);
  return readAddress(text);
}

export const reader = (): Reader => ({
  name: 'subjects',
  what: 'paths, URLs and names of variables that a guest asks for',
  seeds: texts.map((text) => new TextEncoder().encode(text)),
  mutators: [bytesMutator(words)],
  read: (input) => {
    try {
      return read(input);
    } catch (error) {
      // `Request` and `fetch` accept no user or password.
      if (error instanceof TypeError && /credentials/.test(error.message)) return undefined;
      throw error;
    }
  },
  refusals: [],
  planted: (_input, value) =>
    value instanceof URL && value.origin === ORIGIN && value.pathname.length > 4 && value.port === '',
  allowance: 2 ** 20,
});
