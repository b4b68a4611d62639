/** Changes by functions of the host, when the module is loaded: the context has its own copy, and does not see them. */
import type { Step } from '../../source/chain.js';
import { isFunction, type Node } from '../syntax/parse.js';
import { type Binding, closest, type Scopes } from '../syntax/scopes.js';
import type { Findings } from './findings.js';
import type { Around, Imports } from './imports.js';
import type { Load } from './load.js';
import { StateMethods } from './state-methods.js';
import type { Touches } from './touches.js';

export interface LaterContext {
  readonly scopes: Scopes;
  readonly around: Around;
  readonly touches: Touches;
  readonly load: Load;
  readonly imports: Imports;
  readonly findings: Findings;
  /** In a virtine of the module, which runs in a context of its own. */
  readonly isElsewhere: (node: Node) => boolean;
  /** In the virtine, or in a function that it may call. */
  readonly isCalledInside: (node: Node) => boolean;
}

export class LaterChanges {
  readonly #stateMethods: StateMethods;

  constructor(private readonly context: LaterContext) {
    this.#stateMethods = new StateMethods(context.scopes, context.touches);
  }

  /** A function of the host that changes it makes it a mutable capture; one that went along changes a copy. */
  check(binding: Binding, chain: readonly Step[]): void {
    const { scopes, touches, load, findings, isElsewhere, isCalledInside } = this.context;
    for (const { node, certain } of touches.of(binding)) {
      if (!certain || closest(node, scopes.parents, isFunction) === undefined) continue;
      if (isCalledInside(node)) {
        findings.warn(node, `its change of \`${binding.name}\` is gone after the call`);
      } else if (!isElsewhere(node) && load.runsLater(node)) {
        const message = `it captures \`${binding.name}\`, whose content changes (${findings.placeOf(node)})`;
        const advice = 'pass it as an argument, or fill it at the top level of the module only';
        findings.refuse('captured-mutable', binding.name, chain, message, advice);
        return;
      }
    }
  }

  /** Warns of a method that the host calls later, and that may change what the virtine uses. */
  noteCalls(binding: Binding): void {
    const { scopes, around, touches, load, findings, isElsewhere, isCalledInside } = this.context;
    const calls = touches
      .of(binding)
      .filter(
        ({ node, certain, calls }) =>
          !certain && calls !== undefined && !isElsewhere(node) && !isCalledInside(node) && load.runsLater(node),
      );
    if (calls.length === 0) return;
    const { file, neighbours } = around;
    const holder = neighbours.holderOf(file, binding, scopes);
    const foreign = new Set(holder === undefined || holder === file ? [] : neighbours.stateMethodsOf(holder));
    const call = calls.find(({ node }) => this.#stateMethods.changes(node, binding, foreign));
    if (call === undefined) return;
    const text = `the host's change of \`${binding.name}\` by this call does not reach the context, which has its own`;
    findings.warn(call.node, text);
  }

  /** Warns of changes by names that the virtine does not use, of modules that it does. */
  noteImports(): void {
    const { touches, load, imports, findings, isElsewhere } = this.context;
    for (const binding of imports.otherNames()) {
      for (const { node, certain } of touches.of(binding)) {
        if (!certain || isElsewhere(node) || !load.runsLater(node)) continue;
        findings.warn(
          node,
          `a change of \`${binding.name}\` by the host does not reach the context, which has its own`,
        );
      }
    }
  }
}
