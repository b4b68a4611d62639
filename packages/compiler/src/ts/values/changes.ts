/** Finds the places that change an object, as far as its name shows them. */
import { memberName, type Node } from '../syntax/parse.js';
import { type Binding, isWritten, type Reference, type Scopes } from '../syntax/scopes.js';
import { CHANGING, CHANGING_STATICS } from './platform.js';

/** `x.y = 1`, `delete x.y`, `x.list.push(1)`, `Object.assign(x, ...)`. */
function isChange(reference: Reference, parents: Scopes['parents']): boolean {
  let inner: Node = reference.node;
  for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
    if (outer.type === 'MemberExpression' && outer.object === inner) {
      if (isWritten(outer, parents)) return true;
      const user = parents.get(outer);
      if (user?.type === 'UnaryExpression' && user.operator === 'delete') return true;
      if (user?.type === 'CallExpression' && user.callee === outer) return CHANGING.has(memberName(outer) ?? '');
    } else if (outer.type === 'CallExpression' && outer.arguments[0] === inner && inner === reference.node) {
      const { callee } = outer;
      if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return false;
      return /^(?:Object|Reflect)$/.test(callee.object.name) && CHANGING_STATICS.test(memberName(callee) ?? '');
    } else if (!outer.type.startsWith('TS') && outer.type !== 'ChainExpression') {
      return false;
    }
    inner = outer;
  }
  return false;
}

export function changesOf(binding: Binding, scopes: Scopes): Reference[] {
  return binding.references.filter((reference) => isChange(reference, scopes.parents));
}
