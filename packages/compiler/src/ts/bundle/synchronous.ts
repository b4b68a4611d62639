/**
 * Finds virtines that are async in name only: they await nothing, but the directive demands `async`. In the program
 * such a virtine is a plain function, so that a call makes no promise, no job and no garbage. Its caller still gets a
 * promise.
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

/** Whether the program itself may call it, and expect a promise. */
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
