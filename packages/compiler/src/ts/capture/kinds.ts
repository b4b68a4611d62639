/** Kinds of syntax nodes that a capture treats differently. */
import { isClass, isFunction, type Node } from '../syntax/parse.js';
import { type Scopes, userOf } from '../syntax/scopes.js';
import { isCalleeOf } from '../values/purity.js';

export type Declarator = Extract<Node, { type: 'VariableDeclarator' }>;
export const isDeclarator = (node: Node): node is Declarator => node.type === 'VariableDeclarator';

/** No value of these crosses. */
const NEVER_CROSS =
  /^(?:Promise|WeakMap|WeakSet|WeakRef|Proxy|FinalizationRegistry|Worker|AbortController|MessageChannel)$/;

/** `a()`, `new a()`, `class extends a`, `x instanceof a`; not `a?.()`, which asks first. */
export function isUsedAsCode(node: Node, parents: Scopes['parents']): boolean {
  const { inner, outer } = userOf(node, parents);
  if (outer?.type === 'CallExpression' && outer.optional) return false;
  if (outer?.type === 'BinaryExpression') return outer.operator === 'instanceof' && outer.right === inner;
  return isCalleeOf(inner, outer) || (isClass(outer) && 'superClass' in outer! && outer.superClass === inner);
}

export function ownsThis(node: Node): node is Node {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'PropertyDefinition' ||
    node.type === 'StaticBlock'
  );
}

export const isLoop = (node: Node): node is Node => /^(?:For|ForOf|ForIn|While|DoWhile)Statement$/.test(node.type);

export const isFunctionAround =
  (target: Node) =>
  (node: Node): node is Node =>
    isFunction(node) && node !== target;

export const isType = (node: Node) => node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration';

/** True for data that the top level fills, and that crosses once it is filled. */
export function isData(node: Node): boolean {
  if (node.type === 'NewExpression')
    return node.callee.type === 'Identifier' && /^(?:Map|Set|.*Array)$/.test(node.callee.name);
  return /^(?:Literal|ArrayExpression|ObjectExpression|Identifier|UnaryExpression)$/.test(node.type);
}

export const isAmbient = (node: Node) =>
  node.type === 'TSDeclareFunction' || ('declare' in node && node.declare === true);

export function isPrimitive(node: Node): boolean {
  if (node.type === 'UnaryExpression') return isPrimitive(node.argument);
  if (node.type === 'TemplateLiteral') return node.expressions.length === 0;
  return node.type === 'Literal' && !('regex' in node && node.regex);
}

export function neverCrosses(node: Node): boolean {
  if (isClass(node) || isFunction(node)) return true;
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false;
  if (node.callee.type !== 'Identifier') return false;
  return node.type === 'NewExpression' ? NEVER_CROSS.test(node.callee.name) : node.callee.name === 'Symbol';
}
