/** Target wasm32: the contract of its modules, the libc inside, and the builder's error messages. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildC, type CBuildOptions, type Target } from '@colony/guest';
import { TRAP_EXIT, TRAP_UNSUPPORTED } from '@colony/guest/abi';
import { probePath } from '@colony/guest/probes';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { cacheDir } from './lib/cache.js';
import { type Guest, guestFolder, startGuest } from './lib/guest.js';
import type { WasmHost } from './lib/wasm-host.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-wasm32-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  delete process.env.COLONY_CLANG;
  delete process.env.COLONY_WASI_SYSROOT;
});

const HEAD = '#include <colony/virtine.h>\n';
let programs = 0;
function write(text: string): string {
  const path = join(folder, `program${++programs}.c`);
  writeFileSync(path, HEAD + text);
  return path;
}

const build = (text: string, options: Partial<CBuildOptions> = {}) =>
  buildC({ file: write(text), target: 'wasm32', cacheDir, ...options });
const start = (text: string, target: Target = 'wasm32') => startGuest(write(text), target);
const example = (path: string) => join(guestFolder, '../../examples', path);
const expected = (name: string) => readFileSync(example(`${name}/expected.txt`), 'utf8');

describe('a module', () => {
  it('imports and exports the names of its contract', async () => {
    const { image } = await buildC({ file: probePath('basic'), target: 'wasm32', cacheDir });
    const module = new WebAssembly.Module(image as BufferSource);
    const imports = WebAssembly.Module.imports(module).map(({ module, name, kind }) => `${module}.${name} ${kind}`);
    expect(imports.sort()).toEqual(['abort', 'hypercall', 'protect', 'throw'].map((name) => `colony.${name} function`));
    const exports = WebAssembly.Module.exports(module).map(({ name, kind }) => `${name} ${kind}`);
    expect(exports.filter((name) => !name.startsWith('colony_export_')).sort()).toEqual([
      '__stack_pointer global',
      '_initialize function',
      'colony_request function',
      'colony_row function',
      'colony_serve function',
      'memory memory',
    ]);
  });

  it('starts with little memory: every call restores it', async () => {
    const bare = await start('void nop(void) {}\nCOLONY_EXPORT(void, nop);');
    expect((bare as WasmHost).memory).toBeLessThanOrEqual(6 * 65536);
    const printing = await start(
      '#include <stdio.h>\n#include <stdlib.h>\nvoid nop(void) { printf("%f %p", 1.5, malloc(1)); }\nCOLONY_EXPORT(void, nop);',
    );
    expect((printing as WasmHost).memory).toBeLessThanOrEqual(6 * 65536);
  });

  it('the same inputs give the same bytes', async () => {
    const file = write('const char *where(void) { return __FILE__; }\nCOLONY_EXPORT(const char *, where);');
    const other = mkdtempSync(join(tmpdir(), 'colony-cache-'));
    try {
      const builds = [cacheDir, cacheDir, other].map((dir) => buildC({ file, target: 'wasm32', cacheDir: dir }));
      const hashes = (await Promise.all(builds)).map(({ hash }) => hash);
      expect(new Set(hashes).size).toBe(1);
      expect(Buffer.from((await builds[0]!).image).includes(folder)).toBe(false);
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  it('takes its stack size from the builder', async () => {
    const text =
      'int deep(int n) { volatile char frame[4096]; frame[n % 7] = n; return n == 0 ? 0 : deep(n - 1) + frame[1] * 0 + 1; }\nCOLONY_EXPORT(int, deep, int);';
    const file = write(text);
    const small = await startGuest(file, 'wasm32');
    const large = await startGuest(file, 'wasm32', { stackSize: 1 << 20 });
    expect(await small.value('deep', 50)).toBe(50);
    expect(await small.call('deep', 70)).toMatchObject({ fault: expect.stringMatching(/out of bounds/) });
    expect(await large.value('deep', 200)).toBe(200);
  });
});

describe('long and size_t', () => {
  const text = `#include <stddef.h>
long next(long n) { return n + 1; }
COLONY_EXPORT(long, next, long);
size_t half(size_t n) { return n / 2; }
COLONY_EXPORT(size_t, half, size_t);`;

  it('have 32 bits, and report that', async () => {
    const guest = await start(text);
    expect(await guest.value('next', -5)).toBe(-4);
    expect(await guest.value('half', 4294967295)).toBe(2147483647);
    expect(await guest.call('next', 2 ** 31)).toMatchObject({
      outcome: [1, { name: 'RangeError', message: 'next: argument 1 must be an integer of 32 bits' }],
    });
  });

  it('have 64 bits in a virtine', async () => {
    const guest = await start(text, 'virtine');
    expect(await guest.value('next', 2 ** 31)).toBe(2 ** 31 + 1);
    guest.close();
  });
});

describe('every signature', () => {
  it('has no, one and the most arguments, with void spelled out', async () => {
    const guest = await start(`
int none(void) { return 1; }
COLONY_EXPORT(int, none, void);
static colony_bytes kept;
void most(colony_bytes a, int64_t b, double c, float d, colony_bytes e, double f, float g, double h, double i, double j, double k) {
  static uint8_t sum[8];
  double all = a.len + b + c + d + e.len + f + g + h + i + j + k;
  __builtin_memcpy(sum, &all, 8);
  kept = (colony_bytes){sum, 8};
}
COLONY_EXPORT(void, most, colony_bytes, int64_t, double, float, colony_bytes, double, float, double, double, double, double);
colony_bytes sum(void) { return kept; }
COLONY_EXPORT(colony_bytes, sum);`);
    expect(await guest.value('none')).toBe(1);
    await guest.callKeep('most', new Uint8Array(3), -1, 0.5, 0.25, new Uint16Array(2), 1, 2, 3, 4, 5, 6);
    expect(await guest.callKeep('sum')).toMatchObject({ outcome: [0, new Uint8Array(Float64Array.of(27.75).buffer)] });
  });
});

describe('errors thrown', () => {
  it('leave the stack unchanged, any number of times', async () => {
    const guest = await start(`
#include <string.h>
static void deep(int n) { volatile char frame[1024]; memset((char *)frame, n, sizeof frame); if (n == 0) colony_throw("up"); deep(n - 1); }
int fail(int n) { deep(n); return n; }
COLONY_EXPORT(int, fail, int);`);
    for (let i = 0; i < 1000; i++)
      expect(await guest.callKeep('fail', 100)).toMatchObject({ outcome: [1, { message: 'up' }] });
  });

  it('outside a call end the run', async () => {
    const early = '__attribute__((constructor)) static void early(void) { colony_throw("too early"); }';
    await expect(start(`${early}\nvoid nop(void) {}\nCOLONY_EXPORT(void, nop);`)).rejects.toThrow(
      /thrown outside a call: too early/,
    );
  });
});

describe('the C library', () => {
  const printed = async (text: string): Promise<unknown[][]> => {
    const guest = await start(`#include <stdio.h>\n#include <stdlib.h>\n${text}\nCOLONY_EXPORT(void, run);`);
    const seen: unknown[][] = [];
    guest.host = (_, args) => seen.push([...args]) - seen.length;
    expect(await guest.call('run')).toMatchObject({ outcome: [0, undefined] });
    return seen;
  };

  it('prints whole lines to the console, and the rest at the end of the call', async () => {
    expect(
      await printed(
        'void run(void) { printf("a %d\\nb %s", 1, "two"); puts("!"); fprintf(stderr, "bad\\n"); printf("end"); }',
      ),
    ).toEqual([
      ['log', 'a 1'],
      ['log', 'b two!'],
      ['error', 'bad'],
      ['log', 'end'],
    ]);
  });

  it('prints numbers as a virtine does, long double too', async () => {
    const run =
      'void run(void) { printf("%.17g %a %5.2e %lld %zu %Lf", 0.1, 1.5, 12345.678, -(1ll << 62), (size_t)7, 1.25L); }';
    expect(await printed(run)).toEqual([
      ['log', '0.10000000000000001 0x1.8p+0 1.23e+04 -4611686018427387904 7 1.250000'],
    ]);
  });

  it.each([
    ['exit(3);', TRAP_EXIT, /^exit\(\) was called with status 3$/],
    ['abort();', TRAP_EXIT, /^abort\(\) was called$/],
    ['assert(1 == 2);', TRAP_EXIT, /program\d+\.c:\d+: run: assertion failed: 1 == 2$/],
    ['(void)time(NULL);', TRAP_UNSUPPORTED, /no operating system to ask for clock_time_get$/],
    ['getchar();', TRAP_UNSUPPORTED, /no operating system to ask for fd_read$/],
    ['getentropy((char[8]){0}, 8);', TRAP_UNSUPPORTED, /no operating system to ask for random_get$/],
  ])('%s ends the call', async (statement, trap, message) => {
    const guest = await start(
      `#include <assert.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\n#include <unistd.h>\nvoid run(void) { ${statement} }\nCOLONY_EXPORT(void, run);`,
    );
    expect(await guest.call('run')).toMatchObject({ trap, message: expect.stringMatching(message) });
  });

  it('finds no environment and no files', async () => {
    const guest = await start(
      '#include <stdio.h>\n#include <stdlib.h>\nbool env(void) { return getenv("HOME") == NULL; }\nCOLONY_EXPORT(bool, env);\nbool file(void) { return fopen("/etc/passwd", "r") == NULL; }\nCOLONY_EXPORT(bool, file);',
    );
    expect(await guest.value('env')).toBe(true);
    expect(await guest.value('file')).toBe(true);
  });

  it('allocates beyond the initial memory, from one heap', async () => {
    const guest = await start(`
#include <stdlib.h>
#include <string.h>
int fill(int count, int size) {
  int sum = 0;
  char *last = strdup("x");
  for (int i = 0; i < count; i++) { char *block = calloc(1, size); sum += block[size - 1]; memset(block, 1, size); if (i % 3 == 0) free(block); }
  free(last);
  return sum;
}
COLONY_EXPORT(int, fill, int, int);`);
    expect(await guest.value('fill', 1000, 100)).toBe(0);
    expect(await guest.value('fill', 20, 1 << 20)).toBe(0);
  });
});

describe('examples', () => {
  it('c-checksum', async () => {
    const guest = await startGuest(example('c-checksum/checksum.c'), 'wasm32');
    const bytes = new TextEncoder().encode('An ant alone is helpless; a colony is not.');
    const digest = Buffer.from((await guest.value('sha256', bytes)) as Uint8Array).toString('hex');
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(expected('c-checksum')).toContain(`crc32 ${((await guest.value('crc32', bytes)) as number).toString(16)}`);
  });

  it('c-expression', async () => {
    const guest = await startGuest(example('c-expression/expression.c'), 'wasm32');
    const lines: string[] = [];
    guest.host = (name, args) => {
      if (name === 'colony:console') return void lines.push(String(args[1]));
      const value = { pi: Math.PI, answer: 42 }[String(args[0])];
      if (value === undefined) throw new Error(`there is no constant ${args[0]}`);
      return value;
    };
    for (const text of ['1 + 2 * 3', '2 ^ 3 ^ 2', 'sqrt(answer * 2 - 3)', '2 * pi', '(1 + 2', '1 +']) {
      const run = await guest.call('evaluate', text);
      if ('outcome' in run && run.outcome[0] === 1)
        lines.push(`${text}: guest code threw ${run.outcome[1].name}: ${run.outcome[1].message}`);
    }
    expect(expected('c-expression').split('\n').slice(0, -2)).toEqual(lines);
    expect(await guest.call('evaluate', 'secret')).toMatchObject({
      outcome: [1, { message: /there is no constant secret/ }],
    });
  });

  it('c-unsafe-decoder', async () => {
    const guest = await startGuest(example('c-unsafe-decoder/decoder.c'), 'wasm32');
    const good = Uint8Array.of(4, 2, 3, 35, 5, 46);
    const shown = async () => Buffer.from((await guest.value('decode', good)) as Uint8Array).toString('latin1');
    expect(expected('c-unsafe-decoder')).toContain(`a good file: ${await shown()}`);
    expect(await guest.call('decode', new Uint8Array(2 + 2 * 4096).fill(255))).toMatchObject({
      fault: /out of bounds/,
    });
    expect(expected('c-unsafe-decoder')).toContain(`a good file: ${await shown()}`);
  });
});

describe('probes', () => {
  it.each(['kernels', 'secrets', 'memory'])('%s returns the same as in a virtine', async (name) => {
    const calls: Record<string, [string, ...unknown[]][]> = {
      kernels: [
        ['loop_fib', 60],
        ['calls', 20],
        ['integer', 10000],
        ['floating', 10000],
        ['sieve', 100000],
      ],
      secrets: [['look_bss'], ['look_data'], ['look_heap', 65536]],
      memory: [
        ['dirty_pages', 100],
        ['dirty_heap', 100],
      ],
    };
    const guests = await Promise.all((['virtine', 'wasm32'] as const).map((t) => startGuest(probePath(name), t)));
    for (const [function_, ...args] of calls[name]!) {
      const [virtine, wasm] = await Promise.all(guests.map((guest: Guest) => guest.value(function_, ...args)));
      expect(wasm).toBe(virtine);
    }
    guests[0]!.close();
  });

  it.each(['recurse', 'write_beyond_heap'])('%s leaves the memory, and the next call works', async (name) => {
    const guest = await startGuest(probePath('memory'), 'wasm32');
    expect(await guest.call(name)).toHaveProperty('fault');
    expect(await guest.value('dirty_pages', 1)).toBe(1);
  });

  it('hypercalls_wasm32 has no result after unwinding without an error, and its stacks end', async () => {
    const guest = await startGuest(probePath('hypercalls_wasm32'), 'wasm32');
    await expect(guest.call('throw_bare')).rejects.toThrow();
    expect(await guest.call('protect_garbage')).toMatchObject({ fault: /out of bounds/ });
    expect(await guest.call('protect_nested')).toMatchObject({ fault: /call stack/ });
    expect(await guest.call('abort_good')).toEqual({ trap: TRAP_EXIT, message: 'so be it' });
  });
});

describe('the builder', () => {
  const failing = (message: RegExp) =>
    expect.objectContaining({ code: 'ERR_COMPILE', message: expect.stringMatching(message) });

  it.each([
    ['an error in the source', 'int f(void) { return x; }', /program\d+\.c:2:22: error: .*'x'/],
    ['no exports', 'int f(void) { return 1; }', /exports nothing: add COLONY_EXPORT/],
    [
      'a function that does not exist',
      'int g(void);\nint f(void) { return g(); }\nCOLONY_EXPORT(int, f);',
      /neither .* defines g/,
    ],
    [
      'a type that cannot cross',
      'int f(int *a) { return *a; }\nCOLONY_EXPORT(int, f, int *);',
      /f takes a type that cannot cross/,
    ],
    [
      'an export of another type',
      'int f(int a) { return a; }\nCOLONY_EXPORT(int, f, double);',
      /the function f has another type/,
    ],
    [
      'an import of its own',
      '__attribute__((import_module("env"), import_name("leak"))) int leak(void);\nint f(void) { return leak(); }\nCOLONY_EXPORT(int, f);',
      /imports env\.leak: .* go through colony_call/,
    ],
    [
      'a name that is not a literal',
      'void f(const char *n) { colony_call(n); }\nCOLONY_EXPORT(void, f, const char *);',
      /error: expected/,
    ],
  ])('reports a mistake: %s', async (_, text, message) => {
    await expect(build(text)).rejects.toThrowError(failing(message));
  });

  it('recommends how to install a compiler, and uses no other one', async () => {
    process.env.COLONY_CLANG = '/nowhere/clang';
    await expect(build('int f;')).rejects.toThrowError(failing(/no clang: .*apt-get install clang lld wasi-libc/));
    process.env.COLONY_CLANG = 'gcc';
    await expect(build('int f;')).rejects.toThrowError(failing(/is not a clang that makes wasm32 code/));
  });

  it('recommends how to install a C library, and needs none for strings and memory', async () => {
    process.env.COLONY_WASI_SYSROOT = 'none';
    const header = build('#include <stdio.h>\nint f(void) { return puts(""); }\nCOLONY_EXPORT(int, f);');
    await expect(header).rejects.toThrowError(failing(/stdio\.h[\s\S]*apt-get install wasi-libc/));
    const call = build('int puts(const char *);\nint f(void) { return puts(""); }\nCOLONY_EXPORT(int, f);');
    await expect(call).rejects.toThrowError(failing(/undefined: puts\n.*apt-get install wasi-libc/));
    const guest = await start(
      '#include <string.h>\n#include <stdlib.h>\n#include <assert.h>\nint f(const char *s) { char *c = strdup(s); assert(c); int n = strlen(c); free(c); return n; }\nCOLONY_EXPORT(int, f, const char *);',
    );
    expect(await guest.value('f', 'four')).toBe(4);
  });

  it('lets a program have its own string function', async () => {
    const guest = await start(
      'const char *strchr(const char *text, int c) { return c == 0 ? text : "mine"; }\nconst char *f(const char *s) { return strchr(s, 1); }\nCOLONY_EXPORT(const char *, f, const char *);',
    );
    expect(await guest.value('f', 'A')).toBe('mine');
  });

  it('refuses unknown targets', async () => {
    await expect(build('int f;', { target: 'arm' as Target })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringMatching(/^options\.target: expected one of virtine, .*wasm32, got "arm"$/),
    });
  });

  it('ends a call at undefined behaviour, with that option', async () => {
    const file = write('int f(int n) { return 2147483647 + n; }\nCOLONY_EXPORT(int, f, int);');
    const guest = await startGuest(file, 'wasm32', { sanitize: true });
    expect(await guest.value('f', 0)).toBe(2147483647);
    expect(await guest.call('f', 1)).toMatchObject({ fault: 'unreachable' });
  });
});
