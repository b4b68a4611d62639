/** C sources that try to read other files while they are built, on every backend: they get nothing. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColonyError, createContext, native, wasm } from '@colony/core';
import type { BackendName } from '@colony/matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slowModule } from '../../../../scripts/lib/slow-module.mjs';

const limits = { wallTime: '2 min', cpuTime: '2 min' } as const;
const EXPORT = 'int f(void) { return 0; }\nCOLONY_EXPORT(int, f);';

/** `secret` is a file outside the source's folder, as a C string and as plain text. */
type Source = (secret: string) => string;

const asm = (text: string) => `__asm__(${JSON.stringify(text)});\n${EXPORT}`;

const READS: Readonly<Record<string, Source>> = {
  '.incbin in assembly': (secret) => asm(`.pushsection .data\nx: .incbin "${secret}"\n.popsection`),
  '.INCBIN in capitals': (secret) => asm(`.pushsection .data\nx: .INCBIN "${secret}"\n.popsection`),
  '.incbin spelled in two quoted parts': (secret) => asm(`.pushsection .data\nx: ".inc""bin" "${secret}"\n.popsection`),
  '.incbin made by a macro': (secret) => asm(`.macro m a\n.inc\\a "${secret}"\n.endm\nm bin`),
  '.incbin made by a repetition': (secret) => asm(`.irp a, bin\n.inc\\a "${secret}"\n.endr`),
  '.include in assembly': (secret) => asm(`.include "${secret}"`),
  '.incbin behind the name of a section': (secret) =>
    `__attribute__((section(${JSON.stringify(`.x\n.incbin "${secret}"\n#`)}))) int z = 3;\n${EXPORT}`,
  '.incbin behind the name of a symbol': (secret) =>
    `extern int q __asm__(${JSON.stringify(`q\n.incbin "${secret}"\n#`)});\nint *w(void) { return &q; }\n${EXPORT}`,
  '#include of an absolute path': (secret) => `#include "${secret}"\n${EXPORT}`,
  '#include of a macro': (secret) => `#define PATH "${secret}"\n#include PATH\n${EXPORT}`,
  '#include of a path out of the folder': () => `#include "../secret.h"\n${EXPORT}`,
  '#include of a link out of the folder': () => `#include "linked-secret.h"\n${EXPORT}`,
  '#include of a hidden file': () => `#include ".hidden/secret.h"\n${EXPORT}`,
  '#include and then an error': (secret) => `#include "${secret}"\n#error now look\n${EXPORT}`,
  '#include of a header of the host': () => `#include "/usr/include/stdio.h"\n${EXPORT}`,
  '#include of an endless device': () => `#include "/dev/zero"\n${EXPORT}`,
  '#include of the environment': () => `#include "/proc/self/environ"\n${EXPORT}`,
  '#line, so that a message shows the file': (secret) =>
    `#line 1 "${secret}"\nint g(void) { return missing; }\n${EXPORT}`,
  '#embed': (secret) => `char bytes[] = {\n#embed "${secret}"\n};\n${EXPORT}`,
};

/** A program that runs, and reports whether the file exists. */
const PROBES: Readonly<Record<string, Source>> = {
  __has_include: (secret) => asked(`__has_include("${secret}")`),
  '__has_include by another name': (secret) => `#define ASK __has_include\n${asked(`ASK("${secret}")`)}`,
  '__has_include of a path out of the folder': () => asked('__has_include("../secret.h")'),
};
const asked = (question: string) =>
  `#if ${question}\n#define THERE 1\n#else\n#define THERE 0\n#endif\nint f(void) { return THERE; }\nCOLONY_EXPORT(int, f);`;

/** Flags that make a compiler read, write or run the file that they name. `/x` need not exist. */
const FLAGS: readonly (readonly string[])[] = [
  ['@/x'],
  ['-x', 'assembler'],
  ['-fplugin=/x.so'],
  ['-fplugin-arg-x-y=1'],
  ['-fpass-plugin=/x.so'],
  ['-Xclang', '-load', '-Xclang', '/x.so'],
  ['-Xpreprocessor', '-MD'],
  ['-Xassembler', '-I/x'],
  ['-Xlinker', '/x'],
  ['-include', '/etc/hostname'],
  ['-imacros', '/etc/hostname'],
  ['-Wp,-MD,/x'],
  ['-Wa,-I/x'],
  ['-Wl,-T,/x'],
  ['-B/x'],
  ['-B', '/x'],
  ['-specs=/x'],
  ['--sysroot=/x'],
  ['-isysroot', '/x'],
  ['--serialize-diagnostics', '/x'],
  ['-wrapper', '/x'],
  ['-fdump-tree-all=/x'],
  ['-fdiagnostics-format=sarif-file'],
  ['-fprofile-use=/x'],
  ['-fmodules'],
  ['-fmodule-file=/x'],
  ['-fpreprocessed'],
  ['-finput-charset=x'],
  ['-fcrash-diagnostics-dir=/x'],
  ['-gsplit-dwarf'],
  ['-fuse-ld=/x'],
  ['-ld', '/x'],
  ['-L/x'],
  ['-l:x'],
  ['-MD'],
  ['-MF', '/x'],
  ['-E'],
  ['-S'],
  ['-o', '/x'],
  ['-save-temps'],
  ['-dumpdir', '/x'],
  ['-iplugindir=/x'],
  ['-no-canonical-prefixes'],
  ['-mllvm', '-x'],
  ['-I/proc'],
  ['-I', '/'],
  ['-I../../../../../../../../../../..'],
  ['-DA\n#include "/etc/hostname"'],
  ['/etc/hostname'],
  ['x.o'],
];

interface Place {
  readonly folder: string;
  readonly secret: string;
  /** Text that must not appear anywhere. */
  readonly canary: string;
}

function makePlace(): Place {
  const root = mkdtempSync(join(tmpdir(), 'colony-hostile-'));
  const folder = join(root, 'program');
  const canary = `canary_${randomUUID().replaceAll('-', '_')}`;
  mkdirSync(join(folder, '.hidden'), { recursive: true });
  for (const path of ['secret.h', 'program/.hidden/secret.h']) writeFileSync(join(root, path), `int ${canary};\n`);
  symlinkSync(join(root, 'secret.h'), join(folder, 'linked-secret.h'));
  writeFileSync(join(folder, 'own.h'), '#define OWN 5\n');
  mkdirSync(join(root, 'inc'));
  writeFileSync(join(root, 'inc/given.h'), '#define GIVEN 6\n');
  return { folder, secret: join(root, 'secret.h'), canary };
}

/** A file that compiles for far longer than any test waits. */
function slowSource({ folder }: Place): string {
  const most = 100_000;
  const lines = Array.from(
    { length: most },
    (_, i) => `l${i}: if (n == ${i}) goto l${(i * 7919) % most}; n ^= n * ${i};`,
  );
  const file = join(folder, `slow-${randomUUID()}.c`);
  writeFileSync(
    file,
    `#include <colony/virtine.h>\nint f(int n) {\n${lines.join('\n')}\nreturn n; }\nCOLONY_EXPORT(int, f, int);`,
  );
  return file;
}

/** Command lines of all descendants of a process. */
function descendants(pid: number): string[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [
      readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' '),
      ...descendants(child),
    ]);
  } catch {
    return []; // the process has just ended
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 10));
}

/** @returns the result of `f`, or the error */
async function build(backend: BackendName, { folder }: Place, text: string, flags?: readonly string[]) {
  const file = join(folder, `${randomUUID()}.c`);
  writeFileSync(file, `#include <colony/virtine.h>\n${text}\n`);
  try {
    const context = await createContext({
      backend,
      program: native.c(file, { ...(flags && { flags }) }),
      policy: { limits },
    });
    const value = await context.call('f');
    await context.dispose();
    return value;
  } catch (error) {
    return error;
  }
}

function refused(result: unknown, code: string, { canary }: Place): void {
  expect.assert(ColonyError.is(result), `it was built, and gave ${String(result)}`);
  expect(result.code, result.message).toBe(code);
  expect(result.message.includes(canary), `the message shows the file: ${result.message}`).toBeFalsy();
}

/** `reason`: why the backend does not work here. */
export function hostileSources(backend: BackendName, reason: string | undefined): void {
  describe(`hostile C sources on ${backend}`, () => {
    if (reason !== undefined) {
      it(`needs ${backend}`, (context) => context.skip(reason));
      return;
    }
    let place: Place;
    beforeAll(() => {
      place = makePlace();
    });
    afterAll(() => rmSync(join(place.folder, '..'), { recursive: true }));

    it.each(Object.entries(READS))('cannot read a file: %s', async (name, source) => {
      // The wasm compiler never writes assembly text, so these are only names.
      if (backend === 'wasm' && /name of a/.test(name)) {
        expect(await build(backend, place, source(place.secret))).toBe(0);
        return;
      }
      refused(await build(backend, place, source(place.secret)), 'ERR_COMPILE', place);
    });

    it.each(Object.entries(PROBES))('cannot learn whether a file exists: %s', async (_, source) => {
      const result = await build(backend, place, source(place.secret));
      if (result !== 0) refused(result, 'ERR_COMPILE', place);
    });

    it.each(FLAGS.map((flags) => [flags.join(' '), flags] as const))(
      'cannot be given the flag %j',
      async (_, flags) => {
        refused(await build(backend, place, EXPORT, flags), 'ERR_BAD_OPTION', place);
      },
    );

    it('ends soon if it includes an endless device', async () => {
      const timed = async (text: string) => {
        const started = performance.now();
        await build(backend, place, text);
        return performance.now() - started;
      };
      const ordinary = Math.max(await timed(`${EXPORT} // 1`), await timed(`${EXPORT} // 2`));
      expect(await timed('#include "/dev/zero"')).toBeLessThan(20 * ordinary + 1000);
    });

    const built = ['C', ...(backend === 'wasm' ? [] : ['Wasm'])];
    const slowProgram = (kind: string) => (kind === 'C' ? native.c(slowSource(place)) : wasm(slowModule(22_000)));
    const compilers = () => descendants(process.pid).filter((line) => /\/slow-.*\.c|program\.wasm\.c/.test(line));

    it.each(built)('ends its compilers when it is aborted: %s', async (kind) => {
      const controller = new AbortController();
      const made = createContext({
        backend,
        program: slowProgram(kind),
        policy: { limits },
        signal: controller.signal,
      });
      const ended = expect(made).rejects.toMatchObject({ code: 'ERR_ABORTED' });
      await until(() => compilers().some((line) => /cc1|clang/.test(line)));
      controller.abort();
      await ended;
      await until(() => compilers().length === 0);
    });

    it.each(built)('ends its compilers when limits.buildTime is over: %s', async (kind) => {
      const made = createContext({
        backend,
        program: slowProgram(kind),
        policy: { limits: { ...limits, buildTime: '1 s' } },
      });
      await expect(made).rejects.toMatchObject({ code: 'ERR_LIMIT_BUILD_TIME', details: { limit: 1000 } });
      await until(() => compilers().length === 0);
    });

    it('continues for others when the time of one is over', async () => {
      const file = join(place.folder, 'waited-for.c');
      writeFileSync(file, `#include <colony/virtine.h>\n${EXPORT}`);
      const program = native.c(file);
      const short = createContext({ backend, program, policy: { limits: { ...limits, buildTime: 1 } } });
      const long = createContext({ backend, program, policy: { limits } });
      await expect(short).rejects.toMatchObject({ code: 'ERR_LIMIT_BUILD_TIME' });
      await (await long).dispose();
    });

    it('can include its own headers, those of its flags, and those of the compiler', async () => {
      const text = `#include "own.h"\n#include "../inc/given.h"\n#include <given.h>\n#include <stdint.h>\n#include <string.h>
        int f(void) { return OWN + GIVEN + (int)sizeof(uint32_t) + (int)strlen("four"); }\nCOLONY_EXPORT(int, f);`;
      const { folder } = place;
      for (const flags of [
        ['-I', join(folder, '../inc')],
        [`-I${join(folder, '../inc/../inc')}`, '-O1', '-Wall', '-DX=1'],
      ])
        expect(await build(backend, place, text, flags)).toBe(19);
    });

    it('may check for its own headers, and order memory accesses', async () => {
      const text = `#if defined(__has_include) && __has_include("own.h")\n#include "own.h"\n#endif
        int f(void) { __asm__ volatile("" ::: "memory"); return OWN; }\nCOLONY_EXPORT(int, f);`;
      expect(await build(backend, place, text)).toBe(5);
    });
  });
}
