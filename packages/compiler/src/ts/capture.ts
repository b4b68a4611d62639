/** What a virtine takes with it: the part of its own module that it needs, and values that each call brings along. */
import { changesOf } from './changes.js';
import type { Found } from './find.js';
import { bare, isClass, isFunction, type Node, type Parsed, showPlace } from './parse.js';
import { HostDependence, initialiserOf } from './purity.js';
import type { Refusal, Rule, Step } from './refuse.js';
import { type Binding, closest, type Reference, type Scopes, within } from './scopes.js';

export interface Captured extends Step {
  /** `embedded`: its source is in the program. `marshalled`: its value comes with each call. */
  readonly how: 'embedded' | 'marshalled';
  readonly why: string;
}

/** A declaration or statement of the module that goes along. */
export interface Piece {
  readonly node: Node;
  /** Set for one of several in `const a = 1, b = 2`. */
  readonly keyword?: string;
}

export interface Capture {
  readonly imports: ReadonlySet<Binding>;
  readonly pieces: readonly Piece[];
  /** Functions and constants of functions around the virtine. */
  readonly locals: readonly { readonly name: string; readonly value: Node }[];
  readonly marshalled: readonly Binding[];
  readonly captured: readonly Captured[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

type Declarator = Extract<Node, { type: 'VariableDeclarator' }>;
const isDeclarator = (node: Node): node is Declarator => node.type === 'VariableDeclarator';

/** No value of these crosses. */
const NEVER_CROSS =
  /^(?:Promise|WeakMap|WeakSet|WeakRef|Proxy|FinalizationRegistry|Worker|AbortController|MessageChannel)$/;

export class Capturer {
  readonly #imports = new Set<Binding>();
  readonly #pieces = new Map<Node, Piece>();
  readonly #locals = new Map<Binding, Node>();
  readonly #marshalled = new Map<Binding, readonly Step[]>();
  readonly #captured: Captured[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #warnings: string[] = [];
  readonly #seen = new Set<Binding>();
  readonly #embedded: { readonly binding: Binding; readonly chain: readonly Step[] }[] = [];
  /** Names of the function around the virtine's source, so that two things never share one. */
  readonly #names = new Map<string, Binding>();
  readonly #dependence: HostDependence;

  constructor(
    private readonly parsed: Parsed,
    private readonly scopes: Scopes,
    private readonly virtine: Found,
    /** Options of virtines: they stay in the host. */
    private readonly hidden: readonly Node[],
    /** All virtines of the module: each runs in a context of its own. */
    private readonly all: readonly Found[],
  ) {
    this.#dependence = new HostDependence(scopes);
  }

  run(): Capture {
    const { target, name } = this.virtine;
    const chain = [{ name, ...this.parsed.lines.at(target.start) }];
    this.#checkThis(target, chain);
    this.#follow(target, chain, true);
    for (const { binding, chain: way } of this.#embedded) this.#checkLaterChanges(binding, way);
    for (const [binding, way] of this.#marshalled) this.#checkLostChanges(binding, way);
    return {
      imports: this.#imports,
      pieces: [...this.#pieces.values()].sort((a, b) => a.node.start - b.node.start),
      locals: [...this.#locals]
        .sort(([, a], [, b]) => a.start - b.start)
        .map(([binding, value]) => ({ name: binding.name, value })),
      marshalled: [...this.#marshalled.keys()].sort((a, b) => a.node.start - b.node.start),
      captured: this.#captured,
      refusals: this.#refusals,
      warnings: this.#warnings,
    };
  }

  #follow(node: Node, chain: readonly Step[], local: boolean): void {
    for (const reference of this.scopes.references) {
      const { binding } = reference;
      if (binding === undefined || !within(reference.node, node) || within(binding.node, node)) continue;
      if (binding.kind === 'arguments' && within(binding.tracked.node, node)) continue;
      if (this.hidden.some((range) => within(reference.node, range))) continue;
      if (local) this.#checkName(binding, reference, chain);
      if (this.#seen.has(binding)) continue;
      this.#seen.add(binding);
      const next = [...chain, { name: binding.name, ...this.parsed.lines.at(reference.node.start) }];
      if (binding.top) this.#captureTop(binding, next);
      else this.#captureLocal(binding, next);
    }
  }

  #refuse(rule: Rule, subject: string, chain: readonly Step[], message: string, advice: string): void {
    const { line, column, file } = chain[chain.length - 1]!;
    this.#refusals.push({ rule, virtine: this.virtine.name, subject, message, advice, chain, file, line, column });
  }

  #note(binding: Binding, how: Captured['how'], why: string): void {
    this.#captured.push({ name: binding.name, how, why, ...this.parsed.lines.at(binding.node.start) });
  }

  #checkName(binding: Binding, { node }: Reference, chain: readonly Step[]): void {
    const other = this.#names.get(binding.name);
    this.#names.set(binding.name, other ?? binding);
    if (other === undefined || other === binding) return;
    const at = [...chain, { name: binding.name, ...this.parsed.lines.at(node.start) }];
    const message = `it captures two variables that are both called \`${binding.name}\``;
    this.#refuse('placement', binding.name, at, message, 'rename one of them');
  }

  /** `this` and its kin of the function itself, or of what is around it. */
  #checkThis(target: Node, chain: readonly Step[]): void {
    for (const node of this.scopes.special) {
      if (!within(node, target) || !/^(?:ThisExpression|Super|MetaProperty)$/.test(node.type)) continue;
      if (node.type === 'MetaProperty' && node.meta.name === 'import') continue;
      const owner = closest(node, this.scopes.parents, ownsThis);
      if (owner !== undefined && owner !== target && within(owner, target)) continue;
      const subject = node.type === 'Super' ? 'super' : node.type === 'MetaProperty' ? 'new.target' : 'this';
      const at = [...chain, { name: subject, ...this.parsed.lines.at(node.start) }];
      this.#refuse(
        'this',
        subject,
        at,
        `it uses \`${subject}\`, which does not cross`,
        'pass what it needs as arguments',
      );
    }
  }

  #captureTop(binding: Binding, chain: readonly Step[]): void {
    if (binding.kind === 'import') {
      this.#imports.add(binding);
      return;
    }
    if (binding.kind === 'variable') {
      this.#captureVariable(binding, chain);
      return;
    }
    const statement = this.#declarationOf(binding.node);
    if (statement === undefined || isAmbient(statement)) return;
    if (this.#isReassigned(binding, chain)) return;
    this.#add(statement, chain);
  }

  #isReassigned(binding: Binding, chain: readonly Step[]): boolean {
    const write = binding.references.find(({ writes }) => writes);
    if (write === undefined) return false;
    const where = showPlace(this.parsed.lines.at(write.node.start));
    const message = `it captures \`${binding.name}\`, a variable that changes (${where})`;
    const advice = 'pass it as an argument, and return what it becomes';
    this.#refuse('captured-mutable', binding.name, chain, message, advice);
    return true;
  }

  /** The statement of the top level that declares, without `export`. */
  #declarationOf(node: Node): Node | undefined {
    let at: Node | undefined = node;
    for (; at !== undefined; at = this.scopes.parents.get(at)) {
      const parent = this.scopes.parents.get(at);
      if (parent?.type === 'Program' || /^Export/.test(parent?.type ?? '')) return at;
    }
    return undefined;
  }

  #captureVariable(binding: Binding, chain: readonly Step[]): void {
    const declarator = closest(binding.node, this.scopes.parents, isDeclarator);
    const statement = this.#declarationOf(binding.node);
    if (declarator === undefined || statement?.type !== 'VariableDeclaration') {
      const message = `it captures \`${binding.name}\`, which is declared in a block`;
      this.#refuse('captured-mutable', binding.name, chain, message, 'declare it const, at the top level');
    } else if (!isAmbient(statement) && !this.#isReassigned(binding, chain)) {
      const { init } = declarator;
      if (init !== null && this.#dependence.of(init)) {
        this.#marshal(binding, init, chain, 'its value depends on the host');
      } else {
        this.#embed(binding, { node: declarator, keyword: statement.kind }, chain, init);
      }
    }
  }

  #embed(binding: Binding, piece: Piece, chain: readonly Step[], init: Node | null): void {
    this.#note(binding, 'embedded', isFunction(init) ? 'a function' : 'its value depends on nothing but the program');
    this.#addFilling(binding, chain);
    if (this.#pieces.has(piece.node)) return;
    this.#pieces.set(piece.node, piece);
    this.#follow(piece.node, chain, false);
  }

  /** Statements that fill a table go along. */
  #addFilling(binding: Binding, chain: readonly Step[]): void {
    this.#embedded.push({ binding, chain });
    for (const { node } of changesOf(binding, this.scopes)) {
      if (closest(node, this.scopes.parents, isFunction) === undefined) this.#add(this.#topStatement(node), chain);
    }
  }

  /** A function of the host that changes it makes it a mutable capture; one that went along changes a copy. */
  #checkLaterChanges(binding: Binding, chain: readonly Step[]): void {
    for (const { node } of changesOf(binding, this.scopes)) {
      const around = closest(node, this.scopes.parents, isFunction);
      if (around === undefined) continue;
      const where = showPlace(this.parsed.lines.at(node.start));
      const isInside =
        within(node, this.virtine.target) || [...this.#pieces.keys()].some((piece) => within(around, piece));
      if (isInside) {
        const text = `what it changes in \`${binding.name}\` is gone after the call`;
        this.#warnings.push(`${where}: virtine \`${this.virtine.name}\`: ${text}`);
      } else if (!this.all.some(({ target }) => within(node, target))) {
        const message = `it captures \`${binding.name}\`, whose content changes (${where})`;
        const advice = 'pass it as an argument, or fill it at the top level of the module only';
        this.#refuse('captured-mutable', binding.name, chain, message, advice);
      }
    }
  }

  #topStatement(node: Node): Node {
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

  #add(node: Node, chain: readonly Step[]): void {
    if (this.#pieces.has(node)) return;
    this.#pieces.set(node, { node });
    this.#follow(node, chain, false);
  }

  #marshal(binding: Binding, value: Node | undefined, chain: readonly Step[], why: string): void {
    if (value !== undefined && neverCrosses(bare(value))) {
      const message = `it captures \`${binding.name}\`, whose value cannot cross`;
      const advice = 'make it inside the function, or pass plain data';
      this.#refuse('unmarshalable', binding.name, chain, message, advice);
    } else {
      this.#marshalled.set(binding, chain);
      this.#note(binding, 'marshalled', why);
    }
  }

  /** What comes with a call is a copy: a change of it would be lost. */
  #checkLostChanges(binding: Binding, chain: readonly Step[]): void {
    const sources = [this.virtine.target, ...this.#locals.values(), ...this.#pieces.keys()];
    const change = changesOf(binding, this.scopes).find(({ node }) => sources.some((source) => within(node, source)));
    if (change === undefined) return;
    const at = [...chain.slice(0, -1), { name: binding.name, ...this.parsed.lines.at(change.node.start) }];
    const message = `it changes \`${binding.name}\`, which it captured: each call works on a copy, and the change would be lost`;
    this.#refuse('captured-change', binding.name, at, message, 'change a copy, and return it');
  }

  #captureLocal(binding: Binding, chain: readonly Step[]): void {
    const value = initialiserOf(binding, this.scopes);
    const why = this.#localRefusal(binding, value);
    if (why !== undefined) {
      this.#refuse(why[0], binding.name, chain, why[1], why[2]);
    } else if (!this.#isReassigned(binding, chain)) {
      const whole = isFunction(binding.node) || this.scopes.parents.get(binding.node)?.type === 'VariableDeclarator';
      const embeds = whole && value !== undefined && (isFunction(value) || isPrimitive(bare(value)));
      if (embeds) this.#embedLocal(binding, value, chain);
      else {
        const what = binding.kind === 'parameter' ? 'parameter' : 'variable';
        this.#marshal(binding, value, chain, `a ${what} of the function around it`);
      }
    }
  }

  #localRefusal(binding: Binding, value: Node | undefined): readonly [Rule, string, string] | undefined {
    const { name, kind } = binding;
    if (kind === 'arguments') {
      return ['this', 'it uses `arguments` of the function around it', 'pass what it needs as arguments'];
    }
    if (kind === 'other' || isClass(value)) {
      const advice = 'declare it at the top level of the module';
      return ['captured-class', `it captures \`${name}\`, a class of the function around it`, advice];
    }
    if (value !== undefined && isFunction(value) && within(this.virtine.target, value)) {
      const advice = 'move the virtine to the top level of the module';
      return ['unmarshalable', `it calls \`${name}\`, the function that it stands in`, advice];
    }
    return undefined;
  }

  #embedLocal(binding: Binding, value: Node, chain: readonly Step[]): void {
    this.#note(binding, 'embedded', isFunction(value) ? 'a function of the function around it' : 'a constant');
    this.#locals.set(binding, value);
    if (value.type === 'ArrowFunctionExpression') this.#checkThis(value, chain);
    this.#follow(value, chain, true);
  }
}

function ownsThis(node: Node): node is Node {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'PropertyDefinition' ||
    node.type === 'StaticBlock'
  );
}

const isAmbient = (node: Node) => node.type === 'TSDeclareFunction' || ('declare' in node && node.declare === true);

function isPrimitive(node: Node): boolean {
  if (node.type === 'UnaryExpression') return isPrimitive(node.argument);
  if (node.type === 'TemplateLiteral') return node.expressions.length === 0;
  return node.type === 'Literal' && !('regex' in node && node.regex);
}

function neverCrosses(node: Node): boolean {
  if (isClass(node) || isFunction(node)) return true;
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false;
  if (node.callee.type !== 'Identifier') return false;
  return node.type === 'NewExpression' ? NEVER_CROSS.test(node.callee.name) : node.callee.name === 'Symbol';
}
