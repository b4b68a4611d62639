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

interface Statement {
  readonly type: string;
  readonly expression?: unknown;
}
interface Expression {
  readonly type: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
}

/**
 * A statement that is the directive, or that was meant to be: after other statements, in parentheses, or as a template.
 * Each of them would be a string without an effect. Any ESTree will do.
 */
export function isDirective({ type, expression }: Statement): boolean {
  if (type !== 'ExpressionStatement') return false;
  const { type: kind, value, quasis = [] } = expression as Expression;
  if (kind === 'Literal') return value === DIRECTIVE;
  return kind === 'TemplateLiteral' && quasis.length === 1 && quasis[0]!.value.raw === DIRECTIVE;
}
