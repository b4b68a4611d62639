/** The C builder: its images, its error messages, and its cache. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { buildC, type CBuildOptions } from '../dist/c/build.js';
import { findCToolchain } from '../dist/c/toolchain.js';
import { readImage } from '../dist/image/elf.js';
import { execute } from '../dist/toolchain.js';
import { cacheDir } from './lib/cache.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-c-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  delete process.env.CC;
  delete process.env.COLONY_MUSL;
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const HEAD = '#include <colony/virtine.h>\n';
const build = (text: string, options: Partial<CBuildOptions> = {}) =>
  buildC({ file: write('program.c', HEAD + text), cacheDir, ...options });
const failing = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('buildC', () => {
  it('makes a small image for a function that does nothing', async () => {
    const { image } = await build('void nop(void) {}\nCOLONY_EXPORT(void, nop);');
    const { pages, segments, hypercalls } = readImage(image);
    expect(pages).toBeLessThanOrEqual(5);
    expect(segments[0]!.memorySize).toBeLessThan(12 * 1024);
    expect(hypercalls).toEqual([]);
  });

  it('gives the same bytes for the same inputs, with and without its cache', async () => {
    const text = 'const char *where(void) { return __FILE__; }\nCOLONY_EXPORT(const char *, where);';
    const other = mkdtempSync(join(tmpdir(), 'colony-cache-'));
    try {
      const builds = [await build(text), await build(text), await build(text, { cacheDir: other })];
      expect(new Set(builds.map(({ hash }) => hash)).size).toBe(1);
      expect(Buffer.from(builds[0]!.image).includes(folder)).toBe(false);
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  it('uses no precompiled header, which would be loaded into the compiler unchanged', async () => {
    const { compiler } = await findCToolchain();
    write('text.h', '#define NUMBER 1\n');
    const header = write('other.h', '#define NUMBER 2\n');
    // This header fits: without the file that is included first, gcc uses it.
    const flags =
      '-std=gnu17 -O2 -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -nostdinc -x c-header'.split(' ');
    const made = await execute(compiler.path, [...flags, header, '-o', join(folder, 'text.h.gch')]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const text = '_Static_assert(NUMBER == 1, "the text");\nint f(void) { return NUMBER; }\nCOLONY_EXPORT(int, f);';
    await buildC({ file: write('program.c', `#include "text.h"\n${HEAD}${text}`), cacheDir });
  });

  it('builds again when an included file has changed', async () => {
    const text = '#include "number.h"\nint number(void) { return NUMBER; }\nCOLONY_EXPORT(int, number);';
    write('number.h', '#define NUMBER 1\n');
    const first = await build(text);
    write('number.h', '#define NUMBER 2\n');
    const second = await build(text);
    expect(second.hash).not.toBe(first.hash);
  });

  it.each([
    ['an error in the source', 'int f(void) { return x; }', /program\.c:2:22: error: .*'x' undeclared/],
    [
      'an export of another type',
      'int f(int a) { return a; }\nCOLONY_EXPORT(int, f, double);',
      /the function f has another type/,
    ],
    [
      'an export that forgets its arguments',
      'int f(int a) { return a; }\nCOLONY_EXPORT(int, f);',
      /the function f has another type/,
    ],
    [
      'an argument that cannot cross',
      'int f(int *a) { return *a; }\nCOLONY_EXPORT(int, f, int *);',
      /f takes a type that cannot cross/,
    ],
    [
      'a result that cannot cross',
      'int *f(void) { return 0; }\nCOLONY_EXPORT(int *, f);',
      /f returns a type that cannot cross/,
    ],
    [
      'too many arguments',
      'int f(colony_bytes a, colony_bytes b, colony_bytes c, int d) { return d; }\nCOLONY_EXPORT(int, f, colony_bytes, colony_bytes, colony_bytes, int);',
      /f takes too many arguments/,
    ],
    ['no exports', 'int f(void) { return 1; }', /exports nothing: add COLONY_EXPORT/],
    [
      'a function that does not exist',
      'int g(void);\nint f(void) { return g(); }\nCOLONY_EXPORT(int, f);',
      /defines g/,
    ],
    ['a function that is not declared', 'int f(void) { return g(); }\nCOLONY_EXPORT(int, f);', /implicit declaration/],
  ])('reports a mistake: %s', async (_, text, message) => {
    await expect(build(text)).rejects.toThrowError(failing('ERR_COMPILE', message));
  });

  it.each(['-shared', '-fPIC', '-o', '-m32', '-c', '-pie', '-ox', '@file'])('refuses the flag %s', async (flag) => {
    await expect(build('int f;', { flags: [flag] })).rejects.toThrowError(failing('ERR_BAD_OPTION', /cannot be used/));
  });

  it('refuses invalid sizes of stacks and missing files', async () => {
    await expect(build('int f;', { stackSize: 1000 })).rejects.toThrowError(
      failing('ERR_BAD_OPTION', /multiple of 4096/),
    );
    await expect(buildC({ file: join(folder, 'none.c'), cacheDir })).rejects.toThrowError(
      failing('ERR_BAD_OPTION', /cannot be read/),
    );
  });

  it('recommends how to install a compiler', async () => {
    process.env.CC = '/nowhere/gcc';
    await expect(build('int f;')).rejects.toThrowError(failing('ERR_COMPILE', /install gcc/));
  });

  it('needs no C library for strings and memory', async () => {
    process.env.COLONY_MUSL = 'none';
    const text = '#include <string.h>\n#include <stdlib.h>\n#include <assert.h>\n';
    const { image } = await build(
      `${text}int f(const char *s) { char *c = strdup(s); assert(c); int n = strlen(c); free(c); return n; }\nCOLONY_EXPORT(int, f, const char *);`,
    );
    expect(readImage(image).exports).toHaveLength(1);
  });

  it('recommends how to install a C library', async () => {
    process.env.COLONY_MUSL = 'none';
    const header = build('#include <stdio.h>\nint f(void) { return puts(""); }\nCOLONY_EXPORT(int, f);');
    await expect(header).rejects.toThrowError(failing('ERR_COMPILE', /stdio\.h.*\n[\s\S]*apt-get install musl-tools/));
    const call = build('int puts(const char *);\nint f(void) { return puts(""); }\nCOLONY_EXPORT(int, f);');
    await expect(call).rejects.toThrowError(failing('ERR_COMPILE', /undefined: puts\n.*apt-get install musl-tools/));
  });

  it('takes only the used parts of a C library', async (context) => {
    if ((await findCToolchain()).musl === undefined) context.skip('musl is not installed (apt-get install musl-tools)');
    const sorting =
      '#include <stdlib.h>\nstatic int o(const void *a, const void *b) { return *(int *)a - *(int *)b; }\n';
    const { image } = await build(
      `${sorting}int f(int n) { int x[3] = {n, 1, 2}; qsort(x, 3, sizeof *x, o); return x[0]; }\nCOLONY_EXPORT(int, f, int);`,
    );
    expect(readImage(image).symbols.map(({ name }) => name)).not.toContain('printf');
    expect(readImage(image).pages).toBeLessThan(10);
  });
});
