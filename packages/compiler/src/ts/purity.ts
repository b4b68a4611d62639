/** Does a constant depend on the host it is evaluated on? Then its value is passed along instead of its text. */
import { isFunction, memberName, type Node } from './parse.js';
import { isHostState, isNodeBuiltin } from './platform.js';
import { type Binding, closest, type Reference, type Scopes, within } from './scopes.js';

export class HostDependence {
  readonly #known = new Map<Node, boolean>();

  constructor(private readonly scopes: Scopes) {}

  /** True where evaluating `node` once on the host may give something else than in the guest. */
  of(node: Node): boolean {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    this.#known.set(node, false);
    const result = this.#reads(node) || this.#waits(node);
    this.#known.set(node, result);
    return result;
  }

  #waits(node: Node): boolean {
    return this.scopes.special.some(
      (each) => /^(?:AwaitExpression|ImportExpression|MetaProperty)$/.test(each.type) && this.#runs(each, node),
    );
  }

  #reads(node: Node): boolean {
    return this.scopes.references.some((reference) => this.#runs(reference.node, node) && this.#depends(reference));
  }

  /** In `node`, and not in a function in it, which nobody has called yet. */
  #runs(inner: Node, node: Node): boolean {
    if (!within(inner, node)) return false;
    const around = closest(inner, this.scopes.parents, isFunction);
    return around === undefined || around === node || !within(around, node);
  }

  #depends({ binding, name, node }: Reference): boolean {
    if (binding === undefined) return this.#globalDepends(name, node);
    if (!binding.top) return false;
    if (binding.tracked.type === 'Import') return isNodeBuiltin(binding.tracked.importNode.source.value);
    const value = initialiserOf(binding, this.scopes);
    if (value === undefined) return false;
    return isFunction(value) ? this.#isCalled(node) && this.of(value) : this.of(value);
  }

  #isCalled(node: Node): boolean {
    const parent = this.scopes.parents.get(node);
    return (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee === node;
  }

  #globalDepends(name: string, node: Node): boolean {
    const parent = this.scopes.parents.get(node);
    if (name === 'Math') return parent !== undefined && memberName(parent) === 'random';
    if (name === 'Date') {
      if (parent?.type === 'NewExpression') return parent.arguments.length === 0;
      return parent?.type === 'CallExpression' || (parent !== undefined && memberName(parent) === 'now');
    }
    return isHostState(name);
  }
}

/** The function of a declaration, or the initialiser of a variable. */
export function initialiserOf(binding: Binding, scopes: Scopes): Node | undefined {
  if (isFunction(binding.node)) return binding.node;
  const parent = scopes.parents.get(binding.node);
  return parent?.type === 'VariableDeclarator' ? (parent.init ?? undefined) : undefined;
}
