/** Finds the parts of classes that run when the class is evaluated, before anything makes an instance. */
import { isFunction, type Node } from '../syntax/parse.js';

const isPlain = (node: Node | null): boolean =>
  node === null ||
  node.type === 'Literal' ||
  node.type === 'Identifier' ||
  node.type === 'ThisExpression' ||
  isFunction(node);

/**
 * True if evaluating the class may do something: static blocks and fields, `extends mix(B)`, computed names,
 * decorators.
 */
export function hasEffects(node: Node | null | undefined): boolean {
  if (node?.type !== 'ClassDeclaration' && node?.type !== 'ClassExpression') return false;
  return node.decorators.length > 0 || !isPlain(node.superClass) || node.body.body.some(memberHasEffects);
}

function memberHasEffects(member: Node): boolean {
  if (member.type === 'StaticBlock') return true;
  if (
    member.type !== 'PropertyDefinition' &&
    member.type !== 'MethodDefinition' &&
    member.type !== 'AccessorProperty'
  ) {
    return false;
  }
  const isComputed = member.computed && member.key.type !== 'Literal';
  const isField = member.type !== 'MethodDefinition' && member.static;
  return isComputed || member.decorators.length > 0 || (isField && !isPlain(member.value));
}
