/**
 * Hostile packages at build time and hostile values at run time: neither reaches the host through the compiler's cut.
 */
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColonyError, doctor } from '@colony/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyFunction, Virtine } from '../src/runtime/index.js';
import { LIMITS } from './patient.js';
import { Project } from './ts/project.js';

type Module = Record<string, Virtine<AnyFunction>>;
const IMPORT = `import { virtine } from '@colony/compiler/runtime';\n`;
const outside = mkdtempSync(join(tmpdir(), 'colony-outside-'));
const secret = join(outside, 'secret.json');
writeFileSync(secret, '{"secret":"hunter2"}');
afterAll(() => rmSync(outside, { recursive: true }));

/** `c0` is `first`. Each of the others uses the one before it, twice or more. */
function tower(levels: number, first: string, next: (before: string) => string): string {
  const lines = [`const c0: any = ${first};`];
  for (let i = 1; i <= levels; i++) lines.push(`const c${i}: any = ${next(`c${i - 1}`)};`);
  return lines.join('\n');
}

describe('constants that are made of one another end in a virtine or an error, within the time limit', () => {
  const PARAMETERS = 'p: boolean, k: string';
  const wide = (before: string) => `${'P ? '.repeat(40)}${before}${` : ${before}`.repeat(40)}`;
  const TOWERS: Readonly<Record<string, string>> = {
    sums: tower(60, "'x'", (c) => `${c} + ${c}`),
    'sums of what is not known': tower(60, 'String(globalThis)', (c) => `${c} + ${c}`),
    templates: tower(60, "'x'", (c) => `\`\${${c}}\${${c}}\``),
    lists: tower(60, "'x'", (c) => `[${c}, ${c}]`),
    objects: tower(60, "'x'", (c) => `({ a: ${c}, b: ${c} })`),
    conditions: tower(60, "'x'", (c) => `P ? ${c} : ${c}`),
    'wide conditions': tower(12, 'P ? "https://a.example/" : "https://b.example/"', wide),
    'wide sums of conditions': tower(12, 'P ? "a" : "b"', (c) => Array(40).fill(c).join(' + ')),
    calls: tower(40, '(x: any) => [x]', (c) => `(x: any) => [${c}(x), ${c}(x)]`),
    names: tower(3_000, "'https://a.example/'", (c) => c),
  };
  for (const [name, text] of Object.entries(TOWERS))
    it(name, async () => {
      const last = /const (c\d+)[^\n]*$/.exec(text)![1];
      const lines = [
        'const P = Math.max(0, 1) > 0;',
        text,
        `export async function f(${PARAMETERS}) {`,
        "  'use virtine';",
        `  return (await fetch(${last})).status + (await fetch(p ? ${last} : 'https://c.example/')).status;`,
        '}',
      ];
      const made = new Project({ 'main.ts': lines.join('\n') });
      const error = await made.compile('main.ts').then(
        () => undefined,
        (thrown) => thrown,
      );
      if (error !== undefined) expect([error.name, error.code]).toEqual(['ColonyError', 'ERR_COMPILE']);
    });
});

describe('a hostile package', () => {
  /** A project whose `lib/main.ts` imports the package `evil`, which has these files. */
  function withPackage(files: Readonly<Record<string, string>>, manifest: object = {}): Project {
    const made = new Project({
      'lib/main.ts': `${IMPORT}import x from 'evil';\nexport const f = virtine(() => x);\n`,
      'secrets.json': '{"secret":"hunter2"}',
    });
    made.write('lib/node_modules/evil/package.json', JSON.stringify({ name: 'evil', main: 'index.js', ...manifest }));
    for (const [name, text] of Object.entries(files)) made.write(`lib/node_modules/evil/${name}`, text);
    return made;
  }
  const reading = (path: string) => `import s from '${path}';\nexport default s;\n`;
  const up = '../'.repeat(20);

  async function refused(made: Project): Promise<void> {
    const error = await made.compile('lib/main.ts').then(
      (output) => JSON.stringify(output),
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(ColonyError);
    expect(error.code).toBe('ERR_COMPILE');
    expect(error.message).not.toContain('hunter2');
  }

  it.each([
    ['an absolute path', secret],
    ['a path upwards', `${up}${secret.slice(1)}`],
    ['a URL', `file://${secret}`],
    ["a file of the project that is not a package's", '../../../secrets.json'],
    ['a device, which has no end', '/dev/zero'],
    ['a name that is not code', '/etc/hostname'],
  ])('has no file of the host read: %s', async (_name, path) => {
    await refused(withPackage({ 'index.js': reading(path) }));
    await refused(withPackage({ 'index.js': `module.exports = require('${path}');\n` }));
  });
  it('has no file read by a link', async () => {
    const made = withPackage({ 'index.js': reading('./link.json') });
    symlinkSync(secret, join(made.directory, 'lib/node_modules/evil/link.json'));
    await refused(made);
  });
  it.each([
    { main: `${up}${secret.slice(1)}` },
    { main: '../../../secrets.json' },
    { exports: '../../../secrets.json' },
    { exports: { '.': `./${up}${secret.slice(1)}` } },
    { browser: { './index.js': '../../../secrets.json' } },
    { browser: { other: '../../../secrets.json' } },
    { imports: { '#other': '../../../secrets.json' } },
  ])('has no file read by its package.json: %j', async (manifest) => {
    const specifier = 'browser' in manifest ? 'other' : '#other';
    const isAsked = 'imports' in manifest || (manifest.browser !== undefined && 'other' in manifest.browser);
    await refused(withPackage({ 'index.js': isAsked ? reading(specifier) : 'export default 1;\n' }, manifest));
  });
  it('is read, never run, and its scripts and configurations are not run either', async () => {
    const marker = join(outside, 'ran');
    const act = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`;
    const made = withPackage(
      {
        'index.js': `export default 1;\ntry { ${act} } catch {}\n`,
        ...Object.fromEntries(
          ['esbuild.config.js', 'vite.config.js', 'colony.config.js', '.pnp.cjs'].map((name) => [name, act]),
        ),
      },
      { type: 'module', scripts: { preinstall: act, prepare: act }, sideEffects: true, bin: './index.js' },
    );
    await made.compile('lib/main.ts').catch((error) => expect(error.code).toBe('ERR_COMPILE'));
    expect(existsSync(marker)).toBe(false);
  });
  it('does not write to a terminal by the names of its files', async () => {
    const name = 'a\u001b[2J\u202e.js';
    const made = withPackage({ 'index.js': reading(`./${name}`), [name]: 'export default process.exit;\n' });
    const { error } = await made.refusals('lib/main.ts');
    for (const character of ['\u001b', '\u202e']) expect(error.message).not.toContain(character);
  });
  it('may import its own files, and other packages', async () => {
    const made = withPackage({
      'index.js': `import a from './deep/a.js';\nimport ms from 'ms';\nexport default [a, ms('1s')];\n`,
      'deep/a.js': `export { default } from '../b.js';\n`,
      'b.js': 'export default 7;\n',
    });
    expect((await made.compile('lib/main.ts')).virtines).toHaveLength(1);
  });
});

const works = (await doctor(['wasm', 'kvm'])).filter((report) => report.works).map(({ backend }) => backend);

describe.each(works)('hostile values on %s', (backend) => {
  let main: Module;
  beforeAll(async () => {
    (await import('@colony/compiler/runtime')).configure({ backend });
    const made = new Project(
      {
        'main.ts': `${IMPORT}
const own = (value: object, key: string, given: unknown) => Object.defineProperty(value, key, { value: given, enumerable: true });
export const give = virtine((kind: string, key: string) => {
  const evil = { polluted: true, then: 1 };
  (Object.prototype as any).polluted = 'in the guest';
  (Array.prototype as any).map = () => evil;
  const make: Record<string, () => unknown> = {
    record: () => own({}, key, evil),
    list: () => [own({}, key, evil)],
    map: () => new Map([[key, evil]]),
    error: () => own(new Error('x'), key, evil),
    function: () => own({}, key, () => 1),
    accessor: () => Object.defineProperty({}, key, { enumerable: true, get: () => evil }),
    species: () => { class Evil extends Array { static get [Symbol.species]() { return Promise } } return Evil.of(1, 2) },
  };
  return make[kind]!();
});
export const raise = virtine((key: string, stack: string) => {
  const error = own(new RangeError('x'), key, { polluted: true }) as Error;
  Object.defineProperty(error, 'stack', { value: stack });
  throw error;
});
export const keys = virtine((given: any) => [Object.keys(given), ({} as any).polluted, Object.getPrototypeOf(given) === Object.prototype]);
`,
      },
      { limits: LIMITS },
    );
    main = await made.load<Module>('main.ts');
  });
  const KEYS = [
    '__proto__',
    'constructor',
    'prototype',
    'toJSON',
    'then',
    'valueOf',
    'length',
    'message',
    'stack',
    'code',
    'cause',
    'name',
  ];
  const clean = () => {
    const made: Record<string, unknown> = {};
    expect(made.polluted).toBeUndefined();
    expect([1].map((number) => number)).toEqual([1]);
  };

  it.each(['record', 'list', 'map', 'error', 'function', 'accessor'])('are data: %s', async (kind) => {
    for (const key of KEYS) {
      const seen = await main.give!(kind, key).catch((error: unknown) => error);
      clean();
      if (kind === 'function') expect(seen).toBeInstanceOf(ColonyError);
      if (seen instanceof ColonyError) expect(seen.code).not.toBe('ERR_INTERNAL');
      if (seen instanceof ColonyError) continue;
      const value = kind === 'list' ? (seen as unknown[])[0] : seen;
      // The key is the value's own: no value has a prototype, a method or a getter from the guest.
      const prototype = { map: Map.prototype, error: Error.prototype }[kind as 'map' | 'error'] ?? Object.prototype;
      expect(Object.getPrototypeOf(value)).toBe(prototype);
      for (const { get, value: held } of Object.values(Object.getOwnPropertyDescriptors(value as object)))
        expect([get, typeof held === 'function']).toEqual([undefined, false]);
    }
  });
  it('do not become lists of another kind', async () => {
    const seen = (await main.give!('species', 'x')) as unknown[];
    expect([Object.getPrototypeOf(seen), seen.concat([3])]).toEqual([Array.prototype, [1, 2, 3]]);
  });
  it('in errors arrive as errors of Colony, whatever their stacks contain', async () => {
    const lines = ['0:0', '00:1', '99999999999999999999:1', `${'9'.repeat(10_000)}:0`].map(
      (line) => `main.ts.raise.virtine.js:${line}`,
    );
    const stacks = ['', '\0', '$&$1', ...lines.flatMap((line) => [`    at x (${line})`, `at ${line}\n`.repeat(500)])];
    for (const stack of stacks) {
      for (const key of KEYS.slice(0, 4)) {
        const error = await main.raise!(key, stack).catch((thrown: unknown) => thrown);
        clean();
        expect(error).toBeInstanceOf(ColonyError);
        expect(error).toMatchObject({ code: 'ERR_GUEST_THROWN', details: { guest: { name: 'RangeError' } } });
      }
    }
  });
  it('of the host enter the virtine as data', async () => {
    const object = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(await main.keys!(object)).toEqual([['__proto__', 'constructor'], undefined, true]);
  });
});
