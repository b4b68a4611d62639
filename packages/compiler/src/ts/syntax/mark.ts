/** The words that mark a virtine, and a fast search for them: every module that a program loads passes here. */
export const DIRECTIVE = 'use virtine';
/** The module that compiled and uncompiled programs import `virtine` and `host` from. */
export const RUNTIME = '@colony/compiler/runtime';

/** A result of false is always right. */
export function mayHoldDirective(text: string | ArrayBufferView | ArrayBuffer): boolean {
  if (typeof text === 'string') return text.includes(DIRECTIVE);
  const bytes = ArrayBuffer.isView(text)
    ? Buffer.from(text.buffer, text.byteOffset, text.byteLength)
    : Buffer.from(text);
  return bytes.includes(DIRECTIVE);
}

/** Whether a text may hold virtines: `virtine()` comes only from the runtime module. */
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
 * Whether a statement is the directive, or was meant to be: after other statements, in parentheses, or as a template.
 * Each of these would be a string without an effect. It works on any ESTree.
 */
export function isDirective({ type, expression }: Statement): boolean {
  if (type !== 'ExpressionStatement') return false;
  const { type: kind, value, quasis = [] } = expression as Expression;
  if (kind === 'Literal') return value === DIRECTIVE;
  return kind === 'TemplateLiteral' && quasis.length === 1 && quasis[0]!.value.raw === DIRECTIVE;
}
