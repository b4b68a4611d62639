/** Checks whether a constant depends on the host that evaluates it. Then its value crosses instead of its text. */
import { bare, isClass, isFunction, memberName, type Node } from '../syntax/parse.js';
import { type Binding, type Reference, type Scopes, within } from '../syntax/scopes.js';
import { isHostState, isNodeBuiltin, RUNS_CALLBACKS } from './platform.js';

type Class = Extract<Node, { type: 'ClassDeclaration' | 'ClassExpression' }>;

/** Globals that are functions of the host, and depend on the host only when they are called. */
const CAPABILITIES = /^(?:fetch|crypto|performance|host|colony|console)$/;

export class HostDependence {
  readonly #known = new Map<Node, boolean>();
  readonly #busy = new Set<Node>();
  readonly #byNode: ReadonlyMap<Node, Reference>;
  readonly #references: readonly Reference[];

  constructor(
    private readonly scopes: Scopes,
    /**
     * `sources`: only code that returns another value each time, as clocks do. `host`: everything that a guest lacks.
     */
    private readonly looksFor: 'host' | 'sources' = 'host',
  ) {
    this.#byNode = new Map(scopes.references.map((reference) => [reference.node, reference]));
    this.#references = [...scopes.references].sort((a, b) => a.node.start - b.node.start);
  }

  /** True if evaluating `node` once on the host may differ from the guest. A function is only made, so it does not. */
  of(node: Node): boolean {
    const inner = bare(node);
    return isFunction(inner) ? false : this.#runs(inner, () => this.#waits(inner) || this.#reads(inner));
  }

  /** The same for calling the value of `node`: a function, a class, or a name of one. */
  #ofCall(node: Node): boolean {
    const inner = bare(node);
    if (isFunction(inner)) return this.#runs(inner.body ?? inner, () => this.#waits(inner) || this.#reads(inner));
    if (isClass(inner)) return this.#ofConstruction(inner as Class);
    return this.#isCapability(inner);
  }

  /** Judges each node once, so that recursion ends. */
  #runs(key: Node, work: () => boolean): boolean {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, false);
    const result = work();
    this.#known.set(key, result);
    return result;
  }

  #waits(node: Node): boolean {
    if (this.looksFor === 'sources') return false;
    return this.scopes.special.some(
      (special) =>
        /^(?:AwaitExpression|ImportExpression|MetaProperty)$/.test(special.type) && this.#isRun(special, node),
    );
  }

  #reads(node: Node): boolean {
    for (let at = firstAt(this.#references, node.start); at < this.#references.length; at++) {
      const reference = this.#references[at]!;
      if (reference.node.start >= node.end) return false;
      if (this.#isRun(reference.node, node) && this.#depends(reference)) return true;
    }
    return false;
  }

  /** True if `inner` runs when `node` is evaluated, and is not in a function or field that is only made. */
  #isRun(inner: Node, node: Node): boolean {
    if (!within(inner, node)) return false;
    for (let at: Node | undefined = inner; at !== undefined && at !== node; at = this.scopes.parents.get(at)) {
      if (this.#isDeferred(at)) return false;
    }
    return true;
  }

  #isDeferred(node: Node): boolean {
    if (isFunction(node)) return !runsAtOnce(node, this.scopes.parents);
    const parent = this.scopes.parents.get(node);
    return parent?.type === 'PropertyDefinition' && !parent.static && parent.value === node;
  }

  #depends(reference: Reference): boolean {
    const { binding, name, node } = reference;
    if (binding === undefined) return this.#globalDepends(name, node);
    if (binding.tracked.type === 'Import') return this.#importDepends(binding.tracked.importNode.source.value);
    const writes = binding.references.filter((other) => other.writes && other !== reference);
    if (writes.some((write) => this.#ofWrite(write.node, node))) return true;
    const value = madeBy(binding, this.scopes);
    if (value === undefined) return false;
    if (binding.top && this.of(value)) return true;
    const use = useOf(node, this.scopes.parents);
    return use.called && (this.#ofUse(value, use.path) || this.#ofInstance(value, node));
  }

  /** Handles `new A().b()`. */
  #ofInstance(value: Node, name: Node): boolean {
    const made = this.scopes.parents.get(name);
    if (made?.type !== 'NewExpression' || made.callee !== name || !isClass(value)) return false;
    const { called, path } = useOf(made, this.scopes.parents);
    return called && path[0] !== undefined && this.#ofMember(value as Class, path[0], false);
  }

  #importDepends(source: string): boolean {
    return this.looksFor === 'host' && isNodeBuiltin(source);
  }

  /** Handles `let a; a = process.pid;` */
  #ofWrite(write: Node, reader: Node): boolean {
    const assignment = this.scopes.parents.get(write);
    if (assignment?.type !== 'AssignmentExpression' || within(reader, assignment)) return false;
    return this.of(assignment.right);
  }

  /**
   * Judges a call of the member `path` of a value. If the path cannot be followed, all functions in the value count.
   */
  #ofUse(value: Node, path: readonly string[]): boolean {
    const inner = bare(value);
    const [name, ...rest] = path;
    if (name === undefined) return this.#ofName(inner, (called) => this.#ofCall(called));
    if (isFunction(inner)) return false;
    if (inner.type === 'ObjectExpression') {
      const property = inner.properties.find(
        (candidate) => candidate.type === 'Property' && !candidate.computed && nameOfKey(candidate.key) === name,
      );
      return property?.type === 'Property' ? this.#ofUse(property.value, rest) : this.#ofAll(inner);
    }
    if (isClass(inner)) return this.#ofMember(inner as Class, name, true);
    if (inner.type === 'NewExpression') {
      return this.#ofName(bare(inner.callee), (made) => isClass(made) && this.#ofMember(made as Class, name, false));
    }
    return this.#ofName(inner, (value) => value !== inner && this.#ofUse(value, path));
  }

  /** Applies `work` to the value that a name stands for. */
  #ofName(node: Node, work: (node: Node) => boolean): boolean {
    const binding = node.type === 'Identifier' ? this.#byNode.get(node)?.binding : undefined;
    const value = binding === undefined ? undefined : madeBy(binding, this.scopes);
    if (value === undefined) return work(node);
    // Stops at names that stand for one another.
    if (this.#busy.has(node)) return false;
    this.#busy.add(node);
    const result = work(bare(value));
    this.#busy.delete(node);
    return result;
  }

  /** Judges calls of all functions in `node`. */
  #ofAll(node: Node): boolean {
    return this.scopes.special.some((special) => isFunction(special) && within(special, node) && this.#ofCall(special));
  }

  #ofConstruction(node: Class): boolean {
    return this.#runs(node.body, () => {
      const parts = node.body.body.flatMap((member) => {
        if (member.type === 'PropertyDefinition') return member.static || !member.value ? [] : [member.value];
        return member.type === 'MethodDefinition' && member.kind === 'constructor' ? [member.value] : [];
      });
      if (parts.some((part) => this.of(part) || (isFunction(part) && this.#ofCall(part)))) return true;
      const parent = node.superClass;
      return (
        parent != null && this.#ofName(bare(parent), (value) => isClass(value) && this.#ofConstruction(value as Class))
      );
    });
  }

  #ofMember(node: Class, name: string, isStatic: boolean): boolean {
    const member = node.body.body.find(
      (candidate) =>
        (candidate.type === 'MethodDefinition' || candidate.type === 'PropertyDefinition') &&
        candidate.static === isStatic &&
        nameOfKey(candidate.key) === name,
    );
    if (member !== undefined && 'value' in member && member.value) return this.#ofCall(member.value as Node);
    const parent = node.superClass;
    if (parent == null) return false;
    return this.#ofName(bare(parent), (value) => isClass(value) && this.#ofMember(value as Class, name, isStatic));
  }

  #isCapability(node: Node): boolean {
    const root = rootOf(node);
    const reference = this.#byNode.get(root);
    if (reference === undefined || root === node) return reference !== undefined && this.#isCapabilityName(reference);
    return reference.binding === undefined && (this.#isCapabilityName(reference) || isSource(reference.name, node));
  }

  #isCapabilityName({ name, binding }: Reference): boolean {
    return binding === undefined && (CAPABILITIES.test(name) || name === 'Date') && name !== 'console';
  }

  #globalDepends(name: string, node: Node): boolean {
    const { parents } = this.scopes;
    const parent = parents.get(node);
    if (name === 'Date' && parent?.type === 'NewExpression' && parent.callee === node) {
      return parent.arguments.length === 0 || parent.arguments[0]?.type === 'SpreadElement';
    }
    if (name === 'Date' && isCalleeOf(node, parent)) return true;
    const { called, path } = useOf(node, this.scopes.parents);
    if (name === 'Math' || name === 'Date') return called && isSource(name, path);
    if (name === 'console') return false;
    if (name === 'performance' && path[0] === 'timeOrigin') return true;
    if (CAPABILITIES.test(name)) return called;
    return this.looksFor === 'host' && isHostState(name);
  }
}

/** Returns the index of the first reference that does not start before `offset`. */
function firstAt(references: readonly Reference[], offset: number): number {
  let low = 0;
  let high = references.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (references[middle]!.node.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the way in which a name is used: `a()`, `new a()`, `a.b.c()`, `list.map(a)`. */
export function useOf(
  node: Node,
  parents: Scopes['parents'],
): { readonly called: boolean; readonly path: readonly string[] } {
  const path: string[] = [];
  let inner = node;
  for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
    if (outer.type === 'MemberExpression' && outer.object === inner) path.push(memberName(outer) ?? '');
    else if (bare(outer) === outer) break;
    inner = outer;
  }
  const user = parents.get(inner);
  return { called: isCalleeOf(inner, user) || isCallbackOf(inner, user), path };
}

/** True for `Date.now` and `Math.random`. */
function isSource(name: string, use: Node | readonly string[]): boolean {
  const member = 'type' in use ? memberName(use) : use[0];
  return (name === 'Math' && member === 'random') || (name === 'Date' && member === 'now');
}

function rootOf(node: Node): Node {
  let root = node;
  while (root.type === 'MemberExpression') root = bare(root.object);
  return root;
}

const nameOfKey = (key: Node): string | undefined =>
  key.type === 'Identifier' || key.type === 'PrivateIdentifier' ? key.name : undefined;

export function isCalleeOf(node: Node, user: Node | undefined): boolean {
  if (user?.type === 'TaggedTemplateExpression') return user.tag === node;
  if (user?.type === 'Decorator') return user.expression === node;
  return (user?.type === 'CallExpression' || user?.type === 'NewExpression') && user.callee === node;
}

/** True for a callback that is called at once: `list.map(node)`. */
function isCallbackOf(node: Node, user: Node | undefined): boolean {
  if (user?.type === 'NewExpression') {
    return user.arguments[0] === node && user.callee.type === 'Identifier' && user.callee.name === 'Promise';
  }
  if (user?.type !== 'CallExpression' || !user.arguments.some((argument) => argument === node)) return false;
  return RUNS_CALLBACKS.has(memberName(bare(user.callee)) ?? '');
}

/**
 * True for a function that is called where it is written: `(() => ...)()`, `list.forEach(() => ...)`, `(() =>
 * ...).call(x)`.
 */
export function runsAtOnce(node: Node, parents: Scopes['parents']): boolean {
  let inner = node;
  let user = parents.get(inner);
  while (user?.type.startsWith('TS')) {
    inner = user;
    user = parents.get(inner);
  }
  if (user?.type === 'MemberExpression' && user.object === inner && /^(?:call|apply)$/.test(memberName(user) ?? '')) {
    return isCalleeOf(user, parents.get(user));
  }
  return isCalleeOf(inner, user) || isCallbackOf(inner, user);
}

/** Returns the function or class of a declaration, or the initialiser of a variable. */
function madeBy(binding: Binding, scopes: Scopes): Node | undefined {
  const parent = scopes.parents.get(binding.node);
  return isClass(parent) ? parent : initialiserOf(binding, scopes);
}

/** Returns the function of a declaration, or the initialiser of a variable. */
export function initialiserOf(binding: Binding, scopes: Scopes): Node | undefined {
  if (isFunction(binding.node)) return binding.node;
  const parent = scopes.parents.get(binding.node);
  return parent?.type === 'VariableDeclarator' ? (parent.init ?? undefined) : undefined;
}
