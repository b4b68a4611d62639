/**
 * Checks the assembly that gcc makes of a program. By `__asm__` or by the name of a section, a program can add
 * instructions and data, but nothing that makes the assembler read a file. The assembler gets only this text.
 *
 * File names are in quotes, and only lines of the forms below may have quotes. So no directive can name a file, however
 * it is spelled: newer assemblers take `".inc""bin"` for one. Macros and comments could change where quotes begin and
 * end.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ColonyError } from '@colony/core';

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const SECTION = String.raw`[\w.$@+-]+,"[\w?]*"(?:,@\w+)?(?:,[\w.$@+-]+)*`;

/** Matches whole lines, as gcc and <colony/virtine.h> write them. */
const QUOTED = new RegExp(
  `^(?:[\\w.$]+:)?[ \\t]*(?:${[
    String.raw`\.(?:string|string8|ascii|asciz|base64|ident)[ \t]+${STRING}`,
    String.raw`\.file\s+(?:\d+\s+)?${STRING}(?:[ \t]+${STRING})?(?:\s+md5\s+\w+)?`,
    String.raw`\.(?:push)?section\s+${SECTION}`,
    // Mark where the program's text begins.
    String.raw`# \d+ ${STRING}(?: \d+)*`,
  ].join('|')})\\s*$`,
);

const FORBIDDEN = /\.(?:incbin|include|macro|altmacro|purgem|irpc?|irepc?|rept?|mri|linefile|stabs)(?![\w.$])|\/\*/i;

/** @throws ColonyError ERR_COMPILE for assembly that could read a file of the host */
export async function checkAssembly(path: string, source: string): Promise<void> {
  // Read as bytes, in any encoding: a line ends at a line feed and nowhere else.
  const text = await readFile(path, 'latin1');
  for (const line of text.split('\n')) {
    if (line.includes('"') ? QUOTED.test(line) : !FORBIDDEN.test(line)) continue;
    const [word] = FORBIDDEN.exec(line) ?? ['a string in quotes'];
    throw new ColonyError(
      'ERR_COMPILE',
      `${basename(source)}: its assembly has ${word}, which is not for guests: no .incbin, .include, macros or comments, and quotes only around the data of .ascii, .asciz and .string`,
    );
  }
}
