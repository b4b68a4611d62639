/**
 * A virtine that is async in name only, which every directive makes it be: it awaits nothing. In the program it is a
 * plain function, so that a call makes no promise, no job and no garbage; its caller gets a promise all the same.
 */
import { walk } from 'oxc-walker';
import type { Capture } from '../capture/capture.js';
import { type FunctionNode, isFunction, type Node } from '../syntax/parse.js';
import { type Scopes, within } from '../syntax/scopes.js';
import type { VirtineSite } from '../virtines/find.js';

const isAwait = (node: Node) =>
  node.type === 'AwaitExpression' ||
  (node.type === 'ForOfStatement' && node.await) ||
  (node.type === 'VariableDeclaration' && node.kind === 'await using');

function awaits(target: FunctionNode): boolean {
  let hasAwait = false;
  walk(target, {
    enter(node) {
      if (hasAwait || (isFunction(node) && node !== target)) return this.skip();
      hasAwait = isAwait(node);
    },
  });
  return hasAwait;
}

/** True where the program may call it too, and count on a promise. */
function isCalledInside({ target, own }: VirtineSite, scopes: Scopes, { pieces, locals }: Capture): boolean {
  if (pieces.some(({ node }) => within(target, node))) return true;
  const inside = [target, ...pieces.map(({ node }) => node), ...locals.map(({ value }) => value)];
  return scopes.references.some(
    ({ node, binding }) =>
      binding !== undefined &&
      (binding === own || binding.node === target) &&
      inside.some((outer) => within(node, outer)),
  );
}

export function isAsyncInNameOnly(site: VirtineSite, scopes: Scopes, capture: Capture): boolean {
  const { target } = site;
  return isFunction(target) && target.async && !awaits(target) && !isCalledInside(site, scopes, capture);
}
