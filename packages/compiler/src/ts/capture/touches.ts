/** Finds the places where an object is changed or may be changed, also under other names for it. */

import { bare, isClass, isFunction, memberName, type Node } from '../syntax/parse.js';
import {
  type Binding,
  boundTo,
  closest,
  isDeleted,
  isReassigned,
  isWritten,
  patternIdentifiers,
  type Scopes,
  userOf,
  within,
} from '../syntax/scopes.js';
import { Constants, UNKNOWN } from '../values/constants.js';
import {
  CHANGING,
  CHANGING_STATICS,
  holdsArguments,
  READING,
  RUNS_CALLBACKS,
  readsArguments,
} from '../values/platform.js';
import { initialiserOf, isCalleeOf } from '../values/purity.js';

export interface Touch {
  readonly node: Node;
  /** `false`: it is passed to code that may change it. */
  readonly certain: boolean;
  /** Set if it is a call of the object itself or of its method. */
  readonly calls: 'used' | 'discarded' | undefined;
}

const change = (node: Node): Touch => ({ node, certain: true, calls: undefined });
const mayChange = (node: Node): Touch => ({ node, certain: false, calls: undefined });

/** A value that is followed: the name that stands for it, and the variable of that name. */
interface Followed {
  readonly at: Node;
  readonly binding: Binding | undefined;
}

type Call = Extract<Node, { type: 'CallExpression' | 'NewExpression' }>;
const isCall = (node: Node): node is Call => node.type === 'CallExpression' || node.type === 'NewExpression';

/** Setters of `DataView` and `Date`. */
const SETTER =
  /^set(?:(?:Uint|Int|BigUint|BigInt|Float)\d+|(?:UTC)?(?:FullYear|Month|Date|Hours|Minutes|Seconds|Milliseconds)|Time|Year)$/;

/** The maximum number of function results that are followed in a module. */
const MOST_STEPS = 100_000;

const VIEW = /^(?:DataView|.+Array)$/;

export class Touches {
  readonly #known = new Map<Binding, readonly Touch[]>();
  readonly #constants: Constants;

  constructor(private readonly scopes: Scopes) {
    this.#constants = new Constants(scopes);
  }

  /** All touches in the module, in code that runs or not. */
  of(binding: Binding): readonly Touch[] {
    const known = this.#known.get(binding);
    if (known !== undefined) return known;
    this.#known.set(binding, []);
    const touches =
      isPlainValue(initialiserOf(binding, this.scopes)) && !isReassigned(binding) ? [] : this.#collect(binding);
    this.#known.set(binding, touches);
    return touches;
  }

  /** Changes of globals that every context has: `Array.prototype.last = ...`. */
  ofGlobals(names: ReadonlySet<string>): readonly Touch[] {
    return this.scopes.references.flatMap((reference) =>
      reference.binding === undefined && names.has(reference.name)
        ? this.#follow(reference.node, reference.node, undefined).filter(({ certain }) => certain)
        : [],
    );
  }

  #collect(binding: Binding): Touch[] {
    return unique(binding.references.flatMap(({ node }) => this.#follow(node, node, binding)));
  }

  /** Changes of `this`, except in constructors, where the object is new. */
  ofThis(): readonly Touch[] {
    return this.scopes.special.flatMap((node) => {
      if (node.type !== 'ThisExpression') return [];
      const around = closest(node, this.scopes.parents, isFunction);
      const method = around === undefined ? undefined : this.scopes.parents.get(around);
      const isNew = method?.type === 'MethodDefinition' && method.kind === 'constructor';
      return isNew ? [] : this.#follow(node, node, undefined);
    });
  }

  #alias(node: Node): readonly Touch[] {
    const binding = boundTo(node, this.scopes);
    return binding === undefined ? [] : this.of(binding);
  }

  /** Names that a pattern declares or assigns to. */
  #aliases(pattern: Node | null): Touch[] {
    return patternIdentifiers(pattern).flatMap((node) => this.#alias(node));
  }

  /** Follows the value of `start`, which the name at `at` stands for. */
  #follow(start: Node, at: Node, binding: Binding | undefined): Touch[] {
    const { parents } = this.scopes;
    let inner = start;
    for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
      const next = this.#step(inner, outer, { at, binding });
      if (Array.isArray(next)) return next;
      inner = next;
    }
    return [];
  }

  /** Returns the node that has the value next, or the touches with which the way ends. */
  #step(inner: Node, outer: Node, value: Followed): Node | Touch[] {
    switch (outer.type) {
      case 'MemberExpression':
        return outer.object === inner ? this.#ofMember(inner, outer, value) : [];
      case 'CallExpression':
      case 'NewExpression':
        return isCalleeOf(inner, outer)
          ? this.#ofCallee(inner, outer, value)
          : this.#ofArgument(outer, inner, value.at);
      case 'TaggedTemplateExpression':
        return isCalleeOf(inner, outer) ? this.#ofCallee(inner, outer, value) : [mayChange(value.at)];
      case 'VariableDeclarator':
        return outer.init === inner ? this.#aliases(outer.id) : [];
      case 'AssignmentPattern':
        return outer.right === inner ? this.#aliases(outer.left) : [];
      case 'AssignmentExpression':
        return outer.right === inner ? this.#ofTarget(outer.left) : [];
      case 'ForOfStatement':
        return outer.right === inner ? this.#ofLoop(outer.left) : [];
      case 'ReturnStatement':
        return this.#ofResult(closest(outer, this.scopes.parents, isFunction), value);
      case 'ArrowFunctionExpression':
        return outer.body === inner ? this.#ofResult(outer, value) : [];
      case 'ConditionalExpression':
        return outer.test === inner ? [] : outer;
      case 'Property':
        return outer.value === inner ? outer : [];
      case 'Decorator':
        return [mayChange(value.at)];
      case 'SpreadElement':
        return this.#ofSpread(outer, value.at);
      case 'LogicalExpression':
      case 'SequenceExpression':
      case 'ArrayExpression':
      case 'ObjectExpression':
      case 'AwaitExpression':
      case 'ChainExpression':
        return outer;
      default:
        return bare(outer) === outer ? [] : outer;
    }
  }

  /** A member of the value: it is read, written or deleted, or called as a method. */
  #ofMember(inner: Node, member: Node, { at, binding }: Followed): Node | Touch[] {
    const { parents } = this.scopes;
    if (isWritten(member, parents) || isDeleted(member, parents)) return [change(at)];
    const user = userOf(member, parents);
    if (!isCalleeOf(user.inner, user.outer)) return member;
    const call = user.outer!;
    const name = memberName(member) ?? '';
    if (binding === undefined && inner === at) return inner.type === 'ThisExpression' ? [this.#called(call, at)] : [];
    if (CHANGING.has(name) || SETTER.test(name)) {
      if (binding?.kind !== 'import' || inner !== at) return [change(at)];
      return [{ ...this.#called(call, at), certain: !isVague(binding) }];
    }
    // A tag or a decorator gets other arguments than a method that is called.
    if (!isCall(call) || !this.#reads(inner, name)) return [this.#called(call, at)];
    const callbacks = this.#ofCallbacks(call);
    return callbacks.length > 0 ? callbacks : call;
  }

  /** A call of the value itself. A function of this module is followed where it is declared. */
  #ofCallee(inner: Node, call: Node, { at, binding }: Followed): Touch[] {
    if (binding === undefined) return [];
    const isOwn = inner === at && binding.kind !== 'import' && isMade(binding, this.scopes);
    return isOwn ? [] : [this.#called(call, at)];
  }

  #called(call: Node, at: Node): Touch {
    return { ...mayChange(at), calls: isDiscarded(call, this.scopes.parents) ? 'discarded' : 'used' };
  }

  /** `...x`, among arguments or elements. */
  #ofSpread(spread: Node, at: Node): Node | Touch[] {
    const list = this.scopes.parents.get(spread);
    return list !== undefined && isCall(list) ? this.#ofArgument(list, spread, at) : spread;
  }

  /** The value is assigned to a name, a pattern or a member of another object. */
  #ofTarget(left: Node): Touch[] {
    return left.type === 'MemberExpression' ? [...this.#alias(rootOf(left))] : this.#aliases(left);
  }

  #ofLoop(left: Node): Touch[] {
    if (left.type !== 'VariableDeclaration') return this.#aliases(left);
    return left.declarations.flatMap(({ id }) => this.#aliases(id));
  }

  /** Follows elements into the function that is passed to a method such as `forEach`. */
  #ofCallbacks(call: Call): Touch[] {
    return call.arguments.flatMap((argument) => {
      const value = this.#functionOf(argument);
      return isFunction(value) ? value.params.flatMap((param) => this.#aliases(param)) : [];
    });
  }

  #functionOf(node: Node): Node | undefined {
    const inner = bare(node);
    if (isFunction(inner)) return inner;
    const binding = boundTo(inner, this.scopes);
    const value = binding === undefined || isReassigned(binding) ? undefined : initialiserOf(binding, this.scopes);
    return value === undefined ? undefined : bare(value);
  }

  #ofArgument(call: Call, argument: Node, at: Node): Touch[] {
    const value = this.#constants.valueOf(argument);
    if (value !== UNKNOWN && (typeof value !== 'object' || value === null)) return [];
    if (isFunctionName(argument, this.scopes)) return [];
    const callee = this.#functionOf(call.callee);
    const index = call.arguments.indexOf(argument as Call['arguments'][number]);
    if (isFunction(callee) && argument.type !== 'SpreadElement' && !usesArguments(callee, this.scopes)) {
      const parameter = callee.params[index] ?? callee.params[callee.params.length - 1];
      if (index >= callee.params.length && parameter?.type !== 'RestElement') return [];
      return parameter === undefined ? [] : this.#aliases(parameter).map((touch) => this.#blame(touch, callee, at));
    }
    const root = rootOf(bare(call.callee));
    const isOfPlatform = root.type === 'Identifier' && boundTo(root, this.scopes) === undefined;
    return isOfPlatform ? this.#ofStatic(call, argument, at) : [mayChange(at)];
  }

  /** Moves a change in a called function to the place of the call. */
  #blame(touch: Touch, callee: Node, at: Node): Touch {
    return within(touch.node, callee) ? { node: at, certain: touch.certain, calls: undefined } : touch;
  }

  /** `Object.assign(x, ...)`, `JSON.stringify(x)`. */
  #ofStatic(call: Call, argument: Node, at: Node): Touch[] {
    const callee = bare(call.callee);
    const name = memberName(callee) ?? '';
    const root = rootOf(callee);
    if (root.type === 'Identifier' && /^(?:Object|Reflect)$/.test(root.name) && CHANGING_STATICS.test(name)) {
      return call.arguments[0] === argument ? [change(at)] : [];
    }
    if (root.type === 'Identifier' && root.name === 'crypto' && name === 'getRandomValues') return [change(at)];
    if (root.type === 'Identifier' && VIEW.test(root.name) && this.#isBuffer(argument)) {
      return this.#follow(call, argument, undefined);
    }
    if (root.type !== 'Identifier' || !readsArguments(root.name, name)) return [mayChange(at)];
    // Some results hold the contents of `x`: `Object.values(x)`, `new Map(x)`.
    return holdsArguments(root.name, name) ? this.#follow(call, argument, undefined) : [];
  }

  /** Whether it is a buffer that views share: `x.buffer`, `new ArrayBuffer(8)`. */
  #isBuffer(argument: Node): boolean {
    const node = bare(argument);
    if (memberName(node) === 'buffer') return true;
    const binding = boundTo(node, this.scopes);
    const init = binding === undefined ? undefined : initialiserOf(binding, this.scopes);
    const made = init === undefined ? undefined : bare(init);
    if (made === undefined || memberName(made) === 'buffer') return made !== undefined;
    return (
      made.type === 'NewExpression' && /^(?:Shared)?ArrayBuffer$/.test((made.callee as { name?: string }).name ?? '')
    );
  }

  /** Follows the result of a function of the module at its calls. */
  #ofResult(made: Node | undefined, { at, binding }: Followed): Touch[] {
    if (made === undefined) return [];
    const parent = this.scopes.parents.get(made);
    const declared =
      boundTo(made, this.scopes) ??
      (parent?.type === 'VariableDeclarator' ? boundTo(parent.id, this.scopes) : undefined);
    const calls = (declared?.references ?? []).flatMap(({ node }) => {
      const call = this.scopes.parents.get(node);
      return isCalleeOf(node, call) ? [call!] : [];
    });
    if (declared === undefined && isCalleeOf(made, parent)) calls.push(parent!);
    return calls.flatMap((call) => this.#once(call, at, binding));
  }

  readonly #busy = new Set<Node>();
  #steps = 0;
  /** Assumes a change beyond a bound, because functions that call each other twice have exponentially many paths. */
  #once(call: Node, at: Node, binding: Binding | undefined): Touch[] {
    if (this.#busy.has(call)) return [];
    if (++this.#steps > MOST_STEPS) return [mayChange(call)];
    this.#busy.add(call);
    const touches = this.#follow(call, at, binding).map((touch) =>
      touch.node === at ? { ...touch, node: call } : touch,
    );
    this.#busy.delete(call);
    return touches;
  }

  /** Whether it is a platform method that only reads. */
  #reads(object: Node, name: string): boolean {
    if (!READING.has(name)) return false;
    const root = rootOf(object);
    const binding = boundTo(root, this.scopes);
    const init = binding === undefined ? undefined : initialiserOf(binding, this.scopes);
    return object !== root || RUNS_CALLBACKS.has(name) || (init !== undefined && isContainer(bare(init)));
  }
}

/** Keeps each touch once: names that stand for each other twice would give exponentially many. */
function unique(touches: readonly Touch[]): Touch[] {
  const seen = new Map<Node, Set<string>>();
  return touches.filter(({ node, certain, calls }) => {
    const kinds = seen.get(node) ?? new Set<string>();
    seen.set(node, kinds);
    const kind = `${certain} ${calls}`;
    return !kinds.has(kind) && kinds.add(kind);
  });
}

/** `a.b(1).c(2);` */
function isDiscarded(call: Node, parents: Scopes['parents']): boolean {
  let inner = call;
  for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
    const isChain =
      (outer.type === 'MemberExpression' && outer.object === inner) ||
      isCalleeOf(inner, outer) ||
      bare(outer) !== outer;
    if (!isChain && outer.type !== 'AwaitExpression') return outer.type === 'ExpressionStatement';
    inner = outer;
  }
  return false;
}

/** Whether it is imported: an `add` of another module may be a sum. */
function isVague(binding: Binding | undefined): boolean {
  if (binding?.tracked.type !== 'Import') return false;
  const { importNode, node } = binding.tracked;
  return node.type !== 'ImportSpecifier' || !importNode.source.value.startsWith('.');
}

export function rootOf(node: Node): Node {
  let root = bare(node);
  for (;;) {
    if (root.type === 'MemberExpression') root = bare(root.object);
    else if (root.type === 'CallExpression') root = bare(root.callee);
    else return root;
  }
}

/** Whether it is declared in the module, so that the effects of a call are known. */
function isMade(binding: Binding, scopes: Scopes): boolean {
  const value = initialiserOf(binding, scopes);
  return (
    (value !== undefined && isFunction(bare(value))) || isClass(scopes.parents.get(binding.node)) || isClass(value)
  );
}

function isFunctionName(node: Node, scopes: Scopes): boolean {
  const binding = boundTo(bare(node), scopes);
  const value = binding === undefined ? undefined : initialiserOf(binding, scopes);
  return value !== undefined && isFunction(bare(value));
}

function usesArguments(made: Node, scopes: Scopes): boolean {
  return scopes.references.some(({ name, node }) => name === 'arguments' && within(node, made));
}

/** Whether it is a primitive value, which cannot be changed. */
function isPlainValue(node: Node | undefined): boolean {
  if (node === undefined) return false;
  const inner = bare(node);
  if (inner.type === 'UnaryExpression') return true;
  return inner.type === 'TemplateLiteral' || (inner.type === 'Literal' && !('regex' in inner && inner.regex));
}

function isContainer(node: Node): boolean {
  if (node.type === 'ArrayExpression' || node.type === 'ObjectExpression') return true;
  return (
    node.type === 'NewExpression' &&
    node.callee.type === 'Identifier' &&
    /^(?:Map|Set|Array|.+Array)$/.test(node.callee.name)
  );
}
