/** Values that are known without running code. */

import { bare, isFunction, memberName, type Node } from '../syntax/parse.js';
import { type Binding, boundTo, isReassigned, type Scopes } from '../syntax/scopes.js';
import { changesOf } from './changes.js';

export type Known = string | number | boolean | null | undefined | Known[] | { [key: string]: Known };

/** Not known. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/** Bounds on variables that are made of other variables: the depth, and the number of steps in all. */
const MOST_FOLLOWED = 8;
const MOST_STEPS = 1_000;
/** Bound on chains of variables that stand for one another: a longer one could overflow the stack. */
const MOST_BUSY = 500;
/** Bound on the characters and entries of a value: a source can describe a value too large for any memory. */
const MOST_KNOWN = 100_000;

export class Constants {
  readonly #busy = new Set<Binding>();

  constructor(private readonly scopes: Scopes) {}

  readonly #known = new Map<Node, Known | typeof UNKNOWN>();
  readonly #sizes = new WeakMap<object, number>();

  /** Evaluates each node once: variables that use one another twice each would take exponential time. */
  valueOf(input: Node): Known | typeof UNKNOWN {
    const node = bare(input);
    const known = this.#known.get(node);
    if (known !== undefined || this.#known.has(node)) return known;
    const value = this.#valueOf(node);
    const kept = value !== UNKNOWN && this.#sizeOf(value) > MOST_KNOWN ? UNKNOWN : value;
    this.#known.set(node, kept);
    return kept;
  }

  #sizeOf(value: Known): number {
    if (typeof value === 'string') return value.length;
    if (typeof value !== 'object' || value === null) return 1;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    const size = Object.entries(value).reduce((sum, [key, part]) => sum + key.length + this.#sizeOf(part), 1);
    this.#sizes.set(value, size);
    return size;
  }

  #valueOf(node: Node): Known | typeof UNKNOWN {
    switch (node.type) {
      case 'Literal':
        return 'regex' in node && node.regex
          ? UNKNOWN
          : typeof node.value === 'bigint'
            ? UNKNOWN
            : (node.value as Known);
      case 'TemplateLiteral': {
        const { text, whole } = this.prefixOf(node);
        return whole ? text : UNKNOWN;
      }
      case 'BinaryExpression':
        return this.#sum(node);
      case 'UnaryExpression':
        return this.#unary(node);
      case 'ArrayExpression':
        return this.#list(node.elements);
      case 'ObjectExpression':
        return this.#object(node);
      case 'Identifier':
        return this.#variable(node);
      case 'CallExpression':
        return this.#frozen(node);
      case 'MemberExpression':
        return this.#member(node);
      default:
        return UNKNOWN;
    }
  }

  /** Returns the initialiser of a variable that nothing changes. */
  initialOf(node: Node): Node | undefined {
    const binding = node.type === 'Identifier' ? boundTo(node, this.scopes) : undefined;
    if (binding?.kind !== 'variable' || isReassigned(binding) || changesOf(binding, this.scopes).length > 0)
      return undefined;
    const parent = this.scopes.parents.get(binding.node);
    const isWhole = parent?.type === 'VariableDeclarator' && parent.id === binding.node;
    return isWhole ? (parent.init ?? undefined) : undefined;
  }

  readonly #followed = new Set<Node>();
  #steps = 0;
  /**
   * Returns the result of `work`, or undefined if it visits `node` again or goes too deep: names may stand for one
   * another.
   */
  once<T>(node: Node, work: () => T): T | undefined {
    if (this.#followed.size === 0) this.#steps = 0;
    if (this.#followed.has(node) || this.#followed.size >= MOST_FOLLOWED || ++this.#steps > MOST_STEPS)
      return undefined;
    this.#followed.add(node);
    const result = work();
    this.#followed.delete(node);
    return result;
  }

  /** Returns the known start of a string; `whole`: the string has no more text. */
  prefixOf(input: Node): { text: string; whole: boolean } {
    const node = bare(input);
    if (node.type === 'TemplateLiteral') {
      const parts = node.quasis.flatMap((quasi, index) => {
        const expression = node.expressions[index];
        const text = { text: quasi.value.cooked ?? '', whole: true };
        return expression === undefined ? [text] : [text, this.prefixOf(expression)];
      });
      return join(parts);
    }
    if (node.type === 'BinaryExpression' && node.operator === '+') {
      const sum = this.#sum(node);
      if (sum !== UNKNOWN) return { text: String(sum), whole: true };
      // After a number, the right operand may be a number too, and `+` would add them.
      if (typeof this.valueOf(node.left) === 'number') return { text: '', whole: false };
      return join([this.prefixOf(node.left), this.prefixOf(node.right)]);
    }
    if (node.type === 'BinaryExpression') return { text: '', whole: false };
    const value = this.valueOf(node);
    if (typeof value === 'string') return { text: value, whole: true };
    return typeof value === 'number' ? { text: String(value), whole: true } : { text: '', whole: false };
  }

  /** The sum of two numbers, or of text and a number or text. */
  #sum(node: Extract<Node, { type: 'BinaryExpression' }>): string | number | typeof UNKNOWN {
    if (node.operator !== '+') return UNKNOWN;
    const [left, right] = [this.valueOf(node.left as Node), this.valueOf(node.right)];
    if (typeof left === 'number') {
      if (typeof right === 'number') return left + right;
      return typeof right === 'string' ? left + right : UNKNOWN;
    }
    return typeof left === 'string' && (typeof right === 'string' || typeof right === 'number')
      ? left + right
      : UNKNOWN;
  }

  #unary(node: Extract<Node, { type: 'UnaryExpression' }>): Known | typeof UNKNOWN {
    const value = this.valueOf(node.argument);
    if (node.operator === '-' && typeof value === 'number') return -value;
    if (node.operator === '!' && typeof value === 'number') return !value;
    return node.operator === 'void' && value !== UNKNOWN ? undefined : UNKNOWN;
  }

  #list(elements: readonly (Node | null)[]): Known[] | typeof UNKNOWN {
    const list: Known[] = [];
    for (const element of elements) {
      const value = element === null || element.type === 'SpreadElement' ? UNKNOWN : this.valueOf(element);
      if (value === UNKNOWN) return UNKNOWN;
      list.push(value);
    }
    return list;
  }

  #object(node: Extract<Node, { type: 'ObjectExpression' }>): Known | typeof UNKNOWN {
    const entries: [string, Known][] = [];
    for (const property of node.properties) {
      const key = property.type === 'Property' ? keyOf(property) : undefined;
      const value =
        property.type === 'Property' && !isFunction(property.value) ? this.valueOf(property.value) : UNKNOWN;
      if (key === undefined || value === UNKNOWN) return UNKNOWN;
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  #variable(node: Extract<Node, { type: 'Identifier' }>): Known | typeof UNKNOWN {
    const binding = boundTo(node, this.scopes);
    if (binding === undefined) return node.name === 'undefined' ? undefined : UNKNOWN;
    if (this.#busy.has(binding) || this.#busy.size >= MOST_BUSY) return UNKNOWN;
    const initial = this.initialOf(node);
    if (initial === undefined) return UNKNOWN;
    this.#busy.add(binding);
    const value = this.valueOf(initial);
    this.#busy.delete(binding);
    return value;
  }

  /** Evaluates `Object.freeze({...})`. */
  #frozen(node: Extract<Node, { type: 'CallExpression' }>): Known | typeof UNKNOWN {
    const [first] = node.arguments;
    const { callee } = node;
    const { name } = callee.type === 'MemberExpression' && callee.object.type === 'Identifier' ? callee.object : {};
    const isOwn = name === 'Object' && this.scopes.meaningOf((callee as { object: Node }).object) === 'global';
    if (first === undefined || memberName(callee) !== 'freeze' || !isOwn) return UNKNOWN;
    return this.valueOf(first);
  }

  #member(node: Extract<Node, { type: 'MemberExpression' }>): Known | typeof UNKNOWN {
    const object = this.valueOf(node.object);
    const key = memberName(node);
    if (object === UNKNOWN || key === undefined || typeof object !== 'object' || object === null) return UNKNOWN;
    return Object.hasOwn(object, key) ? (object as Record<string, Known>)[key] : UNKNOWN;
  }
}

function join(parts: readonly { text: string; whole: boolean }[]): { text: string; whole: boolean } {
  let text = '';
  for (const part of parts) {
    text += part.text;
    if (!part.whole || text.length > MOST_KNOWN) return { text, whole: false };
  }
  return { text, whole: true };
}

export function keyOf(property: Extract<Node, { type: 'Property' }>): string | undefined {
  const { key, computed } = property;
  if (!computed && key.type === 'Identifier') return key.name;
  return key.type === 'Literal' && typeof key.value !== 'object' ? String(key.value) : undefined;
}
