/** Checks of values that come with each call: they cross as copies of plain data. */
import type { Step } from '../../source/chain.js';
import { bare, isClass, type Node } from '../syntax/parse.js';
import { type Binding, type Scopes, within } from '../syntax/scopes.js';
import { initialiserOf } from '../values/purity.js';
import type { Findings } from './findings.js';
import { isUsedAsCode } from './kinds.js';
import type { Touches } from './touches.js';

export class CrossingChecks {
  /**
   * @param target the virtine
   * @param sources all nodes whose source is in the program
   */
  constructor(
    private readonly scopes: Scopes,
    private readonly touches: Touches,
    private readonly findings: Findings,
    private readonly target: Node,
    private readonly sources: readonly Node[],
  ) {}

  check(binding: Binding, chain: readonly Step[]): void {
    this.#checkLostChanges(binding, chain);
    this.#checkInstance(binding, chain);
    this.#checkCalled(binding, chain);
  }

  #isInside(node: Node): boolean {
    return this.sources.some((source) => within(node, source));
  }

  #refuse(rule: 'captured-change' | 'unmarshalable', { name }: Binding, at: Node, chain: readonly Step[], text: Text) {
    const way = this.findings.extend(chain.slice(0, -1), name, at);
    this.findings.refuse(rule, name, way, text.message, text.advice);
  }

  /** A change of a copy would be lost. */
  #checkLostChanges(binding: Binding, chain: readonly Step[]): void {
    const change = this.touches.of(binding).find(({ node, certain }) => certain && this.#isInside(node));
    if (change === undefined) return;
    const message = `it changes \`${binding.name}\`, which it captured: each call works on a copy, and the change would be lost`;
    this.#refuse('captured-change', binding, change.node, chain, { message, advice: 'change a copy, and return it' });
  }

  /** An object of a class has lost its class: only its fields can be read. */
  #checkInstance(binding: Binding, chain: readonly Step[]): void {
    const made = this.#classOf(binding);
    if (made === undefined) return;
    const uses = binding.references.filter(({ node }) => this.#isInside(node));
    const whole = uses.find(({ node }) => {
      const member = this.scopes.parents.get(node);
      const user = member === undefined ? undefined : this.scopes.parents.get(member);
      return member?.type !== 'MemberExpression' || (user?.type === 'CallExpression' && user.callee === member);
    });
    const what = `\`${binding.name}\`, an object of the class \`${made}\`, of which only its public fields cross`;
    if (whole === undefined) {
      this.findings.warn(uses[0]?.node ?? binding.node, `it captures ${what}`);
      return;
    }
    const message = `it captures ${what}: no methods, no private fields`;
    const advice = 'make it inside the function, or pass plain data';
    this.#refuse('unmarshalable', binding, whole.node, chain, { message, advice });
  }

  /** If it is only called, it is a function or a class. A use that asks first what it is may have another answer. */
  #checkCalled(binding: Binding, chain: readonly Step[]): void {
    const uses = binding.references.filter(({ node }) => this.#isInside(node));
    const isCalled = (node: Node) => node === bare(this.target) || isUsedAsCode(node, this.scopes.parents);
    if (uses.length === 0 || !uses.every(({ node }) => isCalled(node))) return;
    const message = `it calls \`${binding.name}\`, which it captured: a function or class of the host does not cross`;
    const advice =
      binding.kind === 'parameter'
        ? 'pass its result as an argument, or import the function in this module'
        : 'make it inside the function; or import it, or declare it as a function of the module';
    this.#refuse('unmarshalable', binding, uses[0]!.node, chain, { message, advice });
  }

  /** The name of the class that it is made of, or declared to be of. */
  #classOf(binding: Binding): string | undefined {
    const value = initialiserOf(binding, this.scopes);
    const made = value === undefined ? undefined : bare(value);
    if (made?.type === 'NewExpression' && made.callee.type === 'Identifier') {
      const { name } = made.callee;
      return this.scopes.bindings.has(name) ? name : undefined;
    }
    const declared = 'typeAnnotation' in binding.node ? binding.node.typeAnnotation : undefined;
    const type = declared?.type === 'TSTypeAnnotation' ? declared.typeAnnotation : undefined;
    if (type?.type !== 'TSTypeReference' || type.typeName.type !== 'Identifier') return undefined;
    const { name } = type.typeName;
    const own = this.scopes.bindings.get(name);
    return own !== undefined && isClass(this.scopes.parents.get(own.node)) ? name : undefined;
  }
}

interface Text {
  readonly message: string;
  readonly advice: string;
}
