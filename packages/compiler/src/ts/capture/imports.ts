/** The imports of the virtine's module, and the modules and packages that they lead to. */
import { RUNTIME } from '../syntax/mark.js';
import type { Node, Parsed } from '../syntax/parse.js';
import type { Binding, Scopes } from '../syntax/scopes.js';
import type { Neighbours } from './neighbours.js';

export type Import = Extract<Node, { type: 'ImportDeclaration' }>;

/** The module's file, and the modules beside it. */
export interface Around {
  readonly file: string;
  readonly neighbours: Neighbours;
}

export interface ReachedImports {
  readonly used: readonly Import[];
  /** All modules and packages that the used imports lead to. */
  readonly cut: ReadonlySet<string>;
}

export class Imports {
  /** Imported names that go along. */
  readonly taken = new Set<Binding>();
  /** Imports for the effects of their modules when they are loaded. */
  readonly loaded = new Set<Import>();
  /** All imports of values. */
  readonly all: readonly Import[];
  #reached: (ReachedImports & { readonly count: number }) | undefined;

  constructor(
    { program }: Parsed,
    private readonly scopes: Scopes,
    private readonly around: Around,
  ) {
    this.all = program.body.filter((node): node is Import => node.type === 'ImportDeclaration' && isValueImport(node));
  }

  targetOf({ source }: Import): string | undefined {
    return this.around.neighbours.targetOf(this.around.file, source.value);
  }

  /** Works again only if an import was added since: both sets only grow. */
  reached(): ReachedImports {
    const count = this.taken.size + this.loaded.size;
    if (this.#reached?.count !== count) this.#reached = { count, ...this.#findReached() };
    return this.#reached;
  }

  #findReached(): ReachedImports {
    const taken = [...this.taken].map(({ tracked }) => tracked.type === 'Import' && tracked.importNode);
    const used = this.all.filter((node) => taken.includes(node) || this.loaded.has(node));
    return { used, cut: this.around.neighbours.reach(used.flatMap((node) => this.targetOf(node) ?? [])) };
  }

  /**
   * Names of modules that the virtine uses by other names: `enablePatches` beside `produce`. Top-level statements that
   * use them go along, except calls whose results are taken.
   */
  otherNames(): Binding[] {
    const { cut } = this.reached();
    return [...this.scopes.bindings.values()].filter((binding) => {
      if (binding.tracked.type !== 'Import' || this.taken.has(binding)) return false;
      const { importNode } = binding.tracked;
      const to = this.targetOf(importNode);
      return to !== undefined && importNode.source.value !== RUNTIME && this.around.neighbours.leadsTo(to, cut);
    });
  }

  /** True if the functions of the binding's module change nothing of their own, so that they may be called. */
  isInert(binding: Binding): boolean {
    if (binding.tracked.type !== 'Import') return false;
    const target = this.targetOf(binding.tracked.importNode);
    return target !== undefined && this.around.neighbours.isInert(target);
  }
}

export const isPackage = (target: string) => !target.startsWith('/');

const isValueImport = (node: Import) =>
  node.importKind !== 'type' &&
  (node.specifiers.length === 0 ||
    node.specifiers.some((specifier) => specifier.type !== 'ImportSpecifier' || specifier.importKind !== 'type'));
