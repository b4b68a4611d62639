/**
 * Finds the uses that the reached part of a bundle makes of its surroundings: capabilities, and things that a guest
 * lacks.
 */
import type { Need } from '../../policy/needs.js';
import type { Rule } from '../../refusals/index.js';
import type { Refusal } from '../../refusals/refusal.js';
import type { Step } from '../../source/chain.js';
import { type Place, showPlace } from '../../source/place.js';
import { RUNTIME } from '../syntax/mark.js';
import { memberName, type Node } from '../syntax/parse.js';
import { boundTo, isReassigned, type Reference, type Scopes } from '../syntax/scopes.js';
import { Constants, UNKNOWN } from '../values/constants.js';
import { GUEST_GLOBALS, isAddon, lacksMember } from '../values/platform.js';
import { CapabilityUses } from './capability-uses.js';
import { CodeMakers } from './code-makers.js';
import { Definitions } from './definitions.js';
import { Flows, type Source, type Use } from './flows.js';
import { Guards } from './guards.js';
import type { Helpers } from './helpers.js';
import { packageOf } from './places.js';
import { type Graph, type Reached, reachedReferences, startedModule } from './units.js';

/** The outcome of a use: the grants and refusals that it led to, possibly empty. */
export interface Account {
  readonly needs: readonly Need[];
  readonly refusals: readonly Refusal[];
}

export interface Uses {
  readonly needs: readonly Need[];
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
  /** References in the bundle to refused globals of hosts. */
  readonly globals: readonly Reference[];
  /** The outcome of every use that was checked, by its offset in the bundle. */
  readonly accounts: ReadonlyMap<number, Account>;
}

const ADVICE: Partial<Record<Rule, string>> = {
  'node-builtin': 'do that in the host, and pass the result as an argument; or make it a hypercall',
  'native-addon': 'call it in the host, through a hypercall',
  'host-global': 'pass its result as an argument; or make it a hypercall',
  'dynamic-code': 'write the code out; code that is made at run time cannot be analysed',
  'dynamic-import': 'import it by a constant name',
};

export class UseFinder {
  readonly #needs: Need[] = [];
  readonly #refusals: Refusal[] = [];
  /** One note of a kind for each package, and for each file of the project. */
  readonly #notes = new Map<string, string>();
  readonly #globals: Reference[] = [];
  readonly #accounts = new Map<number, Account>();
  readonly #definitions: Definitions;
  readonly #guards: Guards;
  readonly #constants: Constants;
  readonly #flows: Flows;
  readonly #capabilityUses: CapabilityUses;
  readonly #makers: CodeMakers;

  constructor(
    private readonly scopes: Scopes,
    private readonly graph: Graph,
    private readonly helpers: Helpers,
    private readonly virtine: string,
  ) {
    this.#constants = new Constants(scopes);
    this.#flows = new Flows(scopes);
    this.#capabilityUses = new CapabilityUses(scopes, this.#constants, this.#flows);
    this.#definitions = new Definitions(scopes, graph);
    this.#guards = new Guards(scopes, this.#definitions);
    this.#makers = new CodeMakers(scopes, this.#constants, this.#flows);
  }

  run(): Uses {
    for (const { reference, reached } of reachedReferences(this.scopes, this.graph)) {
      const { binding, node } = reference;
      if (binding === undefined) this.#account(node, () => this.#global(reference.name, node, reference, reached));
      else if (binding.tracked.type === 'Import') this.#account(node, () => this.#imported(reference, reached));
      else if (this.helpers.isRequire(binding)) this.#account(node, () => this.#required(reference, reached));
    }
    this.#specials();
    return {
      needs: this.#needs,
      refusals: this.#refusals,
      notes: [...this.#notes.values()],
      globals: this.#globals,
      accounts: this.#accounts,
    };
  }

  #account(node: Node, look: () => void): void {
    const [needs, refusals] = [this.#needs.length, this.#refusals.length];
    look();
    const before = this.#accounts.get(node.start) ?? { needs: [], refusals: [] };
    this.#accounts.set(node.start, {
      needs: [...before.needs, ...this.#needs.slice(needs)],
      refusals: [...before.refusals, ...this.#refusals.slice(refusals)],
    });
  }

  /** Records the uses of `source`, which has the value of the global `name`. */
  #global(name: string, source: Source, reference: Reference, reached: Reached): void {
    if (name === 'globalThis') this.#globalObject(source, reference, reached);
    else if (name === 'eval' || name === 'Function') this.#code(name, source, reference, reached);
    else if (GUEST_GLOBALS.has(name)) this.#ask(name, source);
    // Every object has the members of `{}`, such as `hasOwnProperty`.
    else if (!(name in {})) this.#hostGlobal(name, source, reference, reached);
  }

  #hostGlobal(name: string, node: Node, reference: Reference, reached: Reached): void {
    const parent = this.scopes.parents.get(node);
    const isAsked = parent?.type === 'UnaryExpression' && parent.operator === 'typeof';
    if (isAsked || reference.writes || this.#definitions.has(name, node) || this.#guards.excuses(node)) return;
    this.#globals.push(reference);
    this.#refuse('host-global', name, node, reached, `it uses the host's global \`${name}\`, which no context has`);
  }

  /** Records uses of the global object under any name: its members are globals. */
  #globalObject(source: Source, reference: Reference, reached: Reached): void {
    for (const use of this.#flows.usesOf(source)) {
      const at = this.#reachedAt(use.from);
      if (at === undefined || use.kind === 'harmless' || this.#isReplaced(use)) continue;
      if ((use.kind === 'member' || use.kind === 'pattern') && use.key !== undefined) {
        const makesCode = use.key === 'eval' || use.key === 'Function';
        if (makesCode && !this.#isPlainly(use.from, source)) this.#noteCode(use.key, at, use.from);
        else if (GUEST_GLOBALS.has(use.key)) this.#global(use.key, use.node, reference, reached);
      } else this.#noteGlobal(at, use.from);
    }
  }

  /** True if `node` is the source under constant names. False if it is one of several values of a variable. */
  #isPlainly(node: Node, source: Source): boolean {
    if (node === source) return true;
    const binding = node.type === 'Identifier' ? boundTo(node, this.scopes) : undefined;
    if (binding === undefined || isReassigned(binding)) return false;
    const declarator = this.scopes.parents.get(binding.node);
    return (
      declarator?.type === 'VariableDeclarator' && declarator.init !== null && this.#isPlainly(declarator.init, source)
    );
  }

  /** True for `globalThis.fetch = ...`, which replaces the member without using it. */
  #isReplaced(use: Use): boolean {
    if (use.kind !== 'member') return false;
    const parent = this.scopes.parents.get(use.node);
    return parent?.type === 'AssignmentExpression' && parent.operator === '=' && parent.left === use.node;
  }

  /** Records uses of `eval` and `Function` under any name. */
  #code(name: string, source: Source, reference: Reference, reached: Reached): void {
    for (const made of this.#makers.of(name, source)) {
      const at = this.#reachedAt(made.at);
      if (at === undefined) continue;
      // An old form of globalThis.
      if (made.global !== undefined) this.#globalObject(made.global, reference, reached);
      else if (name === 'eval') this.#refuse('dynamic-code', 'eval', made.at, at, 'it uses `eval`');
      else this.#refuse('dynamic-code', 'eval', made.at, at, 'it makes code at run time with `Function`');
    }
  }

  #ask(name: string, source: Source): void {
    for (const use of this.#flows.usesOf(source)) this.#missing(name, use);
    for (const { capability, what, at } of this.#capabilityUses.of(name, source)) {
      const reached = this.#reachedAt(at);
      if (reached === undefined) continue;
      const initially = this.graph.initially.get(reached.unit);
      this.#needs.push({
        capability,
        what,
        chain: this.#chain(what, at, reached),
        ...(initially && { initially: this.#chain(what, at, initially) }),
      });
    }
  }

  /**
   * Records members that hosts have and guests lack: `crypto.subtle.digest()`. Checking whether a member exists is not
   * a use.
   */
  #missing(name: string, use: Use): void {
    if ((use.kind !== 'member' && use.kind !== 'pattern') || use.key === undefined || !lacksMember(name, use.key))
      return;
    const subject = `${name}.${use.key}`;
    for (const { kind, from, ...rest } of this.#flows.usesOf(use.node)) {
      const isOptional = 'node' in rest && 'optional' in rest.node && rest.node.optional;
      if (kind === 'harmless' || kind === 'escape' || isOptional || this.#guards.excuses(from)) continue;
      const reached = this.#reachedAt(from);
      if (reached === undefined) continue;
      this.#refuse('host-global', subject, from, reached, `it uses \`${subject}\`, which no context has`);
    }
  }

  #reachedAt(node: Node): Reached | undefined {
    const unit = this.graph.unitOf(node);
    return unit === undefined ? undefined : this.graph.reached.get(unit);
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
      if (parent?.type === 'MemberExpression' && memberName(parent) === 'host') this.#ask('host', parent);
    } else if (specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier') {
      const { name } = specifier.imported;
      if (name === 'host') this.#ask('host', node);
      else if (name !== 'virtine') this.#hostOnly(name, node, reached);
    }
  }

  /** Refuses `configure` and the like, and the calls in modules that were compiled already. */
  #hostOnly(name: string, node: Node, reached: Reached): void {
    const isCompiled = name === 'Isolated' || name === 'wrapIsolated';
    const message = isCompiled ? 'it imports a module that was compiled already' : `it uses \`${name}\` of the runtime`;
    this.#refuse('host-global', isCompiled ? 'compiled module' : name, node, reached, message);
  }

  /** Refuses imports that the bundler left: Node's built-ins and addons. */
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
      const reached =
        node.type === 'ImportExpression' || node.type === 'MetaProperty' ? this.#reachedAt(node) : undefined;
      if (reached !== undefined) this.#account(node, () => this.#special(node, reached));
    }
    for (const { made, from } of this.#makers.hidden()) {
      const reached = this.#reachedAt(made.at);
      const message = 'it makes code at run time with the `constructor` of a function';
      if (reached === undefined || made.global !== undefined) continue;
      this.#account(from, () => this.#refuse('dynamic-code', 'eval', made.at, reached, message));
    }
  }

  #special(node: Node, reached: Reached): void {
    if (node.type === 'MetaProperty') {
      const message = 'it uses `import.meta`, which has the path of a host file';
      if (node.meta.name === 'import') this.#refuse('host-global', 'import.meta', node, reached, message);
    } else if (node.type === 'ImportExpression') {
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
    const advice = `${ADVICE[rule]!}; if it never runs, accept it: \`accept: ['${subject}']\`${ofImported(chain)}`;
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
    this.#note(
      reached,
      node,
      '`globalThis` is handed on, or read by a name that is not constant. A capability that is reached in this way is ' +
        'denied. Write the name out, as `globalThis.fetch`, or grant the capability by `virtine(fn, { policy })`',
    );
  }

  #noteCode(name: string, reached: Reached, node: Node): void {
    this.#note(
      reached,
      node,
      `\`${name}\` is read from a value that may be the global object. Code that it makes at run time is denied; where the virtine ` +
        "needs it, accept it: `accept: ['eval']`",
    );
  }

  #note(reached: Reached, node: Node, text: string): void {
    const { file, line, column } = this.#place(node, reached);
    const key = `${packageOf(file) ?? file} ${text}`;
    if (this.#notes.has(key)) return;
    this.#notes.set(key, `${showPlace({ file, line, column })}: virtine \`${this.virtine}\`: ${text}`);
  }
}

const nodeName = (source: string) => (source.startsWith('node:') ? source : `node:${source}`);

/** Explains that a module that re-exports others runs all of them, including those without a used export. */
function ofImported(chain: readonly Step[]): string {
  const module = startedModule(chain);
  if (module === undefined || module === chain[0]!.file) return '';
  return (
    `. All of ${module} runs when it is imported: if it is not needed, import the rest from the file that has it, ` +
    'or write `"sideEffects": false` in its package.json'
  );
}
