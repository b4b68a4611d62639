/** Follows a value as far as names show it: through variables, conditions, patterns and written-out lists. */
import { isFunction, memberName, type Node } from '../syntax/parse.js';
import { type Binding, boundTo, closest, isWritten, type Scopes } from '../syntax/scopes.js';
import { keyOf } from '../values/constants.js';

type Call = Extract<Node, { type: 'CallExpression' }>;

/** An expression, or a property of a pattern, whose value is followed. */
export type Source = Node;

interface At {
  /** The expression that has the value at this place. */
  readonly from: Node;
}

export type Use = At &
  (
    | /** `x.key`; without a key, the key is not constant. */
    { readonly kind: 'member'; readonly node: Node; readonly key: string | undefined }
    /**
     * `const { key } = x`; `node` is a source itself. Without a key, it is the rest element, or the key is not
     * constant.
     */
    | { readonly kind: 'pattern'; readonly node: Node; readonly key: string | undefined }
    /** `x()`, `new x()`; `node` is the call. `class extends x`. */
    | { readonly kind: 'call' | 'new' | 'extends'; readonly node: Node }
    /** `harmless`: compared, tested or discarded. `escape`: passed to code that is not followed. */
    | { readonly kind: 'harmless' | 'escape' }
  );

/** List methods that return no item. */
const COMPARING = /^(?:includes|indexOf|lastIndexOf|join)$/;
/** Methods that pass each item to a function and return no item. */
const VISITING = /^(?:some|every|forEach|findIndex|findLastIndex)$/;

const NONE: readonly Use[] = [];
const harmless = (from: Node): readonly Use[] => [{ kind: 'harmless', from }];
const escaping = (from: Node): readonly Use[] => [{ kind: 'escape', from }];

export class Flows {
  constructor(private readonly scopes: Scopes) {}

  usesOf(source: Source): readonly Use[] {
    return new Walk(this.scopes).from(source);
  }
}

class Walk {
  readonly #seen = new Set<Binding>();

  constructor(private readonly scopes: Scopes) {}

  from(source: Source): readonly Use[] {
    return source.type === 'Property' ? this.#bind(source.value, source) : this.#value(source);
  }

  /** Returns the uses that the code around `node`, which has the value, makes of it. */
  #value(node: Node): readonly Use[] {
    const parent = this.scopes.parents.get(node);
    switch (parent?.type) {
      case 'ChainExpression':
      case 'ParenthesizedExpression':
      case 'AwaitExpression':
        return this.#value(parent);
      case 'MemberExpression':
        if (parent.object !== node) return harmless(node);
        return [{ kind: 'member', node: parent, key: memberName(parent), from: node }];
      case 'CallExpression':
        return parent.callee === node ? [{ kind: 'call', node: parent, from: node }] : this.#argument(parent, node);
      case 'NewExpression':
        return parent.callee === node ? [{ kind: 'new', node: parent, from: node }] : escaping(node);
      case 'VariableDeclarator':
        return this.#bind(parent.id, node);
      case 'AssignmentPattern':
        return this.#bind(parent.left, node);
      case 'AssignmentExpression':
        return this.#assigned(parent, node);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return [{ kind: 'extends', node: parent, from: node }];
      case 'ArrayExpression':
        return this.#list(parent);
      case 'ArrowFunctionExpression':
      case 'ReturnStatement':
        return this.#returned(node, parent);
      default:
        return this.#tested(node, parent);
    }
  }

  /** Handles conditions and comparisons; other parents pass the value on. */
  #tested(node: Node, parent: Node | undefined): readonly Use[] {
    switch (parent?.type) {
      case 'SequenceExpression':
        return parent.expressions.at(-1) === node ? this.#value(parent) : harmless(node);
      case 'ConditionalExpression':
        return parent.test === node ? harmless(node) : this.#value(parent);
      case 'LogicalExpression':
        // An object or a function is truthy, so the left side of `&&` never returns it.
        return parent.operator === '&&' && parent.left === node ? harmless(node) : this.#value(parent);
      case 'BinaryExpression':
      case 'UnaryExpression':
      case 'IfStatement':
      case 'ExpressionStatement':
      case 'TemplateLiteral':
      case 'SwitchCase':
      case 'SwitchStatement':
        return harmless(node);
      default:
        return escaping(node);
    }
  }

  /** Follows an argument into the parameter of a function that is called where it is written. */
  #argument(call: Call, node: Node): readonly Use[] {
    const { callee } = call;
    const position = (call.arguments as readonly Node[]).indexOf(node);
    const isSpread = call.arguments.slice(0, position).some(({ type }) => type === 'SpreadElement');
    const parameter = isFunction(callee) && !isSpread ? (callee.params[position] as Node | undefined) : undefined;
    if (parameter === undefined || this.#usesArguments(callee)) return escaping(node);
    return this.#bind(parameter.type === 'AssignmentPattern' ? parameter.left : parameter, node);
  }

  #usesArguments(around: Node): boolean {
    return this.scopes.references.some(
      ({ binding }) => binding?.kind === 'arguments' && (binding.tracked.node as Node) === around,
    );
  }

  #assigned(assignment: Extract<Node, { type: 'AssignmentExpression' }>, node: Node): readonly Use[] {
    if (assignment.right !== node) return escaping(node);
    if (!/^(?:=|\|\|=|&&=|\?\?=)$/.test(assignment.operator)) return harmless(node);
    return [...this.#bind(assignment.left, node), ...this.#value(assignment)];
  }

  /** Follows the value that a function returns if the function is called where it is written. */
  #returned(node: Node, parent: Node): readonly Use[] {
    const around = closest(parent, this.scopes.parents, isFunction);
    const call = around === undefined ? undefined : this.scopes.parents.get(around);
    const isGiven = parent.type === 'ReturnStatement' || ('body' in parent && parent.body === node);
    return isGiven && call?.type === 'CallExpression' && call.callee === around ? this.#value(call) : escaping(node);
  }

  /** Follows the value into a variable or a destructuring pattern. */
  #bind(target: Node, from: Node): readonly Use[] {
    switch (target.type) {
      case 'Identifier':
        return this.#variable(target);
      case 'AssignmentPattern':
        return this.#bind(target.left, from);
      case 'ObjectPattern':
        return target.properties.map((node) => {
          return { kind: 'pattern', node, key: node.type === 'Property' ? keyOf(node) : undefined, from };
        });
      default:
        return escaping(target);
    }
  }

  #variable(name: Node): readonly Use[] {
    const binding = this.scopes.meaningOf(name);
    if (binding === 'global') return escaping(name);
    if (binding === undefined || !this.#isNew(binding)) return NONE;
    return binding.references.flatMap(({ node }) => {
      if (!isWritten(node, this.scopes.parents)) return this.#value(node);
      // `x ||= other` may leave the variable as it is, and return its value.
      const parent = this.scopes.parents.get(node);
      return parent?.type === 'AssignmentExpression' && parent.operator !== '=' ? this.#value(parent) : NONE;
    });
  }

  #isNew(binding: Binding): boolean {
    const isNew = !this.#seen.has(binding);
    this.#seen.add(binding);
    return isNew;
  }

  /** Follows the items of a written-out list. */
  #list(list: Node): readonly Use[] {
    const parent = this.scopes.parents.get(list);
    if (parent?.type === 'MemberExpression' && parent.object === list) return this.#listMember(parent);
    if (parent?.type === 'ForOfStatement' && parent.right === list && parent.left.type === 'VariableDeclaration') {
      return this.#bind(parent.left.declarations[0]!.id, list);
    }
    if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return escaping(list);
    const binding = boundTo(parent.id, this.scopes);
    if (binding === undefined || !this.#isNew(binding)) return NONE;
    return binding.references.flatMap(({ node, writes }) => (writes ? NONE : this.#list(node)));
  }

  #listMember(member: Extract<Node, { type: 'MemberExpression' }>): readonly Use[] {
    const name = memberName(member);
    const call = this.scopes.parents.get(member);
    const isCalled = call?.type === 'CallExpression' && call.callee === member;
    if (member.computed && name === undefined && !isWritten(member, this.scopes.parents)) return this.#value(member);
    if (name === 'length' || (isCalled && COMPARING.test(name ?? ''))) return harmless(member);
    const visit = isCalled && VISITING.test(name ?? '') ? call.arguments[0] : undefined;
    if (visit?.type !== 'ArrowFunctionExpression' || visit.params.length > 2) return escaping(member);
    const [item] = visit.params;
    return item === undefined ? NONE : this.#bind(item as Node, member);
  }
}
