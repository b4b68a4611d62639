/** The words that mark a virtine, and a fast look for them: every module that a program loads passes here. */
export const DIRECTIVE = 'use virtine';
/** The module that compiled and uncompiled programs import `virtine` and `host` from. */
export const RUNTIME = '@colony/compiler/runtime';

/** Never wrong when it returns false. */
export function mayHoldDirective(text: string | ArrayBufferView | ArrayBuffer): boolean {
  if (typeof text === 'string') return text.includes(DIRECTIVE);
  const bytes = ArrayBuffer.isView(text)
    ? Buffer.from(text.buffer, text.byteOffset, text.byteLength)
    : Buffer.from(text);
  return bytes.includes(DIRECTIVE);
}

/** True for a text that may have something to compile: `virtine()` comes from the runtime module only. */
export const mayHoldVirtines = (text: string): boolean => mayHoldDirective(text) || text.includes(RUNTIME);
