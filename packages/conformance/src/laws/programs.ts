/** Programs for single laws, in the law's language. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { js, native, type Program, wasm } from '@colony/core';
import type { Tools } from '../law.js';
import { assemble } from '../programs/wat.js';

/** The same program in each language. */
export interface Sources {
  readonly js: string;
  /** Without its includes. */
  readonly c: string;
  /** A module's fields. */
  readonly wat: string;
}

/** The program in the law's language. @throws Error if the text does not parse; the backend's builder parses C */
export async function programOf(t: Tools, sources: Sources): Promise<Program> {
  if (t.kind === 'native') {
    const file = join(await t.directory(), 'law.c');
    await writeFile(file, `#include <colony/virtine.h>\n#include <stdlib.h>\n${sources.c}\n`);
    return native.c(file);
  }
  if (t.kind === 'wasm') return wasm(await assemble(`(module ${sources.wat})`));
  return js(sources.js);
}

/** A program whose evaluation never ends. */
export const endless = (t: Tools): Promise<Program> =>
  programOf(t, {
    js: 'for (;;);',
    c: '__attribute__((constructor)) static void endless(void) { for (;;) __asm__ volatile(""); }\nint one(void) { return 1; }\nCOLONY_EXPORT(int, one);',
    wat: '(func $endless (loop $again (br $again))) (start $endless)',
  });
