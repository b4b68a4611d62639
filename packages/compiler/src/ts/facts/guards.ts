/** Code that asks first: `typeof process !== 'undefined' && process.env`, `try { Buffer } catch {}`. */
import { isFunction, type Node } from '../parse.js';
import { GUEST_GLOBALS } from '../platform.js';
import { closest, type Reference, type Scopes, within } from '../scopes.js';

export const isTypeof = (node: Node, parents: Scopes['parents']): boolean => {
  const parent = parents.get(node);
  return parent?.type === 'UnaryExpression' && parent.operator === 'typeof';
};

export class Guards {
  /** `typeof` questions about globals that no guest has. */
  readonly #questions: readonly Reference[];

  constructor(private readonly scopes: Scopes) {
    this.#questions = scopes.references.filter(
      ({ binding, name, node }) => binding === undefined && !GUEST_GLOBALS.has(name) && isTypeof(node, scopes.parents),
    );
  }

  /** True where the global is only read after it was asked whether it is there. */
  isGuarded({ node, name }: Reference): boolean {
    const { parents } = this.scopes;
    let inner = node;
    for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
      if (outer.type === 'TryStatement' && outer.block === inner && outer.handler !== null) return true;
      const test = testOf(outer);
      if (test !== undefined && test !== inner && this.#asks(test)) return true;
      inner = outer;
    }
    const around = closest(node, parents, isFunction) ?? this.scopes.program;
    return this.#questions.some(
      (asked) => asked.name === name && asked.node.start < node.start && within(asked.node, around),
    );
  }

  #asks(test: Node): boolean {
    return this.#questions.some(({ node }) => within(node, test));
  }
}

function testOf(node: Node): Node | undefined {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') return node.test;
  return node.type === 'LogicalExpression' ? node.left : undefined;
}
