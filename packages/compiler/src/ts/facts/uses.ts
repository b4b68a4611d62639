/** What the reached part of a bundle uses of its surroundings: capabilities, and what no guest has. */
import type { Need } from '../../policy/needs.js';
import { RUNTIME } from '../mark.js';
import { memberName, type Node, type Place } from '../parse.js';
import { GUEST_GLOBALS, isAddon } from '../platform.js';
import type { Refusal, Rule, Step } from '../refuse.js';
import type { Reference, Scopes } from '../scopes.js';
import { Constants, UNKNOWN } from './constants.js';
import { Definitions } from './definitions.js';
import { Guards, isTypeof } from './guards.js';
import { type Graph, type Reached, reachedReferences } from './units.js';
import { Wishes } from './wishes.js';

export interface Uses {
  readonly needs: readonly Need[];
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
  /** Where the refused globals of hosts stand in the bundle. */
  readonly globals: readonly Reference[];
}

const ADVICE: Partial<Record<Rule, string>> = {
  'node-builtin': 'do that in the host, and pass the result as an argument; or make it a hypercall',
  'native-addon': 'call it in the host, through a hypercall',
  'host-global': 'pass what it gives as an argument; or make it a hypercall',
  'dynamic-code': 'write the code out; what is made at run time cannot be analysed',
  'dynamic-import': 'import it by a constant name',
};

export class UseFinder {
  readonly #needs: Need[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #notes: string[] = [];
  readonly #globals: Reference[] = [];
  readonly #definitions: Definitions;
  readonly #guards: Guards;
  readonly #constants: Constants;
  readonly #wishes: Wishes;

  constructor(
    private readonly scopes: Scopes,
    private readonly graph: Graph,
    private readonly virtine: string,
  ) {
    this.#guards = new Guards(scopes);
    this.#constants = new Constants(scopes);
    this.#wishes = new Wishes(scopes, this.#constants);
    this.#definitions = new Definitions(scopes, graph);
  }

  run(): Uses {
    for (const { reference, reached } of reachedReferences(this.scopes, this.graph)) {
      // The bundler's helpers ask the platform questions of their own.
      if (reached.unit.place === undefined) continue;
      const { binding } = reference;
      if (binding === undefined) this.#global(reference.name, reference.node, reference, reached);
      else if (binding.tracked.type === 'Import') this.#imported(reference, reached);
      else if (reference.name === '__require') this.#required(reference, reached);
    }
    this.#specials();
    return { needs: this.#needs, refusals: this.#refusals, notes: this.#notes, globals: this.#globals };
  }

  #global(name: string, node: Node, reference: Reference, reached: Reached): void {
    if (isTypeof(node, this.scopes.parents)) return;
    const parent = this.scopes.parents.get(node);
    if (name === 'globalThis') {
      const key =
        parent === undefined || !('object' in parent) || parent.object !== node ? undefined : memberName(parent);
      if (key === undefined) this.#noteGlobal(reached, node);
      else if (GUEST_GLOBALS.has(key)) this.#global(key, parent!, reference, reached);
    } else if (name === 'eval') {
      this.#refuse('dynamic-code', 'eval', node, reached, 'it uses `eval`');
    } else if (name === 'Function') {
      const made = (parent?.type === 'NewExpression' || parent?.type === 'CallExpression') && parent.callee === node;
      // An old way to write globalThis.
      const isGlobal = made && this.#constants.valueOf(parent.arguments[0] ?? parent) === 'return this';
      if (isGlobal) this.#noteGlobal(reached, node);
      else if (made) this.#refuse('dynamic-code', 'eval', node, reached, 'it makes code at run time with `Function`');
    } else if (GUEST_GLOBALS.has(name)) {
      this.#ask(name, node, reached);
    } else if (!reference.writes && !this.#definitions.has(name, node) && !this.#guards.isGuarded(reference)) {
      this.#globals.push(reference);
      this.#refuse('host-global', name, node, reached, `it uses the host's global \`${name}\`, which no context has`);
    }
  }

  #ask(name: string, node: Node, reached: Reached): void {
    for (const { wish, what } of this.#wishes.of(name, node)) {
      const initially = this.graph.initially.get(reached.unit);
      this.#needs.push({
        wish,
        what,
        chain: this.#chain(what, node, reached),
        ...(initially && { initially: this.#chain(what, node, initially) }),
      });
    }
  }

  #imported(reference: Reference, reached: Reached): void {
    const { binding, node } = reference;
    if (binding?.tracked.type !== 'Import') return;
    const source = binding.tracked.importNode.source.value;
    if (source !== RUNTIME) {
      this.#foreign(source, node, reached);
      return;
    }
    const specifier = binding.tracked.node;
    const parent = this.scopes.parents.get(node);
    if (specifier.type === 'ImportNamespaceSpecifier') {
      if (parent?.type === 'MemberExpression' && memberName(parent) === 'host') this.#ask('host', parent, reached);
    } else if (specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier') {
      const { name } = specifier.imported;
      if (name === 'host') this.#ask('host', node, reached);
      else if (name !== 'virtine') this.#hostOnly(name, node, reached);
    }
  }

  /** `configure` and its kin; and the calls that stand in modules which were compiled already. */
  #hostOnly(name: string, node: Node, reached: Reached): void {
    const isCompiled = name === 'Isolated' || name === 'wrapIsolated';
    const message = isCompiled ? 'it imports a module that was compiled already' : `it uses \`${name}\` of the runtime`;
    this.#refuse('host-global', isCompiled ? 'compiled module' : name, node, reached, message);
  }

  /** Imports that the bundler left: Node's built-ins and addons. */
  #foreign(source: string, node: Node, reached: Reached): void {
    if (isAddon(source)) this.#refuse('native-addon', source, node, reached, `it uses the native addon \`${source}\``);
    else
      this.#refuse('node-builtin', nodeName(source), node, reached, `it uses Node's built-in \`${nodeName(source)}\``);
  }

  #required({ node }: Reference, reached: Reached): void {
    const call = this.scopes.parents.get(node);
    const [specifier] = call?.type === 'CallExpression' ? call.arguments : [];
    const source = specifier === undefined ? UNKNOWN : this.#constants.valueOf(specifier);
    if (typeof source === 'string') this.#foreign(source, node, reached);
    else this.#refuse('dynamic-import', 'require', node, reached, 'it requires a module whose name is not constant');
  }

  #specials(): void {
    for (const node of this.scopes.special) {
      if (node.type !== 'ImportExpression' && node.type !== 'MetaProperty') continue;
      const unit = this.graph.unitOf(node);
      const reached = unit === undefined ? undefined : this.graph.reached.get(unit);
      if (reached === undefined) continue;
      if (node.type === 'MetaProperty') {
        if (node.meta.name !== 'import') continue;
        this.#refuse(
          'host-global',
          'import.meta',
          node,
          reached,
          'it uses `import.meta`, which says where a host file is',
        );
        continue;
      }
      const source = this.#constants.valueOf(node.source);
      if (typeof source === 'string') this.#foreign(source, node, reached);
      else this.#refuse('dynamic-import', 'import', node, reached, 'it imports a module whose name is not constant');
    }
  }

  #place(node: Node, reached: Reached): Place {
    return this.graph.placeOf(node) ?? reached.unit.place ?? reached.chain[reached.chain.length - 1]!;
  }

  #chain(name: string, node: Node, reached: Reached): readonly Step[] {
    return [...reached.chain, { name, ...this.#place(node, reached) }];
  }

  #refuse(rule: Rule, subject: string, node: Node, reached: Reached, message: string): void {
    const chain = this.#chain(subject, node, reached);
    const advice = `${ADVICE[rule]!}; where it never runs, accept it: \`accept: ['${subject}']\``;
    this.#refusals.push({
      rule,
      virtine: this.virtine,
      subject,
      message,
      advice,
      chain,
      ...this.#place(node, reached),
    });
  }

  #noteGlobal(reached: Reached, node: Node): void {
    const { file, line, column } = this.#place(node, reached);
    const where = `${file}:${line}:${column}: virtine \`${this.virtine}\``;
    this.#notes.push(
      `${where}: \`globalThis\` is handed on, or read by a name that is not constant. A capability that is reached in this ` +
        'way is denied. Write the name out, as `globalThis.fetch`, or grant the capability by `virtine(fn, { policy })`',
    );
  }
}

const nodeName = (source: string) => (source.startsWith('node:') ? source : `node:${source}`);
