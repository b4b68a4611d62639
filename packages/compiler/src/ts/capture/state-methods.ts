/**
 * Finds methods and functions that change their own object or state: `inc() { this.n++; }`, `{ inc: () => { n++; } }`.
 */
import { isFunction, memberName, type Node } from '../syntax/parse.js';
import { type Binding, type Scopes, userOf, within } from '../syntax/scopes.js';
import { initialiserOf, isCalleeOf } from '../values/purity.js';
import type { Touches } from './touches.js';

/** Stands for a function that is called directly: `const inc = (() => { let n = 0; return () => ++n; })()`. */
export const ITSELF = '';

export class StateMethods {
  #known: ReadonlySet<string> | undefined;

  constructor(
    private readonly scopes: Scopes,
    private readonly touches: Touches,
  ) {}

  /**
   * Whether the call at `node` of a method of `binding` changes state that is kept between calls. `foreign`: names of
   * such methods in the module that created the value.
   */
  changes(node: Node, binding: Binding, foreign: ReadonlySet<string>): boolean {
    const name = this.#calledAt(node);
    if (name === undefined) return false;
    if (foreign.has(name)) return true;
    if (binding.kind === 'import') return false;
    if (name === 'next' || this.names().has(name)) return true;
    if (this.#isStateful(binding) && /^(?:test|exec)$/.test(name)) return true;
    return this.touches.of(binding).some((touch) => touch.certain && this.#methodsAround(touch.node).includes(name));
  }

  /** Whether it is a regular expression with the flag `g` or `y`, which keeps its position. */
  #isStateful(binding: Binding): boolean {
    const init = initialiserOf(binding, this.scopes);
    return init?.type === 'Literal' && 'regex' in init && /[gy]/.test(init.regex?.flags ?? '');
  }

  names(): ReadonlySet<string> {
    if (this.#known !== undefined) return this.#known;
    const ofThis = this.touches.ofThis();
    const names = new Set([
      ...ofThis.filter(({ certain }) => certain).flatMap(({ node }) => this.#methodsAround(node)),
      ...this.#closures(),
    ]);
    // Adds methods that call such a method.
    for (let before = -1; before !== names.size; ) {
      before = names.size;
      for (const { node, calls } of ofThis) {
        if (calls === undefined || !names.has(this.#calledAt(node) ?? ITSELF)) continue;
        for (const name of this.#methodsAround(node)) names.add(name);
      }
    }
    this.#known = names;
    return names;
  }

  /** Functions that change a variable of a function around them. */
  #closures(): string[] {
    const local = new Set(
      this.scopes.references.flatMap(({ binding }) => (binding === undefined || binding.top ? [] : [binding])),
    );
    return [...local].flatMap((binding) => {
      const writes = binding.references.filter((reference) => reference.writes).map(({ node }) => node);
      const changed = this.touches.of(binding).flatMap(({ node, certain }) => (certain ? [node] : []));
      return [...writes, ...changed].flatMap((node) => this.#methodsAround(node, binding.node));
    });
  }

  /** Names of the functions around `node` that do not contain `beside`. */
  #methodsAround(node: Node, beside?: Node): string[] {
    const names: string[] = [];
    for (let at: Node | undefined = node; at !== undefined; at = this.scopes.parents.get(at)) {
      if (beside !== undefined && within(beside, at)) break;
      const parent = isFunction(at) ? this.scopes.parents.get(at) : undefined;
      if (parent === undefined) continue;
      if ('key' in parent && 'value' in parent && parent.value === at) names.push(nameOf(parent.key as Node));
      else if (parent.type === 'ReturnStatement' || parent.type === 'ArrowFunctionExpression') names.push(ITSELF);
    }
    return names;
  }

  #calledAt(node: Node): string | undefined {
    let name = ITSELF;
    for (let at = userOf(node, this.scopes.parents); at.outer !== undefined; ) {
      if (isCalleeOf(at.inner, at.outer)) return name;
      if (at.outer.type !== 'MemberExpression' || at.outer.object !== at.inner) return undefined;
      name = memberName(at.outer) ?? nameOf(at.outer.property);
      at = userOf(at.outer, this.scopes.parents);
    }
    return undefined;
  }
}

const nameOf = (key: Node): string =>
  key.type === 'PrivateIdentifier' ? `#${key.name}` : key.type === 'Identifier' ? key.name : ITSELF;
