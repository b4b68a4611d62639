/**
 * Finds globals that the program defines itself when it starts: `globalThis.URL = URL`,
 * `Object.defineProperty(globalThis, 'URL', ...)`.
 */
import { isFunction, memberName, type Node } from '../syntax/parse.js';
import { closest, isWritten, type Scopes } from '../syntax/scopes.js';
import { type Graph, reachedReferences, type Unit } from './units.js';

const DEFINING = new Set(['defineProperty', 'defineProperties', 'assign']);

export class Definitions {
  /** Offset of the first definition, by name. */
  readonly #places = new Map<string, number>();

  constructor(
    private readonly scopes: Scopes,
    graph: Graph,
  ) {
    for (const { reference, reached } of reachedReferences(scopes, graph)) {
      const { name, binding, node } = reference;
      if (name !== 'globalThis' || binding !== undefined || !this.#runsAtStart(node, reached.unit)) continue;
      for (const defined of this.#definedWith(node))
        if (!this.#places.has(defined)) this.#places.set(defined, node.start);
    }
  }

  /** True if the program defines the global at some time. */
  isMade(name: string): boolean {
    return this.#places.has(name);
  }

  /** True if the global exists by the time that `node` runs: `node` is later in the start, or in a function. */
  has(name: string, node: Node): boolean {
    const place = this.#places.get(name);
    if (place === undefined) return false;
    return place < node.start || closest(node, this.scopes.parents, isFunction) !== undefined;
  }

  /** True outside of functions, and in the function of a CommonJS module. */
  #runsAtStart(node: Node, unit: Unit): boolean {
    const around = closest(node, this.scopes.parents, isFunction);
    return around === undefined || unit.wrapped === around;
  }

  #definedWith(node: Node): string[] {
    const parent = this.scopes.parents.get(node);
    if (parent?.type === 'MemberExpression' && parent.object === node) {
      const name = memberName(parent);
      return name !== undefined && isWritten(parent, this.scopes.parents) ? [name] : [];
    }
    if (parent?.type !== 'CallExpression' || parent.arguments[0] !== node) return [];
    const { callee, arguments: passed } = parent;
    const method = memberName(callee);
    if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return [];
    if (!/^(?:Object|Reflect)$/.test(callee.object.name) || method === undefined || !DEFINING.has(method)) return [];
    return method === 'defineProperty' ? textOf(passed[1]) : passed.slice(1).flatMap(keysOf);
  }
}

const textOf = (node: Node | undefined): string[] =>
  node?.type === 'Literal' && typeof node.value === 'string' ? [node.value] : [];

function keysOf(node: Node): string[] {
  if (node.type !== 'ObjectExpression') return [];
  return node.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.computed) return [];
    return property.key.type === 'Identifier' ? [property.key.name] : textOf(property.key);
  });
}
