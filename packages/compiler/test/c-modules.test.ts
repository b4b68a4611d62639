/** Tests `import { fib } from './fib.virtine.c'` with each bundler, in watch mode, and with types. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { declareC } from '../src/c/index.js';
import { Compiler, type CompilerOptions, type Refusal, reportHtml, reportJson, reportText } from '../src/index.js';
import { BUNDLERS, folderWith } from './plugins/bundlers.js';
import { watchEsbuild, watchRollup } from './plugins/watch.js';

const run = promisify(execFile);
const TIMEOUT = { timeout: 300_000 };

// Builds as a developer does, also in CI, where the compiler would write nothing.
beforeEach(() => {
  vi.stubEnv('CI', '');
  return () => vi.unstubAllEnvs();
});

const FIB = `#include "table.h"
colony_sources("lib/table.c");

/**
 * The nth of Fibonacci's numbers.
 * @param n which
 */
virtine int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

/** What \`lookup\` says, and more. */
virtine int look(const char *key) { return table_find(key) + BASE; }
`;
const FILES = {
  'fib.virtine.c': FIB,
  'table.h': '#include <colony/virtine.h>\n#define BASE 4\nint table_find(const char *key);\n',
  'lib/table.c':
    '#include "table.h"\nint table_find(const char *key) {\n  return (int)colony_as_int(colony_call("lookup", key));\n}\n',
  'main.ts': `import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { fib, look } from './fib.virtine.c';
configure({ backend: 'wasm', hypercalls: { lookup: (key: string) => key.length } });
const found: number = await look('abc');
console.log(await fib(10), found, fib.sync(9));
await disposeVirtines();
`,
};

function open(files: Readonly<Record<string, string>> = {}): string {
  const { folder, close } = folderWith({ ...FILES, ...files });
  onTestFinished(close);
  return folder;
}
const write = (folder: string, name: string, text: string) => writeFileSync(join(folder, name), text);
const output = async (file: string) => (await run(process.execPath, [file])).stdout.trim();

describe.each(BUNDLERS)('%s', (_name, build) => {
  it('takes two virtines of a C file, with its header and its other file', TIMEOUT, async () => {
    const folder = open();
    const { file, warnings } = await build(folder);
    expect(await output(file)).toBe('55 7 34');
    expect(warnings.join('\n')).toMatch(/fib\.virtine\.c:8:13: the stack of fib is unbounded/);
    expect(readFileSync(join(folder, 'fib.virtine.d.c.ts'), 'utf8')).toContain('fib: CVirtine<(n: number) => number>');
  });

  it('fails with file and line if C does not compile', TIMEOUT, async () => {
    const folder = open({ 'table.h': 'int table_find(const char *key);\nint broken(;\n' });
    const error = (await build(folder).catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toMatch(/(^|\W)table\.h:2:12: error: expected/);
  });
});

describe('watch mode', () => {
  it('of rollup builds again after edits of the C file, of a header and of a mistake', TIMEOUT, async () => {
    const folder = open({ 'main.js': FILES['main.ts'].replace(/: (string|number)/g, '') });
    const { file, next, close } = watchRollup(folder, { c: { targets: ['wasm32'] } });
    try {
      await next(() => {});
      expect(await output(file)).toBe('55 7 34');
      const header = FILES['table.h'];
      expect((await next(() => write(folder, 'table.h', header.replace('4', '40')))).code).toBe('END');
      expect(await output(file)).toBe('55 43 34');
      const broken = await next(() => write(folder, 'table.h', header.replace('4', '4 +')));
      const message = expect.stringMatching(/fib\.virtine\.c:11:\d+: error: expected expression/);
      expect(broken).toMatchObject({ code: 'ERROR', error: { message, loc: { line: 11 } } });
      expect((await next(() => write(folder, 'table.h', header.replace('4', '5')))).code).toBe('END');
      expect(await output(file)).toBe('55 8 34');
      const other = FILES['lib/table.c'].replace('return', 'return 2 *');
      expect((await next(() => write(folder, 'lib/table.c', other))).code).toBe('END');
      expect(await output(file)).toBe('55 11 34');
    } finally {
      await close();
    }
  });

  it('of esbuild builds again after an edit of the C file', TIMEOUT, async () => {
    const folder = open();
    const { file, next, close } = await watchEsbuild(folder, { c: { targets: ['wasm32'] } });
    try {
      await next(() => {});
      expect(await output(file)).toBe('55 7 34');
      await next(() => write(folder, 'fib.virtine.c', FIB.replace('+ BASE', '- BASE')));
      expect(await output(file)).toBe('55 -1 34');
    } finally {
      await close();
    }
  });
});

/** Compiles with the library itself. */
async function compile(folder: string, options: Omit<CompilerOptions, 'root'> = {}, name = 'fib.virtine.c') {
  const { c, ...settings } = options;
  const compiler = new Compiler({ root: folder, c: { targets: ['virtine'], ...c }, ...settings });
  try {
    const made = await compiler.compileFile(name);
    return { ...made!, wrote: await compiler.saveLock() };
  } finally {
    await compiler.dispose();
  }
}

describe('the report', () => {
  it('has the same bytes in any folder', TIMEOUT, async () => {
    const all = { c: { targets: ['virtine', 'wasm32', 'process'] as const } };
    const [one, two] = [await compile(open(), all), await compile(open(), all)];
    const forms = [reportJson, reportText, reportHtml];
    for (const form of forms) {
      expect(form([...two.virtines].reverse())).toBe(form(one.virtines));
      expect(form(one.virtines)).not.toMatch(/\/tmp\/|\/root\/|\/home\//);
    }
    expect(two.code).toBe(one.code);
  });

  it('has the parts with their calls, each grant with its place, and sizes', TIMEOUT, async () => {
    const { virtines } = await compile(open());
    const text = reportText(virtines);
    expect(text).toMatch(
      /^virtine look \(fib\.virtine\.c:11:13\)\n {2}program look\.colony, [\d.]+ KiB of pages in a/m,
    );
    expect(text).toMatch(/^ {2}function table_find \(lib\/table\.c:2:5\): look -> table_find; \d+ bytes/m);
    expect(text).toContain('hypercalls.lookup: colony_call("lookup")\n       look (fib.virtine.c:11:13)\n');
    expect(text).toContain('-> colony_call("lookup") (lib/table.c:3:29)');
    expect(text).toContain('stack: unbounded: recursion through fib');
    expect(text).toMatch(/^ {2}table\.h: 0 bytes of \d+ bytes$/m);
    const html = reportHtml(virtines);
    const pictures = html.match(/<svg[\s\S]*?<\/svg>/g)!;
    const boxes = [...pictures[1]!.matchAll(/<g class="node (\w+)"[^>]*><title>([^<]*)/g)].map(([, kind, title]) => [
      kind,
      title,
    ]);
    expect(boxes).toContainEqual(['own', 'look (fib.virtine.c:11:13)']);
    expect(boxes).toContainEqual(['own', 'table_find (lib/table.c:2:5)']);
    expect(boxes).toContainEqual(['grant', 'colony_call(&quot;lookup&quot;) (lib/table.c:3:29)']);
    expect(pictures[1]!.match(/<path /g)).toHaveLength(boxes.length - 1);
    expect(html).not.toMatch(/ src=|@import|url\(/);
  });

  it('has all refusals, as data', TIMEOUT, async () => {
    const text = 'virtine int f(int *p, void *q) { return *p; }\nvirtine long double g(void) { return 0; }\n';
    const folder = open({ 'fib.virtine.c': text });
    const error = await compile(folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_COMPILE', details: { path: 'fib.virtine.c:1:20' } });
    const { refusals } = (error as { details: { refusals: Refusal[] } }).details;
    expect(refusals.map(({ subject }) => subject)).toEqual([
      'fib.virtine.c:1:20',
      'fib.virtine.c:1:29',
      'fib.virtine.c:2:21',
    ]);
    expect(reportHtml([], refusals)).toMatch(/fib\.virtine\.c:1:20: the parameter p of f is a pointer without a size/);
  });
});

describe('the lock', () => {
  const lock = (folder: string) => JSON.parse(readFileSync(join(folder, 'colony.lock.json'), 'utf8')).virtines;

  it('records C virtines, and stops a frozen build if one of their files asks for more', TIMEOUT, async () => {
    const folder = open();
    expect(await compile(folder, { lock: true, frozen: false })).toMatchObject({ wrote: true });
    const before = lock(folder);
    expect(before).toMatchObject({
      'fib.virtine.c#fib': { policy: {} },
      'fib.virtine.c#look': {
        content: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
        program: expect.stringMatching(/^[0-9a-f]{64}$/),
        policy: { hypercalls: { lookup: true } },
      },
    });
    const asks = FILES['lib/table.c'].replace('return', 'colony_call("tell", key);\n  return');
    write(folder, 'lib/table.c', asks);
    await expect(compile(folder, { lock: true, frozen: true })).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(
        /^fib\.virtine\.c:11:13: virtine `look`: wider than colony\.lock\.json says: hypercalls\.tell[\s\S]*table_find \(lib\/table\.c:2:5\)\n.*-> colony_call\("tell"\) \(lib\/table\.c:3:3\)[\s\S]*colony explain fib\.virtine\.c --accept/,
      ),
    });
    const warned = await compile(folder, { lock: true, frozen: false });
    expect(warned.warnings.join('\n')).toContain('wider than colony.lock.json says: hypercalls.tell');
    expect(lock(folder)).toEqual(before);
    expect(await compile(folder, { lock: true, acceptGrants: true })).toMatchObject({ wrote: true });
    expect((await compile(folder, { lock: true, frozen: true })).wrote).toBe(false);
    expect(lock(folder)['fib.virtine.c#look'].policy.hypercalls).toEqual({ lookup: true, tell: true });
  });

  it('has another content if a header changes, but not if an unused file does', TIMEOUT, async () => {
    const folder = open();
    const content = async () => {
      await compile(folder, { lock: true, frozen: false });
      return ['fib', 'look'].map((name) => lock(folder)[`fib.virtine.c#${name}`].content as string);
    };
    const [fib, look] = await content();
    write(folder, 'lib/table.c', `${FILES['lib/table.c']}int more;\n`);
    const second = await content();
    expect(second[0]).toBe(fib);
    expect(second[1]).not.toBe(look);
    write(folder, 'table.h', `${FILES['table.h']}#define MORE 1\n`);
    expect((await content())[0]).not.toBe(fib);
  });
});

describe('which files belong to it', () => {
  it('neighbours do if that is configured, but no other program', TIMEOUT, async () => {
    const files = {
      'fib.virtine.c': 'int helper(int);\nvirtine int f(int n) { return helper(n); }\n',
      'helper.c': 'int helper(int n) { return n + 1; }\n',
      'other.virtine.c': 'int helper(int n) { return n; }\nvirtine int g(int n) { return n; }\n',
    };
    const folder = open(files);
    await expect(compile(folder)).rejects.toMatchObject({ message: expect.stringContaining('helper') });
    const { virtines } = await compile(folder, { c: { neighbours: true } });
    expect(virtines.map(({ name }) => name)).toEqual(['f']);
    expect(virtines[0]!.inside.map(({ file }) => file)).toContain('helper.c');
    expect(virtines[0]!.modules.map(({ file }) => file)).not.toContain('other.virtine.c');
  });

  it('a missing name is an error with its place', TIMEOUT, async () => {
    const folder = open({ 'fib.virtine.c': '\ncolony_sources("gone.c");\nvirtine int f(int n) { return n; }\n' });
    await expect(compile(folder)).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(/^fib\.virtine\.c:2:1 names gone\.c in colony_sources, which is not there/),
      details: { path: 'fib.virtine.c:2:1' },
    });
  });
});

describe('types', () => {
  const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
  const CONFIG = {
    compilerOptions: {
      ...{ strict: true, noEmit: true, skipLibCheck: true, allowArbitraryExtensions: true },
      ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'], types: ['node'] },
    },
    files: ['user.ts'],
  };

  it('are those that tsc reads for the import, with doc comments: a wrong argument is an error', TIMEOUT, async () => {
    const user = (argument: string) =>
      `import { fib, look } from './fib.virtine.c';\nexport const a: Promise<number> = fib(${argument});\nexport const b: number = look.sync('x');\n`;
    const folder = open({ 'tsconfig.json': JSON.stringify(CONFIG), 'user.ts': user('10') });
    await compile(folder, { c: { declarations: true }, frozen: false });
    expect(readFileSync(join(folder, 'fib.virtine.d.c.ts'), 'utf8')).toContain(
      "/**\n * The nth of Fibonacci's numbers.\n * @param n which\n */\nexport declare const fib",
    );
    const check = () => run(process.execPath, [tsc, '-p', folder], { cwd: folder });
    expect((await check()).stdout).toBe('');
    write(folder, 'user.ts', user("'10'"));
    await expect(check()).rejects.toMatchObject({
      stdout: expect.stringMatching(/user\.ts\(2,\d+\): error TS2345: Argument of type 'string' is not assignable/),
    });
  });

  it('are written if they change, and only compared in a frozen build', TIMEOUT, async () => {
    const folder = open();
    const path = join(folder, 'fib.virtine.d.c.ts');
    await compile(folder);
    expect(existsSync(path)).toBe(false);
    const c = { declarations: true };
    expect((await compile(folder, { c, frozen: true })).warnings.join()).not.toContain('out of date');
    expect(existsSync(path)).toBe(false);
    mkdirSync(dirname(path), { recursive: true });
    write(folder, 'fib.virtine.d.c.ts', '// old\n');
    const { warnings } = await compile(folder, { c, frozen: true });
    expect(warnings).toContain('fib.virtine.d.c.ts is out of date: colony types fib.virtine.c --write');
    expect(readFileSync(path, 'utf8')).toBe('// old\n');
    await compile(folder, { c, frozen: false });
    expect(readFileSync(path, 'utf8')).toContain('fib: CVirtine');
  });

  it('that cannot be written do not stop the build', TIMEOUT, async () => {
    const folder = open();
    mkdirSync(join(folder, 'fib.virtine.d.c.ts'));
    const { code, warnings } = await compile(folder, { c: { declarations: true }, frozen: false });
    expect(code).toContain('export const fib');
    expect(warnings.join('\n')).toMatch(/fib\.virtine\.d\.c\.ts could not be written: E/);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('have names for several things with one name in C, and for words of JavaScript', TIMEOUT, async () => {
    const text = `#include <stdint.h>
typedef struct { int x; } color;
enum color_enum { A };
enum color { RED, BLUE = 7, __proto__ = 9 };
struct Promise { double then; };
virtine enum color shade(color c) { return c.x > 0 ? BLUE : RED; }
virtine struct Promise delete(int Buffer, enum color_enum e) { return (struct Promise){Buffer + e}; }
virtine int Buffer(colony_in(n) const color *all, int n) { return n + all[0].x; }
`;
    const user = `import { Buffer, color, delete as remove, shade } from './fib.virtine.c';
import type { color_struct, Promise_struct } from './fib.virtine.c';
export const a: number = shade.sync({ x: 2 });
export const b: Promise_struct = remove.sync(1, color.BLUE);
export const c: Promise<number> = Buffer([{ x: 1 }]);
export const d: color_struct = { x: 1 };
`;
    const folder = open({ 'fib.virtine.c': text, 'tsconfig.json': JSON.stringify(CONFIG), 'user.ts': user });
    const { code } = await compile(folder, { c: { declarations: true, targets: ['wasm32'] }, frozen: false });
    const dts = readFileSync(join(folder, 'fib.virtine.d.c.ts'), 'utf8');
    expect(dts).toContain('shade: CVirtine<(c: color_struct) => color>;');
    expect((await run(process.execPath, [tsc, '-p', folder], { cwd: folder })).stdout).toBe('');
    write(folder, 'fib.mjs', code);
    write(
      folder,
      'main.mjs',
      `import * as m from './fib.mjs';
m.configure({ backend: 'wasm' });
console.log(JSON.stringify([await m.shade({ x: 2 }), await m.delete(1, 0), await m.Buffer([{ x: 1 }]), Object.keys(m), Object.entries(m.color)]));
await m.dispose();`,
    );
    expect(JSON.parse(await output(join(folder, 'main.mjs')))).toEqual([
      7,
      { then: 1 },
      2,
      ['Buffer', 'color', 'color_enum', 'configure', 'delete', 'dispose', 'shade'],
      [
        ['RED', 0],
        ['BLUE', 7],
        ['__proto__', 9],
      ],
    ]);
  });

  it(
    'have buffers in and out, structs and their comments, strings and parameters that are not passed',
    TIMEOUT,
    async () => {
      const root = fileURLToPath(new URL('c-programs', import.meta.url));
      const dts = await declareC({ files: ['types.c'], root });
      for (const doc of ['Color of a lamp.', 'In the plane.', 'to the right', 'Adds up.', 'of the page'])
        expect(dts).toContain(` * ${doc}\n`);
      for (const field of [
        'day: number',
        'leap: boolean',
        'color: color',
        'stamp: number | bigint',
        'nanos: number',
        'depth: number',
      ])
        expect(dts).toContain(`  readonly ${field};\n`);
      const user = `import { add64, bounds, echo, evens, figures, iota, lengths, mirror, negate, next_figure, pack, sum } from './types.js';
import type { figure, point, shape, value } from './types.js';
export const numbers: Promise<number | bigint>[] = [add64(1n, 2), sum([1, 2]), sum(new Int32Array(2)), lengths([{ name: 'a', data: [1] }])];
export const text: Promise<string | null> = echo('a');
export const out: Promise<{ to: Uint16Array }> = iota(3);
export const inout: Promise<{ values: Float64Array }> = negate([1.5]);
export const both: Promise<{ result: number; to: Uint8Array }> = pack(new Uint8Array(3), 3);
export const used: Promise<{ result: number; to: BigInt64Array }> = evens([1n, 2n]);
export const single: Promise<{ least: point }> = bounds([{ x: 1, y: 2 }]);
export const nested = (s: shape): Promise<shape> => mirror(s);
// @ts-expect-error its size is not passed
export const size = sum([1], 1);
// @ts-expect-error no floats for integers
export const kind = sum(new Float32Array(1));
// @ts-expect-error a field is missing
export const field = bounds([{ x: 1 }]);
export const figure_of: Promise<figure> = next_figure({ id: 1, as: { circle: { center: { x: 1, y: 2 }, label: 'a' } } });
export const label = (f: figure): string | null | undefined => f.as.circle?.label;
export const side = (f: figure): number => ('side' in f.as && f.as.side !== undefined ? f.as.side : 0);
export const anonymous: Promise<{ values: value[] }> = figures([{ number: { real: 1 }, text: 'a' }]);
export const text_of = (v: value): string | null | undefined => (v.text === undefined ? v.figure?.as.circle?.label : v.text);
// @ts-expect-error one member of a union
export const several = next_figure({ id: 1, as: { side: 2, crossed: 1 } });
// @ts-expect-error one of its members
export const none = next_figure({ id: 1, as: { kind: 2 } });
// @ts-expect-error the tag does not cross
export const tag = next_figure({ id: 1, kind: 4, as: { side: 2 } });
// @ts-expect-error one member of an anonymous union
export const missing = figures([{ number: { real: 1 } }]);
`;
      const folder = open({ 'tsconfig.json': JSON.stringify(CONFIG), 'user.ts': user, 'types.d.ts': dts });
      expect((await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch((error) => error)).stdout).toBe(
        '',
      );
    },
  );

  it('refuse a name that the module needs itself', TIMEOUT, async () => {
    const folder = open({ 'fib.virtine.c': 'virtine int dispose(int n) { return n; }\n' });
    await expect(compile(folder)).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(
        /^fib\.virtine\.c:1:13: dispose is a name that every module of C virtines exports/,
      ),
    });
  });
});
