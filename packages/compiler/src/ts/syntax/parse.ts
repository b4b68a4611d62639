/** Parses source text, and classifies nodes of the syntax tree. */
import { ColonyError } from '@colony/core';
import {
  type ArrowFunctionExpression,
  type Function as FunctionLike,
  type Node,
  type Program,
  parseSync,
} from 'oxc-parser';
import { Lines, showPlace } from '../../source/place.js';

export type { Node, Program } from 'oxc-parser';

export interface Parsed {
  readonly program: Program;
  readonly lines: Lines;
  readonly text: string;
}

const LANGUAGE = /\.[cm]?(jsx?|tsx?)$/;

/**
 * @param file the name in messages; its extension determines the language
 * @throws ColonyError ERR_COMPILE
 */
export function parse(file: string, text: string): Parsed {
  const extension = LANGUAGE.exec(file)?.[1] ?? 'ts';
  const lang = extension as 'js' | 'jsx' | 'ts' | 'tsx';
  const result = parseSync(file, text, { lang, sourceType: 'module', preserveParens: false });
  const lines = new Lines(file, text);
  const error = result.errors.find(({ severity }) => severity === 'Error');
  if (error !== undefined) {
    const where = showPlace(lines.at(error.labels[0]?.start ?? 0));
    throw new ColonyError('ERR_COMPILE', `${where}: it does not parse: ${error.message}`, { details: { path: where } });
  }
  return { program: result.program, lines, text };
}

/** Whether the text has imports, exports or `import.meta`; text that does not parse has none. */
export function hasModuleSyntax(file: string, text: string): boolean {
  const lang = (LANGUAGE.exec(file)?.[1] ?? 'ts') as 'ts';
  return parseSync(file, text, { lang, sourceType: 'module' }).module.hasModuleSyntax;
}

/** Whether a text has names of CommonJS, and neither imports nor exports. */
export const isCommonJs = (file: string, text: string): boolean =>
  /\b(?:require|module|exports|__dirname|__filename)\b/.test(text) && !hasModuleSyntax(file, text);

export type FunctionNode = FunctionLike | ArrowFunctionExpression;

export function isFunction(node: Node | null | undefined): node is FunctionNode {
  return (
    node?.type === 'FunctionDeclaration' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression'
  );
}

export const isClass = (node: Node | null | undefined) =>
  node?.type === 'ClassDeclaration' || node?.type === 'ClassExpression';

/** Decorators that are outside of the class's own text: those before `export`. */
export function decoratorsBefore(node: Node): readonly Node[] {
  return 'decorators' in node ? ((node.decorators ?? []) as Node[]).filter(({ start }) => start < node.start) : [];
}

/** The expression under TypeScript's assertions. */
export function bare(node: Node): Node {
  let inner = node;
  while (
    inner.type === 'TSAsExpression' ||
    inner.type === 'TSSatisfiesExpression' ||
    inner.type === 'TSNonNullExpression' ||
    inner.type === 'TSTypeAssertion' ||
    inner.type === 'ParenthesizedExpression' ||
    inner.type === 'ChainExpression'
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** The constant name of a member access: `a.b`, `a['b']`. */
export function memberName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  const key = node.property;
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined;
}
