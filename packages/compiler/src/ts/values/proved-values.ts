/**
 * Values that are the same in every run, proved from the source alone. The policy of a virtine is granted by these
 * values, so code that is not understood proves nothing. `Constants` may know more: an error there denies something,
 * and an error here would grant it.
 */
import { deterministic, narrow, type Policy, pure } from '@colony/core';
import { type Lines, showPlace } from '../../source/place.js';
import { bare, isFunction, memberName, type Node } from '../syntax/parse.js';
import {
  type Binding,
  boundTo,
  isDeleted,
  isReassigned,
  isWritten,
  type Scopes,
  specifierName,
} from '../syntax/scopes.js';
import { keyOf } from './constants.js';

export type Proved =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Proved[]
  | { readonly [key: string]: Proved };
type ProvedObject = Extract<Proved, object>;

/** The reason and the place at which a proof fails. */
export class Unproved {
  constructor(
    readonly node: Node,
    /** `\`grow\` may change it`. */
    readonly why: string,
    readonly advice = 'write it out beside the virtine',
  ) {}
}

const CORE = '@colony/core';
const PRESETS: ReadonlyMap<string, Proved> = new Map(Object.entries({ pure, deterministic }) as [string, Proved][]);
const GLOBALS: Readonly<Record<string, Proved>> = { undefined, Infinity: Number.POSITIVE_INFINITY };
const FREEZE = 'freeze it where it is written, with every object in it: `Object.freeze({ ... })`';

const isObject = (value: Proved): value is ProvedObject => typeof value === 'object' && value !== null;

export class Proof {
  readonly #busy = new Set<Binding>();

  constructor(
    private readonly scopes: Scopes,
    private readonly lines: Lines,
    /** The places at which virtines read their options. */
    private readonly options: readonly Node[],
  ) {}

  /** @throws Unproved */
  valueOf(input: Node): Proved {
    const node = bare(input);
    switch (node.type) {
      case 'Literal':
        if (('regex' in node && node.regex) || typeof node.value === 'bigint') break;
        return node.value as Proved;
      case 'TemplateLiteral':
        return this.#template(node);
      case 'UnaryExpression':
        return this.#unary(node);
      case 'BinaryExpression':
        return this.#binary(node);
      case 'ArrayExpression':
        return node.elements.flatMap((element) => {
          if (element === null) throw new Unproved(node, 'the list has a hole');
          return this.#items(element);
        });
      case 'ObjectExpression':
        return this.#object(node);
      case 'Identifier':
        return this.#name(node);
      case 'MemberExpression':
        return this.#member(node);
      case 'CallExpression':
        return this.#call(node);
      case 'ConditionalExpression':
      case 'LogicalExpression':
        throw new Unproved(node, 'it depends on a condition');
    }
    throw new Unproved(node, 'it is computed when the program runs');
  }

  /**
   * Returns the value of each of `keys` in an object whose other properties may be anything: `undefined` for a key that
   * it lacks.
   * @throws Unproved if a key may be present in a way that is not understood
   */
  propertiesOf(input: Node, keys: readonly string[]): ReadonlyMap<string, Node | undefined> {
    const properties = new Map<string, Node | Unproved | undefined>();
    this.#collect(input, keys, properties);
    for (const property of properties.values()) if (property instanceof Unproved) throw property;
    return properties as ReadonlyMap<string, Node | undefined>;
  }

  #collect(input: Node, keys: readonly string[], properties: Map<string, Node | Unproved | undefined>): void {
    const node = bare(input);
    const all = (why: Unproved) => {
      for (const key of keys) properties.set(key, why);
    };
    if (node.type === 'Identifier') {
      try {
        const init = this.#initialiser(node);
        if (init !== undefined) this.#once(node, () => this.#collect(init, keys, properties));
      } catch (error) {
        if (!(error instanceof Unproved)) throw error;
        all(error);
      }
      return;
    }
    if (node.type !== 'ObjectExpression') {
      all(new Unproved(node, 'its options are not an object literal'));
      return;
    }
    const after = `write ${keys.join(', ')} after it, or write it out`;
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') {
        const inner = new Map<string, Node | Unproved | undefined>();
        this.#collect(property.argument, keys, inner);
        for (const [key, value] of inner)
          properties.set(key, value instanceof Unproved ? new Unproved(property, value.why, after) : value);
        continue;
      }
      const key = keyOf(property);
      if (key === undefined) all(new Unproved(property, 'the name of an option is computed', after));
      else if (keys.includes(key) || key === '__proto__') {
        if (key === '__proto__') all(new Unproved(property, 'its options have a prototype'));
        else if (property.kind !== 'init' || property.method)
          properties.set(key, new Unproved(property, `\`${key}\` is computed when it is read`));
        else properties.set(key, property.value);
      }
    }
  }

  #template(node: Extract<Node, { type: 'TemplateLiteral' }>): string {
    return node.quasis
      .map(({ value }, index) => {
        const expression = node.expressions[index];
        const inner = expression === undefined ? '' : this.valueOf(expression);
        if (isObject(inner)) throw new Unproved(expression!, 'it makes text of an object');
        return `${value.cooked ?? ''}${inner}`;
      })
      .join('');
  }

  #unary(node: Extract<Node, { type: 'UnaryExpression' }>): Proved {
    const value = this.valueOf(node.argument);
    if (node.operator === '-' && typeof value === 'number') return -value;
    if (node.operator === '!') return !value;
    if (node.operator === 'void') return undefined;
    throw new Unproved(node, 'it is computed when the program runs');
  }

  /** Authors write sizes as `64 * 1024 ** 2`. */
  #binary(node: Extract<Node, { type: 'BinaryExpression' }>): Proved {
    const [left, right] = [this.valueOf(node.left as Node), this.valueOf(node.right)];
    if (typeof left === 'number' && typeof right === 'number') {
      const { operator } = node;
      if (operator === '+') return left + right;
      if (operator === '-') return left - right;
      if (operator === '*') return left * right;
      if (operator === '/') return left / right;
      if (operator === '**') return left ** right;
    } else if (node.operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
    throw new Unproved(node, 'it is computed when the program runs');
  }

  #items(node: Node): readonly Proved[] {
    if (node.type !== 'SpreadElement') return [this.valueOf(node)];
    const value = this.valueOf(node.argument);
    if (!Array.isArray(value)) throw new Unproved(node, 'the spread value is not a list');
    return value;
  }

  /** Follows JavaScript: the last of two equal keys counts. */
  #object(node: Extract<Node, { type: 'ObjectExpression' }>): Proved {
    const made = new Map<string, Proved>();
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') {
        const value = this.valueOf(property.argument);
        if (!isObject(value) || Array.isArray(value)) throw new Unproved(property, 'the spread value is not an object');
        for (const [key, property] of Object.entries(value)) made.set(key, property);
        continue;
      }
      const key = keyOf(property);
      if (key === undefined) throw new Unproved(property, 'the name of a property is computed');
      if (key === '__proto__') throw new Unproved(property, 'it has a prototype');
      if (property.kind !== 'init' || isFunction(property.value))
        throw new Unproved(property, `\`${key}\` is computed when it is read`);
      made.set(key, this.valueOf(property.value));
    }
    return Object.fromEntries(made);
  }

  #name(node: Extract<Node, { type: 'Identifier' }>): Proved {
    const binding = boundTo(node, this.scopes);
    if (binding === undefined && Object.hasOwn(GLOBALS, node.name)) return GLOBALS[node.name];
    const preset = this.#coreName(node);
    if (preset !== undefined && PRESETS.has(preset)) return PRESETS.get(preset);
    const init = this.#initialiser(node);
    if (init === undefined) throw new Unproved(node, `\`${node.name}\` has no value of its own`);
    return this.#once(node, () => this.valueOf(init));
  }

  /** Returns the initialiser of a variable that has the same value wherever it is read. */
  #initialiser(node: Extract<Node, { type: 'Identifier' }>): Node | undefined {
    const { name } = node;
    const binding = boundTo(node, this.scopes);
    if (binding === undefined) {
      if (name === 'undefined') return undefined;
      throw new Unproved(node, `\`${name}\` is the platform's`);
    }
    if (binding.tracked.type === 'Import') {
      const from = binding.tracked.importNode.source.value;
      throw new Unproved(node, `\`${name}\` comes from '${from}'`, 'declare it in this file');
    }
    const declarator = this.scopes.parents.get(binding.node);
    const isPlain = binding.kind === 'variable' && declarator?.type === 'VariableDeclarator';
    if (!isPlain || declarator.id !== binding.node || declarator.init === null)
      throw new Unproved(node, `\`${name}\` is not a constant with its own value`);
    const write = binding.references.find(({ writes }) => writes);
    if (write !== undefined) throw new Unproved(node, `\`${name}\` is assigned to again (${this.#where(write.node)})`);
    if (!this.#isFixed(declarator.init)) this.#checkUses(binding, declarator.init);
    return declarator.init;
  }

  #once<T>(node: Node, run: () => T): T {
    const binding = boundTo(node, this.scopes)!;
    if (this.#busy.has(binding)) throw new Unproved(node, `\`${binding.name}\` holds itself`);
    this.#busy.add(binding);
    try {
      return run();
    } finally {
      this.#busy.delete(binding);
    }
  }

  #member(node: Extract<Node, { type: 'MemberExpression' }>): Proved {
    const preset = this.#coreName(node);
    if (preset !== undefined && PRESETS.has(preset)) return PRESETS.get(preset);
    const object = this.valueOf(node.object);
    const key = this.#keyOf(node);
    if (!isObject(object) || key === undefined || !Object.hasOwn(object, key))
      throw new Unproved(node, 'it is read by a name that the object does not have');
    return (object as Readonly<Record<string, Proved>>)[key];
  }

  #keyOf(node: Extract<Node, { type: 'MemberExpression' }>): string | undefined {
    if (!node.computed) return memberName(node);
    const key = this.valueOf(node.property);
    return typeof key === 'string' || typeof key === 'number' ? String(key) : undefined;
  }

  #call(node: Extract<Node, { type: 'CallExpression' }>): Proved {
    const [first, second] = node.arguments;
    if (this.#isFreeze(node) && first !== undefined) return this.valueOf(first);
    if (this.#coreName(node.callee) === 'narrow' && first !== undefined && second !== undefined) {
      const [parent, child] = [this.valueOf(first), this.valueOf(second)];
      return narrow(parent as Policy, child as Policy) as Proved;
    }
    throw new Unproved(node, 'it is the result of a call', 'write out the result of the call');
  }

  /** True for `Object.freeze(...)` of the platform, not of another object. */
  #isFreeze({ callee, arguments: passed }: Extract<Node, { type: 'CallExpression' }>): boolean {
    if (passed.length !== 1 || passed[0]!.type === 'SpreadElement') return false;
    if (memberName(callee) !== 'freeze' || callee.type !== 'MemberExpression') return false;
    const { object } = callee;
    return object.type === 'Identifier' && object.name === 'Object' && this.scopes.meaningOf(object) === 'global';
  }

  /** Returns the name that core exports an import under, whatever its local name is. */
  #coreName(node: Node): string | undefined {
    const isMember = node.type === 'MemberExpression';
    const binding = boundTo(isMember ? node.object : node, this.scopes);
    if (binding?.tracked.type !== 'Import' || binding.tracked.importNode.source.value !== CORE) return undefined;
    const specifier = binding.tracked.node;
    if (isMember) return specifier.type === 'ImportNamespaceSpecifier' ? memberName(node) : undefined;
    return specifier.type === 'ImportSpecifier' ? specifierName(specifier) : undefined;
  }

  /** True if nothing can change it: it is not an object, or it is frozen with all that it contains. */
  #isFixed(input: Node): boolean {
    const node = bare(input);
    const name = this.#coreName(node.type === 'CallExpression' ? node.callee : node);
    if (name !== undefined) return PRESETS.has(name) || name === 'narrow';
    if (node.type === 'CallExpression' && this.#isFreeze(node)) {
      const [content] = node.arguments;
      const object = bare(content!);
      if (object.type === 'ArrayExpression')
        return object.elements.every((element) => element !== null && this.#isFixed(spreadOf(element)));
      if (object.type !== 'ObjectExpression') return this.#isFixed(object);
      return object.properties.every((property) =>
        this.#isFixed(property.type === 'Property' ? property.value : property.argument),
      );
    }
    if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression' || node.type === 'CallExpression')
      return false;
    if (node.type === 'Identifier') {
      const binding = boundTo(node, this.scopes);
      const declarator = binding === undefined ? undefined : this.scopes.parents.get(binding.node);
      if (declarator?.type !== 'VariableDeclarator' || declarator.id !== binding!.node || declarator.init === null)
        return binding === undefined;
      const { init } = declarator;
      return !this.#busy.has(binding!) && this.#once(node, () => this.#isFixed(init));
    }
    return /^(?:Literal|TemplateLiteral|UnaryExpression|BinaryExpression)$/.test(node.type);
  }

  /**
   * Checks the uses of an object: other code that holds it may change it.
   * @throws Unproved
   */
  #checkUses(binding: Binding, init: Node, seen = new Set<Binding>()): void {
    if (seen.has(binding)) return;
    seen.add(binding);
    const declaration = this.scopes.parents.get(this.scopes.parents.get(binding.node)!);
    const holder = declaration === undefined ? undefined : this.scopes.parents.get(declaration);
    if (holder?.type === 'ExportNamedDeclaration')
      throw new Unproved(binding.node, `\`${binding.name}\` is exported, so other modules can change it`, FREEZE);
    for (const { node } of binding.references) this.#checkUse(node, binding, init, seen);
  }

  #checkUse(node: Node, binding: Binding, init: Node, seen: Set<Binding>): void {
    const { parents } = this.scopes;
    let inner = node;
    let value: Node | undefined = init;
    for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
      if (this.options.includes(inner) || isReadOnly(outer)) return;
      if (outer.type === 'MemberExpression' && outer.object === inner) {
        if (isWritten(outer, parents) || isDeleted(outer, parents)) break;
        value = value === undefined ? undefined : this.#within(value, outer);
        if (value !== undefined && this.#isFixed(value)) return;
      } else if (outer.type === 'VariableDeclarator' && outer.init === inner) {
        if (outer.id.type !== 'Identifier') break;
        const other = this.#declared(outer.id);
        if (other !== undefined && isReassigned(other)) break;
        if (other !== undefined) this.#checkUses(other, outer.init, seen);
        return;
      } else if (outer.type === 'Property' && outer.value === inner) {
        value = undefined;
      } else if (/^(?:ObjectExpression|ArrayExpression|SpreadElement)$/.test(outer.type)) {
        value = undefined;
      } else if (outer.type === 'CallExpression' && outer.callee !== inner) {
        if (this.#coreName(outer.callee) === 'narrow') return;
        if (!this.#isFreeze(outer)) break;
      } else if (bare(outer) === outer) break;
      inner = outer;
    }
    const what = `\`${binding.name}\` may be changed (${this.#where(node)})`;
    throw new Unproved(node, what, FREEZE);
  }

  /** Returns the expression that a member access of a written-out object evaluates to. */
  #within(object: Node, member: Extract<Node, { type: 'MemberExpression' }>): Node | undefined {
    const key = memberName(member);
    const content = bare(object);
    if (content.type !== 'ObjectExpression' || key === undefined) return undefined;
    const [only, more] = content.properties.filter(
      (property) => property.type !== 'Property' || keyOf(property) === key,
    );
    return only?.type === 'Property' && only.kind === 'init' && more === undefined ? only.value : undefined;
  }

  /** Returns undefined if nothing refers to the variable, nor can. */
  #declared(id: Extract<Node, { type: 'Identifier' }>): Binding | undefined {
    const known = boundTo(id, this.scopes);
    const top = this.scopes.bindings.get(id.name);
    return known ?? (top?.node === id ? top : undefined);
  }

  #where(node: Node): string {
    return showPlace(this.lines.at(node.start));
  }
}

const spreadOf = (node: Node): Node => (node.type === 'SpreadElement' ? node.argument : node);

const isReadOnly = ({ type, ...node }: Node): boolean =>
  type === 'TSTypeQuery' ||
  type === 'ExpressionStatement' ||
  (type === 'BinaryExpression' && !/^in(?:stanceof)?$/.test((node as { operator: string }).operator)) ||
  (type === 'UnaryExpression' && (node as { operator: string }).operator !== 'delete');
