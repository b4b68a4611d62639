/** Finds code that runs while a module is loaded, and code that may run later. */
import { isFunction, type Node } from '../syntax/parse.js';
import { type Binding, closest, type Scopes, within } from '../syntax/scopes.js';
import { runsAtOnce, useOf } from '../values/purity.js';

export class Load {
  readonly #byStatement = new Map<Node, Binding[]>();

  constructor(
    private readonly scopes: Scopes,
    /** Code that runs elsewhere: virtines. */
    private readonly elsewhere: readonly Node[],
  ) {
    for (const binding of new Set([...scopes.bindings.values(), ...this.#inBlocks()])) {
      const statement = this.topOf(binding.node);
      this.#byStatement.set(statement, [...(this.#byStatement.get(statement) ?? []), binding]);
    }
  }

  /** Declarations in blocks at the top level: `{ function add() {} add(); }`. */
  #inBlocks(): Binding[] {
    return this.scopes.references.flatMap(({ binding }) => {
      if (binding === undefined || binding.top || !/^(?:function|variable|other)$/.test(binding.kind)) return [];
      const outer = this.scopes.parents.get(binding.node);
      return outer !== undefined && this.functionAround(outer) === undefined ? [binding] : [];
    });
  }

  /** The places at the top level that run `node`: its own, or those that call the function around it. */
  startsOf(node: Node): ReadonlySet<Node> {
    const starts = new Set<Node>();
    this.#collect(node, starts, new Set());
    return starts;
  }

  #collect(node: Node, starts: Set<Node>, seen: Set<Node>): void {
    const around = this.functionAround(node);
    if (around === undefined) {
      starts.add(node);
    } else if (!seen.has(around)) {
      seen.add(around);
      for (const call of this.#callsOf(around)) this.#collect(call, starts, seen);
    }
  }

  /** Whether something may call the function around `node` after the module is loaded. */
  runsLater(node: Node, seen = new Set<Node>()): boolean {
    const around = this.functionAround(node);
    if (around === undefined || seen.has(around)) return false;
    seen.add(around);
    if (!this.#isMember(around)) return true;
    return this.#ownersOf(around).some(
      (owner) =>
        this.#isExported(owner) ||
        this.#namesOf(owner).some((name) => !useOf(name, this.scopes.parents).called || this.runsLater(name, seen)),
    );
  }

  /** The nearest function around `node` that does not call itself at once. */
  functionAround(node: Node): Node | undefined {
    const { parents } = this.scopes;
    let at = closest(node, parents, isFunction);
    while (at !== undefined && runsAtOnce(at, parents) && !at.async && !at.generator) {
      const parent = parents.get(at);
      at = parent === undefined ? undefined : closest(parent, parents, isFunction);
    }
    return at;
  }

  topOf(node: Node): Node {
    let at = node;
    for (
      let up = this.scopes.parents.get(at);
      up !== undefined && up.type !== 'Program';
      up = this.scopes.parents.get(at)
    ) {
      at = up;
    }
    return at;
  }

  /** The names whose value is the function, or contains it. */
  #ownersOf(made: Node): readonly Binding[] {
    const declared = this.#byStatement.get(this.topOf(made)) ?? [];
    return declared.filter(({ node }) => {
      const around = isFunction(node) ? node : this.scopes.parents.get(node);
      return around !== undefined && within(made, around);
    });
  }

  #namesOf({ references }: Binding): Node[] {
    return references.map(({ node }) => node).filter((node) => !this.elsewhere.some((outer) => within(node, outer)));
  }

  #callsOf(made: Node): Node[] {
    if (!this.#isMember(made)) return [];
    const names = this.#ownersOf(made).flatMap((owner) => this.#namesOf(owner));
    return names.filter((name) => useOf(name, this.scopes.parents).called);
  }

  #isExported({ node }: Binding): boolean {
    return this.topOf(node).type.startsWith('Export');
  }

  /** Whether it is a declaration, or in a declared object or class, so that no other code has received it. */
  #isMember(made: Node): boolean {
    const { parents } = this.scopes;
    for (let at: Node | undefined = made; at !== undefined; at = parents.get(at)) {
      if (at.type === 'VariableDeclarator' || /^(?:Function|Class)Declaration$/.test(at.type)) {
        return this.functionAround(at === made ? (parents.get(at) ?? at) : at) === undefined;
      }
      if (
        at !== made &&
        !/^(?:Property|ObjectExpression|MethodDefinition|PropertyDefinition|ClassBody|ClassExpression|TS.*)$/.test(
          at.type,
        )
      ) {
        return false;
      }
    }
    return false;
  }
}
