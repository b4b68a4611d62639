/**
 * What a program may put into the assembly that gcc makes of it, by `__asm__` or by the name of a section: instructions
 * and data, but nothing that makes the assembler read a file. The assembler sees only this text.
 *
 * A file's name stands in quotes, and only lines of the forms below have quotes, so no directive can name one, however it
 * is spelled: `".inc""bin"` is one to newer assemblers. Macros and comments could change where quotes begin and end.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ColonyError } from '@colony/core';

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const SECTION = String.raw`[\w.$@+-]+,"[\w?]*"(?:,@\w+)?(?:,[\w.$@+-]+)*`;

/** Whole lines, as gcc and <colony/virtine.h> write them. */
const QUOTED = new RegExp(
  `^(?:[\\w.$]+:)?[ \\t]*(?:${[
    String.raw`\.(?:string|string8|ascii|asciz|base64|ident)[ \t]+${STRING}`,
    String.raw`\.file\s+(?:\d+\s+)?${STRING}(?:[ \t]+${STRING})?(?:\s+md5\s+\w+)?`,
    String.raw`\.(?:push)?section\s+${SECTION}`,
    // Where text of the program begins.
    String.raw`# \d+ ${STRING}(?: \d+)*`,
  ].join('|')})\\s*$`,
);

const FORBIDDEN = /\.(?:incbin|include|macro|altmacro|purgem|irpc?|irepc?|rept?|mri|linefile|stabs)(?![\w.$])|\/\*/i;

/** @throws ColonyError ERR_COMPILE for assembly that could read a file of the host */
export async function checkAssembly(path: string, source: string): Promise<void> {
  // Bytes, whatever they mean: a line ends at a line feed and nowhere else.
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
