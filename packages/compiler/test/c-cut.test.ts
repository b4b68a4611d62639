/** The parts of a C virtine's image, the calls that it may make, and the code that the compiler refuses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CompiledC, compileC, readFat } from '@colony/compiler/c';
import { createContext } from '@colony/core';
import { findCToolchain, readImage } from '@colony/guest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itOnKvm, noKvm } from '../../../scripts/lib/on-kvm.mjs';
import { LIMITS } from './patient.js';

const root = fileURLToPath(new URL('c-programs', import.meta.url));
const cacheDir = fileURLToPath(new URL('../.cache', import.meta.url));
const folder = mkdtempSync(join(fileURLToPath(new URL('..', import.meta.url)), '.cache-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FIB = `/**
 * The nth of Fibonacci's numbers.
 * @param n which
 * @returns the number
 */
virtine int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
`;

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}
const compile = (text: string, options: object = {}) =>
  compileC({ files: [write('program.c', text)], root: folder, cacheDir, targets: ['virtine'], ...options });

describe('fib, with one word added', () => {
  let fib: CompiledC;
  beforeAll(async () => {
    fib = await compileC({ files: [write('fib.c', FIB)], root: folder, cacheDir, out: 'out' });
  }, 300_000);

  it.for(['kvm', 'wasm', 'process'] as const)(
    'runs on %s, from one file',
    { timeout: 300_000 },
    async (backend, { skip }) => {
      if (backend === 'kvm' && noKvm !== undefined) skip(noKvm);
      const context = await createContext({
        backend,
        program: fib.program.programs.fib!,
        policy: { ...fib.program.policies.fib!, limits: LIMITS },
      });
      expect(await context.call('fib', 20)).toBe(6765);
      expect(
        await context.callBatch(
          'fib',
          Array.from({ length: 100 }, () => [10]),
        ),
      ).toEqual(Array(100).fill(55));
      await expect(context.call('fib', 'x')).rejects.toThrow('fib: argument 1 must be a number, not a string');
      await context.dispose();
    },
  );

  itOnKvm('owns at most 48 KiB on kvm, page tables included, as the hypervisor counts', async () => {
    const { after, before } = fib.virtines[0]!.native.size;
    expect(after.owned).toBeLessThanOrEqual(48 * 1024);
    expect(before.owned).toBeGreaterThan(10 * after.owned);
    const program = fib.program.programs.fib!;
    const limits = { memory: after.owned };
    const enough = await createContext({ backend: 'kvm', program, policy: { limits } });
    expect(await enough.call('fib', 20)).toBe(6765);
    await enough.dispose();
    const less = createContext({ backend: 'kvm', program, policy: { limits: { memory: after.owned - 1 } } });
    await expect(less.then((context) => context.call('fib', 1))).rejects.toMatchObject({ code: 'ERR_LIMIT_MEMORY' });
  });

  it('reports its parts, and that recursion has no bound', () => {
    const [report] = fib.virtines;
    expect(report!.native.stack.unbounded).toBe('unbounded: recursion through fib');
    expect(fib.warnings.join()).toContain('fib.c:6:13: the stack of fib is unbounded: recursion through fib');
    const place = { name: 'fib', file: 'fib.c', line: 6, column: 13 };
    expect(report!.inside[0]).toMatchObject({ ...place, native: { origin: 'program' }, because: [place] });
    expect(report!.native).toMatchObject({ heap: false, library: [], vector: [], float: [] });
    const code = execFileSync('objdump', ['-d', write('fib.elf', '') && writeImage(fib)], { encoding: 'utf8' });
    expect(code).not.toMatch(/%[xyz]mm/);
    expect(code).toContain('<fib>:');
  });

  const writeImage = ({ program }: CompiledC): string => {
    const path = join(folder, 'fib.elf');
    const resolved = program.programs.fib!.resolved;
    writeFileSync(path, resolved.kind === 'native' ? resolved.images!.virtine! : '');
    return path;
  };

  itOnKvm(
    'ends in a fault if the stack does not suffice',
    async () => {
      const context = await createContext({ backend: 'kvm', program: fib.program.programs.fib! });
      const deep = compile(
        'virtine int deep(int n) { volatile int frame[64]; frame[n & 63] = n == 0 ? 0 : deep(n - 1); return frame[n & 63] + 1; }',
      );
      const { program } = await deep;
      const other = await createContext({ backend: 'kvm', program: program.programs.deep! });
      expect(await other.call('deep', 10)).toBe(11);
      await expect(other.call('deep', 1000)).rejects.toMatchObject({ code: 'ERR_GUEST_FAULT' });
      await context.dispose();
      await other.dispose();
    },
    300_000,
  );

  it('gives the same bytes for the same sources', async () => {
    // A flag without effect: without it, the result would come from the cache.
    const again = await compileC({ files: ['fib.c'], root: folder, cacheDir, flags: ['-DSAYS_NOTHING'] });
    expect(JSON.stringify(again.virtines)).toBe(JSON.stringify(fib.virtines));
    expect(again.program.bytes).toEqual(fib.program.bytes);
    expect(readFat(again.program.bytes).programs.fib!.hash).toBe(fib.program.programs.fib!.hash);
  }, 300_000);

  it('has bindings with the doc comment that type-check and run', async () => {
    expect(fib.bindings.dts).toContain(
      " * The nth of Fibonacci's numbers.\n * @param n which\n * @returns the number\n */",
    );
    expect(fib.bindings.dts).toContain('export declare const fib: CVirtine<(n: number) => number>;');
    const user = [
      "import { fib, dispose, configure } from './out/fib.js';",
      "configure({ backend: 'wasm' });",
      'const value: number = await fib(10);',
      '// @ts-expect-error a string is not a number',
      "export const wrong = () => fib('x');",
      'if (value !== 55) throw new Error(String(value));',
      'await fib.ready(); if (fib.sync(9) !== 34) throw new Error("sync");',
      'await dispose();',
    ];
    write('user.ts', user.join('\n'));
    const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
    const flags = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2023,esnext.disposable',
      '--skipLibCheck',
      '--types',
      'node',
    ];
    write('package.json', '{ "type": "module" }');
    execFileSync(process.execPath, [tsc, ...flags, join(folder, 'user.ts')], { cwd: folder, stdio: 'pipe' });
    await import(pathToFileURL(join(folder, 'user.js')).href);
  }, 300_000);
});

describe('the cut', () => {
  let cut: CompiledC;
  beforeAll(async () => {
    cut = await compileC({ files: ['cut.c', 'other.c'], root, cacheDir });
  }, 300_000);
  const report = (name: string) => cut.virtines.find((virtine) => virtine.name === name)!;
  const symbols = (name: string) => {
    const { resolved } = cut.program.programs[name]!;
    return readImage(resolved.kind === 'native' ? resolved.images!.virtine! : new Uint8Array()).symbols.map(
      (symbol) => symbol.name,
    );
  };

  it('holds only reachable code, across files', () => {
    expect(symbols('apply')).toEqual(expect.arrayContaining(['apply', 'helper', 'triple', 'square', 'used_table']));
    for (const gone of ['report', 'from_other_file', 'dropped_helper', 'never_called', 'unused_table', 'heap_allocate'])
      expect(symbols('apply')).not.toContain(gone);
    expect(symbols('report')).toContain('from_other_file');
    for (const gone of ['apply', 'helper', 'triple', 'dropped_call']) expect(symbols('report')).not.toContain(gone);
  });

  it('has for each function a chain of calls that needs it', () => {
    const { inside } = report('apply');
    const helper = inside.find(({ name }) => name === 'helper')!;
    expect(helper).toMatchObject({ file: 'other.c', line: 3, native: { origin: 'program' } });
    expect(helper.because.map(({ name }) => name)).toEqual(['apply', 'helper']);
    for (const { name, because } of inside) expect(because.at(-1)?.name, name).toBe(name);
    const table = inside.find(({ name }) => name === 'used_table')!;
    expect(table).toMatchObject({ kind: 'data', file: 'cut.c', line: 3, column: 19 });
    expect(table.native!.bytes).toBe(64);
  });

  it('has the targets of calls through pointers, and the stack', () => {
    const { inside, native } = report('apply');
    expect(inside.find(({ name }) => name === 'apply')!.native!.indirect).toEqual(['square', 'triple']);
    expect(native.stack.unbounded).toBeUndefined();
    expect(native.stack.bytes).toBeLessThanOrEqual(native.stack.given);
    expect(report('report').native.float).toContain('from_other_file');
    expect(report('report').native.vector).toContain('from_other_file');
    expect(native.vector).not.toContain('apply');
  });

  itOnKvm('grants the called host functions, with the reasons', async () => {
    const { policy, grants } = report('report');
    expect(policy).toEqual({ hypercalls: { log: true, lookup: true } });
    const call = { name: 'colony_call("log")', file: 'other.c', line: 5, column: 3 };
    expect(grants.map(({ grant, what }) => [grant, what])).toEqual([
      ['hypercalls.log', 'colony_call("log")'],
      ['hypercalls.lookup', 'colony_call("lookup")'],
    ]);
    expect(grants[0]!.chain.map(({ name }) => name)).toEqual(['report', 'from_other_file', call.name]);
    expect(grants[0]!.chain.at(-1)).toEqual(call);
    expect(report('apply').policy).toEqual({});
    const logged: unknown[] = [];
    const context = await createContext({
      backend: 'kvm',
      program: cut.program.programs.report!,
      policy,
      hypercalls: { lookup: (n: number) => n + 6, log: (n: number) => void logged.push(n) },
    });
    expect(await context.call('report', 1)).toBe(3.5);
    expect(logged).toEqual([7]);
    await context.dispose();
  });
});

describe('policy and limits', () => {
  const calls = (options: string) =>
    compile(
      `#include <colony/virtine.h>\nstatic void tell(int n) { colony_call("log", n); }\nvirtine${options} void f(int n) { tell(n); }`,
    );

  it('warns of grants that are never used', async () => {
    const { warnings } = await calls('(allow(log, read))');
    expect(warnings).toEqual([
      'program.c:3:32: allow(read) of f is too wide: nothing that it can reach calls read; leave it out',
    ]);
  }, 300_000);

  it('refuses a policy that lacks a call, and names the call', async () => {
    await expect(calls('(allow(read))')).rejects.toMatchObject({
      code: 'ERR_BAD_POLICY',
      message: expect.stringMatching(
        /^program\.c:3:27: f calls log \(program\.c:2:27\) by way of f.* which allow\(read\) does not grant/,
      ),
    });
  }, 300_000);

  it('puts limits into the policy', async () => {
    const { virtines } = await calls('(allow(log), memory("1MiB"), wallTime("50ms"), hypercalls(3))');
    expect(virtines[0]!.policy).toEqual({
      hypercalls: { log: true },
      limits: { memory: 2 ** 20, wallTime: 50, hypercalls: 3 },
    });
  }, 300_000);

  it('demands the possible values of names made at run time', async () => {
    const text = (options: string) =>
      `#include <colony/virtine.h>\nvirtine${options} void f(const char *name) { colony_call_values(name, NULL, NULL, 0); }`;
    await expect(compile(text(''))).rejects.toMatchObject({
      code: 'ERR_BAD_POLICY',
      message: expect.stringContaining('name them, with allow(...)'),
    });
    const { virtines } = await compile(text('(allow(one, two))'));
    expect(virtines[0]!.policy).toEqual({ hypercalls: { one: true, two: true } });
  }, 300_000);

  itOnKvm(
    'grants environment and files only as a person wrote, and denies them otherwise',
    async () => {
      const text = (options: string) =>
        `#include <colony/virtine.h>\nvirtine${options} const char *f(const char *key) { return colony_as_string(colony_call("colony:env", key)); }`;
      const silent = await compile(text(''));
      expect(silent.virtines[0]).toMatchObject({ policy: {}, grants: [], denied: [{ grant: 'env' }] });
      const { virtines, program } = await compile(text('(env("COLONY_TEST_ENV"), fsRead("/etc"))'));
      expect(virtines[0]).toMatchObject({ policy: { env: ['COLONY_TEST_ENV'] }, denied: [] });
      expect(virtines[0]!.warnings).toEqual([
        'program.c:2:61: fsRead of f is too wide: nothing that it can reach calls colony:fs.read; leave it out',
      ]);
      process.env['COLONY_TEST_ENV'] = 'found';
      for (const [made, expected] of [
        [program, expect.stringMatching(/^found$/)],
        [silent.program, expect.stringContaining('ERR_')],
      ] as const) {
        const context = await createContext({ backend: 'kvm', program: made.programs.f!, policy: made.policies.f! });
        expect(await context.call('f', 'COLONY_TEST_ENV').catch((error) => error.code)).toEqual(expected);
        await context.dispose();
      }
    },
    300_000,
  );

  it('reports the parts of the C library inside', async (context) => {
    if ((await findCToolchain()).musl === undefined) context.skip('no musl is installed');
    const { virtines } = await compile('#include <stdlib.h>\nvirtine int f(const char *t) { return atoi(t); }');
    expect(virtines[0]!.native.library).toContain('atoi');
    expect(virtines[0]!.inside.find(({ name }) => name === 'atoi')).toMatchObject({
      package: 'C library',
      file: '(C library)',
      native: { origin: 'library' },
    });
  }, 300_000);

  it('grants the console only for functions that print, not for others of the C library', async (context) => {
    if ((await findCToolchain()).musl === undefined) context.skip('no musl is installed');
    const { virtines } = await compile(`#include <stdio.h>
#include <stdlib.h>
#include <time.h>
virtine double number(const char *text) { return strtod(text, 0); }
virtine int day(int n) { char text[16]; struct tm t = { .tm_mday = n }; return (int)strftime(text, sizeof text, "%d", &t); }
virtine int print(int n) { return printf("%d", n); }
virtine int complain(int n) { return fprintf(stderr, "%d", n); }`);
    expect(Object.fromEntries(virtines.map(({ name, policy }) => [name, policy]))).toEqual({
      number: {},
      day: {},
      print: { console: true },
      complain: { console: true },
    });
  }, 300_000);

  itOnKvm(
    'has a heap only if the program needs one',
    async () => {
      const { virtines, program } = await compile(
        '#include <stdlib.h>\nvirtine int f(int n) { int *p = malloc(sizeof *p * 100); p[n % 100] = n; int r = p[n % 100]; free(p); return r; }',
        { flags: ['-fno-builtin-malloc'] },
      );
      expect(virtines[0]!.native.heap).toBe(true);
      const context = await createContext({ backend: 'kvm', program: program.programs.f! });
      expect(await context.call('f', 7)).toBe(7);
      await context.dispose();
    },
    300_000,
  );
});

describe('memory from the start', () => {
  const FLIP = '(colony_inout(n) uint8_t *data, size_t n) { for (size_t i = 0; i < n; i++) data[i] ^= 1; }';

  itOnKvm(
    'holds the pages of a call with buffers: at most those of the request, and none that change',
    async () => {
      const { program, virtines } = await compile(`#include <colony/virtine.h>\nvirtine void flip${FLIP}`);
      const context = await createContext({ backend: 'kvm', program: program.programs.flip! });
      const data = new Uint8Array(20_000).fill(2);
      for (let i = 0; i < 4; i++) expect(await context.call('flip', data)).toEqual({ data: data.map(() => 3) });
      const { dirtyPages, memory } = context.stats();
      // The request, the pages that it begins and ends in, and the frames below.
      expect(dirtyPages).toBeLessThanOrEqual(20_000 / 4096 + 3);
      expect(memory).toBe(virtines[0]!.native.size.after.owned);
      await context.dispose();
    },
    300_000,
  );

  it('keeps the bound of the stack if results are sent from their place', async () => {
    const fill = 'virtine void fill(colony_out(n) uint8_t *to, int n) { for (int i = 0; i < n; i++) to[i] = 1; }';
    const { virtines, warnings } = await compile(`#include <colony/virtine.h>\n${fill}`);
    expect(virtines[0]!.native.stack.unbounded).toBeUndefined();
    expect(warnings).toEqual([]);
  }, 300_000);

  itOnKvm(
    'is small if the author allows little, and grows then',
    async () => {
      const { program } = await compile(`#include <colony/virtine.h>\nvirtine(memory("192KiB")) void flip${FLIP}`);
      const [own, policy] = [program.programs.flip!, program.policies.flip!];
      const context = await createContext({ backend: 'kvm', program: own, policy });
      const data = new Uint8Array(40_000);
      expect(await context.call('flip', data)).toEqual({ data: data.fill(1) });
      await expect(context.call('flip', new Uint8Array(300_000))).rejects.toMatchObject({ code: 'ERR_LIMIT_MEMORY' });
      await context.dispose();
    },
    300_000,
  );
});

describe('what cannot cross', () => {
  it.each([
    [
      'virtine int f(int *p) { return *p; }',
      /the parameter p of f is a pointer without a size \(int \*p\): write `colony_in\(n\) int \*p`/,
    ],
    ['virtine int f(void *p) { return 0; }', /pointer without a size \(void \*p\)/],
    ['struct s { int *p; }; virtine int f(struct s s) { return 0; }', /the field p of s is a pointer without a size/],
    [
      'virtine int f(colony_in(m) int *p, int n) { return n; }',
      /names m as its counter, but there is no such parameter/,
    ],
    ['virtine int f(colony_in(d) int *p, double d) { return 0; }', /names d as its counter, which is not an integer/],
    [
      'virtine int f(colony_out(n) const int *p, int n) { return n; }',
      /is a pointer to const: it cannot be colony_out/,
    ],
    [
      'virtine long double f(void) { return 0; }',
      /its result has the type long double, which cannot cross without loss: take a double, or text/,
    ],
    [
      'typedef long double real; struct s { real x[2]; }; virtine int f(struct s s) { return 0; }',
      /the field x of s has the type long double, which cannot cross without loss: take a double, or text/,
    ],
    [
      `struct s { int k; colony_tagged(k) struct { int i; }; }; virtine int f(struct s s) { return 0; }`,
      /is not a union, so colony_tagged has no meaning here/,
    ],
    [
      `struct s { int k; colony_case(1) struct { int i; }; }; virtine int f(struct s s) { return 0; }`,
      /is not a member of a union, so colony_case has no meaning here/,
    ],
    [
      `struct s { int k; colony_in(k) struct { int i; }; }; virtine int f(struct s s) { return 0; }`,
      /is not a pointer, so colony_in has no meaning here/,
    ],
    [
      `struct s { int k; colony_in(k) struct { int i; } *p; }; virtine int f(struct s s) { return 0; }`,
      /the field p of s points to a struct without a name; give it one/,
    ],
    [
      'union u { colony_case(1) int i; }; virtine int f(int k, colony_tagged(k) union u u) { return k; }',
      /the parameter u of f has colony_tagged or colony_case, which are for a union in a struct/,
    ],
    [
      `struct s { int k; colony_in(k) int b : 3; }; virtine int f(struct s s) { return 0; }`,
      /is not a pointer, so colony_in has no meaning here/,
    ],
    ['virtine int f(double _Complex z) { return 0; }', /which cannot cross: take a struct of two numbers/],
    [
      'virtine int f(__int128 n) { return 0; }',
      /the parameter n of f has the type __int128, which cannot cross: take two numbers of 64 bits/,
    ],
    [
      'union u { int i; float f; }; virtine int f(union u u) { return 0; }',
      /is a union \(u\): its active member is unknown/,
    ],
    [
      'struct s { colony_in(m) int *p; }; virtine int f(struct s s) { return 0; }',
      /names m as its counter, but there is no such field/,
    ],
    [
      'struct s { colony_in(d) int *p; struct { double d; }; }; virtine int f(struct s s) { return 0; }',
      /names d as its counter, which is not an integer/,
    ],
    [
      `struct s { int k; union { int i; float f; } u; }; virtine int f(struct s s) { return 0; }`,
      /the field u of s is a union \(unnamed\): its active member is unknown; .* write `colony_tagged\(kind\)` before the union/,
    ],
    [
      `struct s { int k; union { int i; float f; }; }; virtine int f(struct s s) { return 0; }`,
      /the field \(unnamed\) of s is a union/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(1) int i; float f; } u; }; virtine int f(struct s s) { return 0; }`,
      /the field f of s has no value of k for which it counts; write `colony_case\(VALUE\)`/,
    ],
    [
      `struct s { int k; colony_tagged(m) union { colony_case(1) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /names m as its tag, but there is no such field/,
    ],
    [
      `struct s { double k; colony_tagged(k) union { colony_case(1) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /has i for the value 1, which k \(an integer, an enum or a bool\) cannot have/,
    ],
    [
      `#include <stdint.h>\nstruct s { uint8_t k; colony_tagged(k) union { colony_case(256) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /has i for the value 256, which k/,
    ],
    [
      `struct s { unsigned k : 2; colony_tagged(k) union { colony_case(4) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /has i for the value 4, which k/,
    ],
    [
      `struct s { enum { A } k; colony_tagged(k) union { colony_case(1) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /has i for the value 1, which k/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(1) int i; colony_case(2 - 1) float f; } u; }; virtine int f(struct s s) { return 0; }`,
      /has two members for the value 1 of k/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(1) int i; } u; colony_tagged(k) union { colony_case(1) int j; } v; }; virtine int f(struct s s) { return 0; }`,
      /names k as its tag, which is the tag or the length of another field, too/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(1) int i; } u; colony_in(k) int *p; }; virtine int f(struct s s) { return 0; }`,
      /names k as its tag, which is the tag or the length of another field, too/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(1) struct { int i; }; } u; }; virtine int f(struct s s) { return 0; }`,
      /is anonymous in a union: give it a name/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(1) colony_in(2) int *p; } u; }; virtine int f(struct s s) { return 0; }`,
      /is a pointer or a union within a union: put it into its own struct/,
    ],
    [
      `struct s { int k; colony_tagged(k) struct { int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /the field u of s is not a union, so colony_tagged has no meaning here/,
    ],
    [
      `struct s { int k; colony_case(1) int i; }; virtine int f(struct s s) { return 0; }`,
      /is not a member of a union, so colony_case has no meaning here/,
    ],
    [
      `struct s { int k; colony_tagged(k + 1) union { colony_case(1) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /has colony_tagged\(k \+ 1\): write the name of a field beside it/,
    ],
    [
      `struct s { int k; colony_tagged(k) union { colony_case(k) int i; } u; }; virtine int f(struct s s) { return 0; }`,
      /must be an? (integer )?constant|undeclared identifier 'k'|requires parameter/,
    ],
    ['virtine int f(int (*g)(int)) { return g(1); }', /is a pointer to a function/],
    [
      'struct s; virtine int f(colony_in(1) struct s *p) { return 0; }',
      /is only declared here; include its definition/,
    ],
    ['virtine int f(int n, ...) { return n; }', /takes any number of arguments/],
    ['virtine(alow(x)) int f(int n) { return n; }', /has the unknown option alow/],
    ['virtine(memory("lots")) int f(int n) { return n; }', /has the option memory, which takes a size/],
    ['int f(int n) { return n; }', /no virtine here/],
    ['virtine int f(int n) { return m; }', /use of undeclared identifier 'm'/],
  ])(
    '%s',
    async (text, message) => {
      await expect(compile(text)).rejects.toMatchObject({
        code: 'ERR_COMPILE',
        message: expect.stringMatching(message),
      });
    },
    300_000,
  );

  it('an array that is shorter on wasm32 than natively is an error there, and is not read beyond its end', async () => {
    const text =
      'struct s { char a[sizeof(long)]; }; virtine int f(struct s s) { return s.a[0]; } virtine struct s g(void) { return (struct s){"a"}; }';
    await expect(compile(text)).resolves.toBeDefined();
    await expect(compile(text, { targets: ['wasm32'] })).rejects.toMatchObject({
      code: 'ERR_COMPILE',
      message: expect.stringMatching(/an array of 8 items has another number of them on this target: write a number/),
    });
  }, 300_000);

  it('a stack that is too small is an error if the bound is known', async () => {
    const text = 'virtine(stack("1KiB")) int f(int n) { volatile char a[9000]; a[n % 9000] = 1; return a[0]; }';
    await expect(compile(text)).rejects.toMatchObject({
      message: expect.stringMatching(/stack\(1024\) is less than the \d+ bytes/),
    });
  }, 300_000);
});
