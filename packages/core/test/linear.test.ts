/**
 * Tests that no host code takes more than linear time on a guest's data. The tests enumerate every built-in capability
 * and every argument predicate, so a new one needs a row here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtIns } from '../src/capabilities/index.js';
import { CallScope } from '../src/hypercalls/scope.js';
import { DEFAULT_LIMITS, type Policy, pure } from '../src/index.js';
import { summarize } from '../src/policy/audit.js';
import { decide } from '../src/policy/decide.js';
import { PREDICATES } from '../src/predicates/predicate.js';
import { leastTime } from './lib/least-time.js';
import { ownerFor } from './lib/owner.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-linear-'));
const server = createServer({ maxHeaderSize: 2 ** 23 }, (request, response) => {
  request.resume().once('end', () => response.end('done'));
});
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

type Args = readonly unknown[];
/** Arguments with a guest's text in one place. */
type Place = (text: string) => Args;

const request = (url: string, rest: object) => [{ url, method: 'GET', headers: [], ...rest }];
const inFolder: readonly Place[] = [(text) => [text], (text) => [`${folder}/${text}`], (text) => [`${folder}${text}`]];

/** Places for a guest's text, by built-in capability. */
const BUILTINS: Readonly<Record<string, readonly Place[]>> = {
  'colony:console': [(text) => ['log', text], (text) => [text, text]],
  'colony:clock': [(text) => [text]],
  'colony:random': [(text) => [text]],
  'colony:env': [(text) => [text]],
  'colony:env.list': [(text) => [text]],
  'colony:fs.read': inFolder,
  'colony:fs.list': inFolder,
  'colony:fs.stat': inFolder,
  'colony:fs.write': [...inFolder, (text) => [`${folder}/file`, text], (text) => [text, text]],
  'colony:fetch': [
    (text) => [text],
    (text) => request(text, {}),
    (text) => request(`http:${text}`, {}),
    (text) => request(`http://${text}`, {}),
    (text) => request(`http://${text}.a`, {}),
    (text) => request(`http://a@${text}:1/`, {}),
    (text) => request(`${origin}/${text}`, {}),
    (text) => request(origin, { method: text }),
    (text) => request(origin, { headers: [[text, text]] }),
    (text) => request(origin, { headers: [['x-text', text]] }),
    (text) => request(origin, { headers: text.match(/.{1,16}/gs)!.map((part) => ['x-part', part]) }),
    (text) => request(origin, { method: 'POST', body: text }),
  ],
};

/** The condition in the policy, by predicate. */
const WANTED: Readonly<Record<string, (text: string) => unknown>> = {
  type: () => 'number',
  equals: (text) => `${text}x`,
  oneOf: (text) => [`${text}x`, `${text.slice(1)}y`, text],
  min: () => 1,
  max: () => 1,
  prefix: (text) => text,
  pattern: () => '(?:a|aa)*b',
  maxLength: () => 2 ** 30,
};

/** Texts that, repeated, are hard for code that parses, compares or shows text. */
const UNITS: readonly string[] = [
  ...['a', 'A', ' ', '\0', '\t', '\n', '\u001b[2J', '/', '//', '..', '/..', '/b/..', '/b/../..', '/./', '\\'],
  ...[
    ':',
    '@',
    '#',
    '?',
    '[',
    '%',
    '%2e%2e/',
    '%cc%80%cc%a3',
    '\u0300\u0323',
    'ü.',
    'xn--a.',
    '1.',
    '=',
    ';',
    ',',
    '"',
  ],
  ...['\ud800', '\u{1f468}\u200d', '\u202e', 'http://a/', '(', 'aa|'],
];
const repeated = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

const scopeFor = (policy: Policy) => new CallScope(ownerFor(policy), DEFAULT_LIMITS);
const everything = (): Policy => ({
  ...{ console: true, clock: true, random: true, env: ['COLONY_LINEAR'] },
  fs: { read: [folder], write: [folder] },
  fetch: [{ origin, methods: ['GET', 'POST'] }],
});

const answer = (scope: CallScope, name: string, args: Args): unknown => {
  const { section, hypercall } = builtIns.get(name)!;
  return hypercall.serve(scope, scope.owner.capabilities.get(section), args);
};

/** Does everything that the host does with a request, except for decoding it. */
async function serve(policy: Policy, name: string, args: Args): Promise<boolean> {
  const scope = scopeFor(policy);
  const decision = decide(scope.policyState, { name, args, bytes: 0, now: 0 });
  summarize(args);
  if (!decision.allow) expect(decision.reason.length).toBeLessThan(500);
  // An error may contain a text of any length below the bounds of subjects.
  else await Promise.resolve(answer(scope, name, args)).catch((error) => error);
  return decision.allow;
}

/** Characters. Large enough to show quadratic growth, and small enough for it to end. */
const SMALLEST = 1 << 15;
/**
 * Milliseconds of slow passes over the largest text. A linear function may take as long, regardless of its time for
 * smaller texts.
 */
let most = 0;
beforeAll(async () => {
  const text = repeated('a', SMALLEST * 8);
  most = await leastTime(() => {
    let sum = 0;
    for (let round = 0; round < 50; round++) for (let i = 0; i < text.length; i++) sum ^= text.charCodeAt(i);
    return sum;
  }, 2);
});

/** Runs the function with 1, 2, 4 and 8 times the bytes. Linear growth is a factor of 8, quadratic growth one of 64. */
async function expectLinear(what: string, run: (args: Args) => unknown, unit: string, place: Place): Promise<void> {
  /** Returns the times up to the first one beyond linear growth. */
  const beyond = async (rounds: number) => {
    const times: number[] = [];
    for (const factor of [1, 2, 4, 8]) {
      const args = place(repeated(unit, SMALLEST * factor));
      const time = await leastTime(async () => {
        // An error is a result, too.
        await Promise.resolve(run(args)).catch(() => undefined);
      }, rounds);
      times.push(time);
      if (time > 3 * factor * times[0]! && time > most) return times;
    }
    return undefined;
  };
  // The first measurement may be high because of a busy machine.
  const times = (await beyond(2)) && (await beyond(5));
  if (times === undefined) return;
  const shown = times.map((time) => time.toFixed(2)).join(', ');
  expect.fail(`${what} of ${JSON.stringify(unit)} takes ${shown} ms for 1, 2, ... times ${SMALLEST} characters`);
}

const ALL = [...builtIns.keys()];

it('every built-in capability and every predicate has a row here', () => {
  expect(Object.keys(BUILTINS).sort()).toEqual([...ALL].sort());
  expect(Object.keys(WANTED).sort()).toEqual([...PREDICATES].sort());
});

describe("time is linear in the guest's bytes", { timeout: 300_000 }, () => {
  it.each(ALL)('%s', async (name) => {
    for (const unit of UNITS) {
      for (const policy of [everything(), pure])
        for (const [at, place] of BUILTINS[name]!.entries())
          await expectLinear(`${name} (${at})`, (args) => serve(policy, name, args), unit, place);
    }
  });
  it.each(PREDICATES)('predicate %s', async (name) => {
    for (const unit of UNITS) {
      const run = ([text]: Args) => {
        const wanted = { [name]: WANTED[name]!(text as string) };
        return serve({ hypercalls: { f: { args: [wanted, wanted] } } } as Policy, 'f', [text, text]);
      };
      await expectLinear(name, run, unit, (text) => [text]);
    }
  });
  it('names of hypercalls', async () => {
    const run = ([name]: Args) => serve({ hypercalls: { f: true } }, name as string, []);
    for (const unit of UNITS)
      for (const prefix of ['', 'colony:', 'colony:fs.'])
        await expectLinear('a name', run, unit, (text) => [prefix + text]);
  });
  it('bigints, in the audit stream and as subjects', async () => {
    const policy: Policy = { ...everything(), hypercalls: { f: { args: [{ max: 1 }] } } };
    const bits = (text: string) => BigInt(8 * text.length);
    const huge: Place = (text) => [(1n << bits(text)) - 1n, { url: 1n << bits(text), method: 'GET' }];
    for (const name of [...ALL, 'f'])
      for (const swap of [false, true])
        await expectLinear(
          `a bigint for ${name}`,
          (args) => serve(policy, name, swap ? args.toReversed() : args),
          'a',
          huge,
        );
  });
});

describe('a refused hypercall', () => {
  const LENGTH = 1 << 22;
  /** A millisecond, or more on a machine slower than the one with `most` = 28. */
  const millisecond = () => Math.max(1, most / 28);
  it.each([...ALL, 'f'])('%s takes at most a millisecond, whatever its arguments', async (name) => {
    for (const unit of ['a', '/b/..', '\u0300\u0323', '%cc%80%cc%a3', '@', 'http://a/', '\ud800']) {
      const text = repeated(unit, LENGTH);
      const lists: Args[] = [[text], [[text]], [{ [text]: text }], [1n << BigInt(LENGTH)]];
      // Also texts just below the longest permitted subject.
      const near = (BUILTINS[name] ?? []).flatMap((place) =>
        [240, 4000, 8000].map((size) => place(repeated(unit, size))),
      );
      for (const policy of [pure, everything(), { hypercalls: { f: { args: [{ pattern: 'a*a*b' }] } } }]) {
        const state = scopeFor(policy).policyState;
        for (const args of [...lists, ...near]) {
          const ask = { name, args, bytes: 0, now: 0 };
          if (decide(state, ask).allow) continue;
          const took = await leastTime(() => [decide(state, ask), summarize(args)], 10);
          expect(took, `${JSON.stringify(unit)} to ${name}`).toBeLessThan(millisecond());
        }
      }
    }
  });
});
