/**
 * Recognizes code that checks first: `typeof process !== 'undefined' && process.env`. Code that a guest never runs is
 * not a use.
 */
import { bare, type FunctionNode, isFunction, memberName, type Node } from '../syntax/parse.js';
import { type Binding, boundTo, isReassigned, type Scopes } from '../syntax/scopes.js';
import { keyOf } from '../values/constants.js';
import { GUEST_GLOBALS, lacksMember } from '../values/platform.js';
import type { Definitions } from './definitions.js';

/** A value that is the same in every guest. Objects and functions are known by their kind only. */
type Fact = { readonly value: unknown } | { readonly kind: 'object' | 'function' };

const OBJECTS = /^(?:globalThis|host|colony|console|Math|JSON|Reflect|crypto|performance)$/;
const VALUES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
]);

export class Guards {
  readonly #busy = new Set<Binding | Node>();
  readonly #truths = new Map<Node, boolean | undefined>();

  constructor(
    private readonly scopes: Scopes,
    private readonly definitions: Definitions,
  ) {}

  /** True if `node` never runs in a guest, or if an error that it throws there is caught. */
  excuses(node: Node): boolean {
    let isCaught = true;
    let inner = node;
    for (let outer = this.scopes.parents.get(inner); outer !== undefined; outer = this.scopes.parents.get(inner)) {
      if (isCaught && outer.type === 'TryStatement' && outer.block === inner && outer.handler !== null) return true;
      if (this.#isSkipped(outer, inner)) return true;
      // The callers of a function are unknown, unless it is called where it is written. A `try` around it then does not
      // count.
      if (isFunction(outer) && !this.#isCalledHere(outer)) isCaught = false;
      inner = outer;
    }
    return false;
  }

  #isCalledHere(node: FunctionNode): boolean {
    const call = this.scopes.parents.get(node);
    return call?.type === 'CallExpression' && call.callee === node && !node.async && !node.generator;
  }

  #isSkipped(outer: Node, inner: Node): boolean {
    switch (outer.type) {
      case 'IfStatement':
      case 'ConditionalExpression':
        if (outer.consequent === inner) return this.#truth(outer.test) === false;
        return outer.alternate === inner && this.#truth(outer.test) === true;
      case 'LogicalExpression':
        if (outer.right !== inner) return false;
        if (outer.operator === '??') return this.#isThere(outer.left);
        return this.#truth(outer.left) === (outer.operator === '||');
      case 'WhileStatement':
        return outer.body === inner && this.#truth(outer.test) === false;
      case 'Program':
      case 'BlockStatement':
      case 'StaticBlock':
        return this.#isAfterEnd(outer.body, inner);
      case 'SwitchCase':
        return this.#isAfterEnd(outer.consequent, inner);
      default:
        return false;
    }
  }

  #isThere(node: Node): boolean {
    const fact = this.#fact(node);
    return fact !== undefined && (!('value' in fact) || (fact.value !== undefined && fact.value !== null));
  }

  /**
   * True after `if (typeof process === 'undefined') return;`. Function declarations are hoisted, so they exist before
   * it.
   */
  #isAfterEnd(statements: readonly Node[], inner: Node): boolean {
    if (inner.type === 'FunctionDeclaration') return false;
    for (const statement of statements) {
      if (statement === inner) return false;
      if (this.#ends(statement)) return true;
    }
    return false;
  }

  #ends(statement: Node): boolean {
    switch (statement.type) {
      case 'ReturnStatement':
      case 'ThrowStatement':
      case 'BreakStatement':
      case 'ContinueStatement':
        return true;
      case 'BlockStatement':
        return statement.body.some((inner) => this.#ends(inner));
      case 'IfStatement': {
        const truth = this.#truth(statement.test);
        if (truth === undefined) return false;
        const branch = truth ? statement.consequent : statement.alternate;
        return branch !== null && this.#ends(branch);
      }
      default:
        return false;
    }
  }

  /** Returns undefined if the result depends on unknown values. */
  #truth(test: Node): boolean | undefined {
    const node = bare(test);
    if (this.#truths.has(node)) return this.#truths.get(node);
    const truth = this.#findTruth(node);
    this.#truths.set(node, truth);
    return truth;
  }

  #findTruth(node: Node): boolean | undefined {
    if (node.type === 'UnaryExpression' && node.operator === '!') return not(this.#truth(node.argument));
    if (node.type === 'LogicalExpression' && node.operator !== '??') {
      const decides = node.operator === '||';
      const [left, right] = [this.#truth(node.left), this.#truth(node.right)];
      if (left === decides || right === decides) return decides;
      return left === undefined || right === undefined ? undefined : !decides;
    }
    if (node.type === 'SequenceExpression') return this.#truth(node.expressions.at(-1)!);
    if (node.type === 'ConditionalExpression') {
      const truth = this.#truth(node.test);
      return truth === undefined ? undefined : this.#truth(truth ? node.consequent : node.alternate);
    }
    if (node.type === 'Identifier' || node.type === 'CallExpression') {
      const meant = this.#meantBy(node);
      if (meant !== undefined) return this.#within(meant, (inner) => this.#truth(inner));
    }
    const fact = this.#fact(node);
    return fact === undefined ? undefined : !('value' in fact) || Boolean(fact.value);
  }

  /**
   * Returns the expression that a constant stands for, or the one that a called function returns if it only returns.
   */
  #meantBy(node: Node): Node | undefined {
    const name = node.type === 'CallExpression' ? node.callee : node;
    const binding = name.type === 'Identifier' ? boundTo(name, this.scopes) : undefined;
    if (binding === undefined || isReassigned(binding)) return undefined;
    const declarator = this.scopes.parents.get(binding.node);
    const init = isFunction(binding.node)
      ? binding.node
      : declarator?.type === 'VariableDeclarator'
        ? declarator.init
        : null;
    if (init === null || node.type !== 'CallExpression') return isFunction(init) ? undefined : (init ?? undefined);
    return isFunction(init) && !init.async && !init.generator ? returnedBy(init) : undefined;
  }

  #within<T>(node: Node, look: (node: Node) => T | undefined): T | undefined {
    if (this.#busy.has(node)) return undefined;
    this.#busy.add(node);
    const result = look(node);
    this.#busy.delete(node);
    return result;
  }

  #fact(input: Node): Fact | undefined {
    const node = bare(input);
    switch (node.type) {
      case 'Literal':
        return 'regex' in node && node.regex ? { kind: 'object' } : { value: node.value };
      case 'UnaryExpression':
        return this.#unary(node);
      case 'BinaryExpression':
        return this.#compared(node);
      case 'MemberExpression':
        return this.#member(node);
      case 'Identifier': {
        if (this.scopes.meaningOf(node) === 'global') return this.#global(node.name);
        const meant = this.#meantBy(node);
        return meant === undefined ? this.#takenOut(node) : this.#within(meant, (inner) => this.#fact(inner));
      }
      default: {
        const truth = node.type === 'LogicalExpression' ? this.#truth(node) : undefined;
        return truth === false ? { value: false } : undefined;
      }
    }
  }

  #global(name: string): Fact | undefined {
    if (!GUEST_GLOBALS.has(name) || this.definitions.isMade(name)) return undefined;
    if (VALUES.has(name)) return { value: VALUES.get(name) };
    return { kind: OBJECTS.test(name) ? 'object' : 'function' };
  }

  /** Follows `const { subtle } = crypto`. */
  #takenOut(name: Node): Fact | undefined {
    const binding = boundTo(name, this.scopes);
    if (binding === undefined || isReassigned(binding)) return undefined;
    const property = this.scopes.parents.get(binding.node);
    const pattern = property?.type === 'Property' ? this.scopes.parents.get(property) : undefined;
    const declarator = pattern?.type === 'ObjectPattern' ? this.scopes.parents.get(pattern) : undefined;
    if (declarator?.type !== 'VariableDeclarator' || declarator.init === null || property?.type !== 'Property')
      return undefined;
    const key = keyOf(property);
    return key === undefined ? undefined : this.#memberOf(declarator.init, key);
  }

  /** Recognizes members that a guest lacks: `globalThis.process`, `crypto.subtle`. */
  #member(node: Extract<Node, { type: 'MemberExpression' }>): Fact | undefined {
    const key = memberName(node);
    return key === undefined ? undefined : this.#memberOf(node.object, key);
  }

  #memberOf(of: Node, key: string): Fact | undefined {
    const object = bare(of);
    if (object.type !== 'Identifier' || this.scopes.meaningOf(object) !== 'global') return undefined;
    if (object.name === 'globalThis') return this.#isMissing(key) ? { value: undefined } : this.#global(key);
    return lacksMember(object.name, key) ? { value: undefined } : undefined;
  }

  #isMissing(name: string): boolean {
    return !GUEST_GLOBALS.has(name) && !(name in {}) && !this.definitions.isMade(name);
  }

  #unary({ operator, argument }: Extract<Node, { type: 'UnaryExpression' }>): Fact | undefined {
    if (operator === 'typeof') return this.#typeof(bare(argument));
    if (operator === '!') {
      const truth = this.#truth(argument);
      return truth === undefined ? undefined : { value: !truth };
    }
    return operator === 'void' ? { value: undefined } : undefined;
  }

  #typeof(node: Node): Fact | undefined {
    if (node.type === 'Identifier' && this.scopes.meaningOf(node) === 'global' && this.#isMissing(node.name)) {
      return { value: 'undefined' };
    }
    const fact = this.#fact(node);
    return fact && { value: 'value' in fact ? typeof fact.value : fact.kind };
  }

  #compared({ operator, left, right }: Extract<Node, { type: 'BinaryExpression' }>): Fact | undefined {
    if (operator === 'in') return this.#contains(left, right);
    const [a, b] = [this.#fact(left), this.#fact(right)];
    if (a === undefined || b === undefined) return undefined;
    // An object or a function equals no other known value.
    const value = compare(operator, 'value' in a ? a.value : a, 'value' in b ? b.value : b);
    return value === undefined ? undefined : { value };
  }

  /** Evaluates `'process' in globalThis`. */
  #contains(key: Node, object: Node): Fact | undefined {
    const isGlobal =
      object.type === 'Identifier' && object.name === 'globalThis' && this.scopes.meaningOf(object) === 'global';
    const isMissing = key.type === 'Literal' && typeof key.value === 'string' && this.#isMissing(key.value);
    return isGlobal && isMissing ? { value: false } : undefined;
  }
}

const not = (truth: boolean | undefined) => (truth === undefined ? undefined : !truth);

/** Includes the bundler's short form: `typeof x < 'u'` for `typeof x !== 'undefined'`. */
function compare(operator: string, a: unknown, b: unknown): boolean | undefined {
  switch (operator) {
    case '===':
      return a === b;
    case '!==':
      return a !== b;
    case '==':
      return isLoose(a, b) ? (a ?? null) === (b ?? null) : undefined;
    case '!=':
      return isLoose(a, b) ? (a ?? null) !== (b ?? null) : undefined;
    case '<':
      return typeof a === 'string' && typeof b === 'string' ? a < b : undefined;
    case '>':
      return typeof a === 'string' && typeof b === 'string' ? a > b : undefined;
    default:
      return undefined;
  }
}

/** True for values that `==` compares without a conversion. */
const isLoose = (a: unknown, b: unknown) => (a ?? null) === null || (b ?? null) === null || typeof a === typeof b;

function returnedBy({ body }: FunctionNode): Node | undefined {
  if (body === null) return undefined;
  if (body.type !== 'BlockStatement') return body;
  const [only, more] = body.body;
  return more === undefined && only?.type === 'ReturnStatement' ? (only.argument ?? undefined) : undefined;
}
