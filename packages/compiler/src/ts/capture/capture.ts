/** Finds what a virtine captures: the parts of its module that go into the program, and the values that calls pass. */
import type { Rule } from '../../refusals/index.js';
import type { Refusal } from '../../refusals/refusal.js';
import type { Captured } from '../../report/types.js';
import type { Step } from '../../source/chain.js';
import { bare, decoratorsBefore, isClass, isFunction, type Node, type Parsed } from '../syntax/parse.js';
import { type Binding, closest, patternNames, type Reference, type Scopes, within } from '../syntax/scopes.js';
import { GUEST_GLOBALS } from '../values/platform.js';
import { HostDependence, initialiserOf, useOf } from '../values/purity.js';
import type { VirtineSite } from '../virtines/find.js';
import { CrossingChecks } from './crossing.js';
import { Findings } from './findings.js';
import { type Around, type Import, Imports, isPackage } from './imports.js';
import { factoriesOf } from './jsx.js';
import {
  isAmbient,
  isData,
  isDeclarator,
  isFunctionAround,
  isLoop,
  isPrimitive,
  isType,
  isUsedAsCode,
  neverCrosses,
  ownsThis,
} from './kinds.js';
import { LaterChanges } from './later.js';
import { Load } from './load.js';
import { Touches } from './touches.js';

/** A declaration or statement of the module that goes into the program. */
export interface Piece {
  readonly node: Node;
  /** Set for one of several in `const a = 1, b = 2`. */
  readonly keyword?: string;
}

/** A statement that may change captured values, depending on the code that it calls. */
export interface Optional {
  readonly node: Node;
  /** The name of the value that it may change. */
  readonly name: string;
}

export interface Capture {
  readonly imports: ReadonlySet<Binding>;
  /** Imports for the effects of their modules when they are loaded. */
  readonly loaded: readonly Import[];
  readonly pieces: readonly Piece[];
  /** Functions and constants of functions around the virtine. */
  readonly locals: readonly { readonly name: string; readonly value: Node }[];
  readonly marshalled: readonly Binding[];
  readonly captured: readonly Captured[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** The optional statements that go along. */
  readonly optional: readonly Optional[];
}

/** The choices of a capture. */
export interface CaptureChoice {
  /** Optional statements that do not go along. */
  readonly leave: ReadonlySet<Node>;
  /** Names whose values depend on the host, as an earlier build has shown. */
  readonly hosted: ReadonlySet<string>;
}

interface Filling {
  readonly statement: Node;
  readonly certain: boolean;
  /** It is a call whose result is used. */
  readonly isUsed: boolean;
}

export class Capturer {
  readonly #imports: Imports;
  readonly #pieces = new Map<Node, Piece>();
  readonly #locals = new Map<Binding, Node>();
  readonly #marshalled = new Map<Binding, readonly Step[]>();
  readonly #captured: Captured[] = [];
  readonly #findings: Findings;
  readonly #seen = new Set<Binding>();
  /** Bindings whose changes are searched for, in the order in which they were found. */
  readonly #embedded = new Map<Binding, readonly Step[]>();
  readonly #optional = new Map<Node, Optional>();
  /** Pieces that only statements of the top level need: the virtine does not call them. */
  readonly #fillers = new Set<Node>();
  #isFilling = false;
  /** Names that the virtine uses of functions around it: two variables must not share one. */
  readonly #names = new Map<string, Binding>();
  readonly #dependence: HostDependence;
  readonly #touches: Touches;
  readonly #load: Load;
  /** The same, with virtines as ordinary functions. */
  readonly #whole: Load;

  constructor(
    private readonly parsed: Parsed,
    private readonly scopes: Scopes,
    private readonly virtine: VirtineSite,
    /** Options of virtines: they stay in the host. */
    private readonly hidden: readonly Node[],
    /** All virtines of the module: each runs in a context of its own. */
    private readonly all: readonly VirtineSite[],
    private readonly choice: CaptureChoice,
    /** The module's file, and the modules beside it. */
    private readonly around: Around,
  ) {
    this.#dependence = new HostDependence(scopes);
    this.#touches = new Touches(scopes);
    this.#imports = new Imports(parsed, scopes, around);
    this.#findings = new Findings(parsed, virtine.name);
    this.#load = new Load(
      scopes,
      all.map(({ target }) => target),
    );
    this.#whole = new Load(scopes, []);
  }

  run(): Capture {
    const { target, name } = this.virtine;
    const chain = [{ name, ...this.parsed.lines.at(target.start) }];
    this.#checkThis(target, chain);
    this.#follow(target, chain, true);
    this.#isFilling = true;
    this.#patchGlobals(chain);
    this.#addFillings(chain);
    this.#check();
    return {
      imports: this.#imports.taken,
      loaded: [...this.#imports.loaded],
      pieces: [...this.#pieces.values()].sort((a, b) => a.node.start - b.node.start),
      locals: [...this.#locals]
        .sort(([, a], [, b]) => a.start - b.start)
        .map(([binding, value]) => ({ name: binding.name, value })),
      marshalled: [...this.#marshalled.keys()].sort((a, b) => a.node.start - b.node.start),
      captured: this.#captured,
      refusals: this.#findings.refusals,
      warnings: this.#findings.warnings,
      optional: [...this.#optional.values()],
    };
  }

  #check(): void {
    const { scopes, around } = this;
    const later = new LaterChanges({
      ...{ scopes, around, touches: this.#touches, load: this.#load, imports: this.#imports, findings: this.#findings },
      isElsewhere: (node) => this.#isElsewhere(node),
      isCalledInside: (node) => this.#isCalledInside(node),
    });
    for (const [binding, way] of this.#embedded) later.check(binding, way);
    for (const binding of this.#embedded.keys()) later.noteCalls(binding);
    later.noteImports();
    const { target } = this.virtine;
    const sources = [target, ...this.#locals.values(), ...this.#pieces.keys()];
    const crossing = new CrossingChecks(scopes, this.#touches, this.#findings, target, sources);
    for (const [binding, way] of this.#marshalled) crossing.check(binding, way);
  }

  #follow(node: Node, chain: readonly Step[], local: boolean): void {
    this.#followElements(node, chain);
    for (const reference of this.scopes.references) {
      const { binding } = reference;
      if (binding === undefined || !within(reference.node, node) || within(binding.node, node)) continue;
      if (binding.kind === 'arguments' && within(binding.tracked.node, node)) continue;
      if (this.hidden.some((range) => within(reference.node, range))) continue;
      if (local) this.#checkName(binding, reference, chain);
      if (this.#seen.has(binding)) continue;
      this.#seen.add(binding);
      const next = this.#findings.extend(chain, binding.name, reference.node);
      if (binding.top) this.#captureTop(binding, next);
      else this.#captureLocal(binding, next);
    }
  }

  /** JSX elements call a function that they do not name. */
  #followElements(node: Node, chain: readonly Step[]): void {
    for (const name of factoriesOf(node, this.scopes, this.parsed, this.around.file)) {
      const binding = this.scopes.bindings.get(name);
      if (binding === undefined || this.#seen.has(binding)) continue;
      this.#seen.add(binding);
      this.#captureTop(binding, this.#findings.extend(chain, name, node));
    }
  }

  #note(binding: Binding, how: Captured['how'], why: string): void {
    this.#captured.push({ name: binding.name, how, why, ...this.parsed.lines.at(binding.node.start) });
  }

  #checkName(binding: Binding, { node }: Reference, chain: readonly Step[]): void {
    const other = this.#names.get(binding.name);
    this.#names.set(binding.name, other ?? binding);
    if (other === undefined || other === binding) return;
    const at = this.#findings.extend(chain, binding.name, node);
    const message = `it captures two variables that are both called \`${binding.name}\``;
    this.#findings.refuse('placement', binding.name, at, message, 'rename one of them');
  }

  /** Refuses `this`, `super` and `new.target` of the function itself, or of code around it. */
  #checkThis(target: Node, chain: readonly Step[]): void {
    for (const node of this.scopes.special) {
      if (!within(node, target) || !/^(?:ThisExpression|Super|MetaProperty)$/.test(node.type)) continue;
      if (node.type === 'MetaProperty' && node.meta.name === 'import') continue;
      const owner = closest(node, this.scopes.parents, ownsThis);
      if (owner !== undefined && owner !== target && within(owner, target)) continue;
      const subject = node.type === 'Super' ? 'super' : node.type === 'MetaProperty' ? 'new.target' : 'this';
      const at = this.#findings.extend(chain, subject, node);
      this.#findings.refuse(
        'this',
        subject,
        at,
        `it uses \`${subject}\`, which does not cross`,
        'pass its inputs as arguments',
      );
    }
  }

  #captureTop(binding: Binding, chain: readonly Step[]): void {
    if (binding.kind === 'import') {
      this.#imports.taken.add(binding);
      this.#embedded.set(binding, chain);
      return;
    }
    if (binding.kind === 'variable') {
      this.#captureVariable(binding, chain);
      return;
    }
    const statements = this.#declarationsOf(binding);
    if (statements.length === 0 || this.#isReassigned(binding, chain)) return;
    this.#embedded.set(binding, chain);
    for (const statement of statements) this.#add(statement, chain);
  }

  /** All declarations of a name: enums, namespaces, functions and classes of one name merge. */
  #declarationsOf({ name }: Binding): Node[] {
    return this.parsed.program.body.flatMap((top) => {
      const inner = 'declaration' in top && top.declaration ? top.declaration : top;
      const declares = 'id' in inner && inner.id?.type === 'Identifier' && inner.id.name === name;
      return declares && !isAmbient(inner) && !isType(inner) ? [inner] : [];
    });
  }

  #isReassigned(binding: Binding, chain: readonly Step[]): boolean {
    const write = binding.references.find(
      ({ node, writes }) => writes && (!binding.top || this.#isElsewhere(node) || this.#whole.runsLater(node)),
    );
    if (write === undefined) return false;
    const where = this.#findings.placeOf(write.node);
    const message = `it captures \`${binding.name}\`, a variable that changes (${where})`;
    const advice = 'pass it as an argument, and return the new value';
    this.#findings.refuse('captured-mutable', binding.name, chain, message, advice);
    return true;
  }

  /** The declaring statement at the top level, without `export`. */
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
    if (this.#isDeclaredAgain(binding)) {
      const message = `it captures \`${binding.name}\`, which is declared more than once`;
      this.#findings.refuse('captured-mutable', binding.name, chain, message, 'declare it once');
    } else if (declarator === undefined || statement?.type !== 'VariableDeclaration') {
      const message = `it captures \`${binding.name}\`, which is declared in a block`;
      this.#findings.refuse('captured-mutable', binding.name, chain, message, 'declare it const, at the top level');
    } else if (!isAmbient(statement) && !this.#isReassigned(binding, chain)) {
      const { init } = declarator;
      if (this.#isHosts(binding, init)) {
        this.#marshal(binding, init ?? undefined, chain, 'its value depends on the host');
      } else {
        this.#embed(binding, { node: declarator, keyword: statement.kind }, chain, init);
      }
    }
  }

  /** `var a = 1; var a;` */
  #isDeclaredAgain({ name }: Binding): boolean {
    const declared = this.parsed.program.body.flatMap((top) => {
      const inner = 'declaration' in top && top.declaration ? top.declaration : top;
      return inner.type === 'VariableDeclaration' ? inner.declarations.flatMap(({ id }) => patternNames(id)) : [];
    });
    return declared.filter((other) => other === name).length > 1;
  }

  /** Whether its value depends on the host, or values that the top level adds to it do. */
  #isHosts(binding: Binding, init: Node | null): boolean {
    if (this.choice.hosted.has(binding.name) && !this.#isCode(binding)) return true;
    if (init !== null && this.#dependence.of(init)) return true;
    if (init !== null && !isData(bare(init))) return false;
    return this.#fillingOf(binding).some(({ statement }) => this.#dependence.of(statement));
  }

  #embed(binding: Binding, piece: Piece, chain: readonly Step[], init: Node | null): void {
    const isMadeAgain = this.choice.hosted.has(binding.name);
    const why = isFunction(init) || isMadeAgain ? 'a function' : 'its value depends only on the program';
    if (isMadeAgain) this.#noteMadeAgain(binding);
    this.#note(binding, 'embedded', why);
    this.#embedded.set(binding, chain);
    this.#addPiece(piece, chain);
  }

  #noteMadeAgain({ name, node }: Binding): void {
    const text = `\`${name}\` may depend on time, chance or an answer, and is made again in the context: it differs from the host's value`;
    this.#findings.warn(node, text);
  }

  /** Whether it is called, or used as a class: such values do not cross. */
  #isCode({ references }: Binding): boolean {
    return references.some(({ node }) => isUsedAsCode(node, this.scopes.parents));
  }

  /** Statements at the top level that change it, or may change it. */
  #fillingOf(binding: Binding): Filling[] {
    const writes = binding.references
      .filter(({ writes }) => writes)
      .map(({ node }) => ({ node, certain: true, calls: undefined }));
    const isInert = this.#imports.isInert(binding);
    const touches = this.#touches
      .of(binding)
      .filter(({ certain, calls }) => certain || calls === undefined || !isInert);
    return [...writes, ...touches].flatMap(({ node, certain, calls }) => {
      if (this.#isElsewhere(node)) return [];
      return [...this.#load.startsOf(node)].map((start) => ({
        statement: this.#statementOf(start),
        // Uncertain: a method of another module may only share the name of a changing one.
        certain: certain && calls === undefined,
        isUsed: calls === 'used',
      }));
    });
  }

  #isElsewhere(node: Node): boolean {
    return this.all.some(({ target }) => within(node, target));
  }

  /** Adds statements that fill captured values, until there are no more: added values may be filled, too. */
  #addFillings(chain: readonly Step[]): void {
    const count = () => this.#pieces.size + this.#imports.taken.size + this.#imports.loaded.size;
    for (let before = -1; before !== count(); ) {
      before = count();
      // Iterating a map includes entries that are added meanwhile.
      for (const [binding, way] of this.#embedded) this.#addFilling(binding, way);
      this.#addImported(chain);
    }
  }

  /** Adds imports of modules that change captured values when they are loaded, and calls of functions that do. */
  #addImported(chain: readonly Step[]): void {
    const { neighbours } = this.around;
    const { used, cut } = this.#imports.reached();
    for (const statement of this.#imports.all) {
      const to = this.#imports.targetOf(statement);
      if (to === undefined) continue;
      const reached = isPackage(to) ? [] : [...neighbours.reach([to])].filter((target) => !isPackage(target));
      const isBare = statement.specifiers.length === 0;
      const fills = reached.some(
        (target) => !cut.has(target) && neighbours.effectsOn(cut, target).some(({ atLoad }) => atLoad),
      );
      if (!used.includes(statement) && (fills || (isBare && isPackage(to)))) this.#addImport(statement);
      const changes = reached.some((target) => neighbours.effectsOn(cut, target).some(({ inFunction }) => inFunction));
      if (changes) this.#addCallsOf(statement, chain);
    }
    for (const binding of this.#imports.otherNames()) {
      for (const { statement, isUsed } of this.#fillingOf(binding))
        if (!isUsed) this.#addOptional(statement, binding.name, chain);
    }
  }

  #addImport(statement: Import): void {
    if (this.choice.leave.has(statement)) return;
    this.#imports.loaded.add(statement);
    this.#optional.set(statement, { node: statement, name: 'what it uses' });
  }

  /** Adds calls, during loading, of functions that the import names. */
  #addCallsOf(statement: Import, chain: readonly Step[]): void {
    for (const binding of this.scopes.bindings.values()) {
      const isOf = binding.tracked.type === 'Import' && binding.tracked.importNode === statement;
      if (!isOf || this.#imports.taken.has(binding)) continue;
      for (const { node } of binding.references) {
        if (this.#isElsewhere(node) || !useOf(node, this.scopes.parents).called) continue;
        for (const start of this.#load.startsOf(node)) this.#addOptional(this.#statementOf(start), binding.name, chain);
      }
    }
  }

  /** Adds the statements that fill a captured value. */
  #addFilling(binding: Binding, chain: readonly Step[]): void {
    for (const { statement, certain } of this.#fillingOf(binding)) {
      if (certain) this.#addStatement(statement, chain);
      else this.#addOptional(statement, binding.name, chain);
    }
  }

  /** Adds statements that change globals which every context has. */
  #patchGlobals(chain: readonly Step[]): void {
    for (const { node } of this.#touches.ofGlobals(GUEST_GLOBALS)) {
      if (this.#isElsewhere(node)) continue;
      const name = this.parsed.text.slice(node.start, node.end);
      for (const start of this.#load.startsOf(node)) this.#addOptional(this.#statementOf(start), name, chain);
    }
  }

  #addOptional(statement: Node, name: string, chain: readonly Step[]): void {
    if (this.#pieces.has(statement) || this.choice.leave.has(statement)) return;
    this.#optional.set(statement, { node: statement, name });
    this.#addStatement(statement, chain);
  }

  /** The statement at `node`, without `export`; a single declarator of `const a = 1, b = 2`. */
  #statementOf(node: Node): Node {
    const statement = this.#declarationOf(node) ?? this.#load.topOf(node);
    if (statement.type !== 'VariableDeclaration') return statement;
    return statement.declarations.find((declarator) => within(node, declarator)) ?? statement;
  }

  #addStatement(statement: Node, chain: readonly Step[]): void {
    if (!isDeclarator(statement)) {
      this.#add(statement, chain);
      return;
    }
    const declaration = this.scopes.parents.get(statement);
    if (declaration?.type !== 'VariableDeclaration') return;
    for (const binding of this.scopes.bindings.values()) {
      if (!within(binding.node, statement.id) || this.#seen.has(binding)) continue;
      this.#seen.add(binding);
      this.#embedded.set(binding, chain);
    }
    this.#addPiece({ node: statement, keyword: declaration.kind }, chain);
  }

  /** In the virtine, or in a function that it may call. */
  #isCalledInside(node: Node): boolean {
    if (within(node, this.virtine.target)) return true;
    if (this.#load.functionAround(node) === undefined) return false;
    return [...this.#pieces.keys()].some((piece) => within(node, piece) && !this.#fillers.has(piece));
  }

  #add(node: Node, chain: readonly Step[]): void {
    this.#addPiece({ node }, chain);
  }

  #addPiece(piece: Piece, chain: readonly Step[]): void {
    if (this.#pieces.has(piece.node)) return;
    this.#pieces.set(piece.node, piece);
    if (this.#isFilling) this.#fillers.add(piece.node);
    for (const node of [piece.node, ...decoratorsBefore(piece.node)]) this.#follow(node, chain, false);
  }

  #marshal(binding: Binding, value: Node | undefined, chain: readonly Step[], why: string): void {
    if (value !== undefined && neverCrosses(bare(value))) {
      const message = `it captures \`${binding.name}\`, whose value cannot cross`;
      const advice = 'make it inside the function, or pass plain data';
      this.#findings.refuse('unmarshalable', binding.name, chain, message, advice);
    } else {
      this.#marshalled.set(binding, chain);
      this.#note(binding, 'marshalled', why);
    }
  }

  #captureLocal(binding: Binding, chain: readonly Step[]): void {
    const value = initialiserOf(binding, this.scopes);
    const why = this.#localRefusal(binding, value);
    if (why !== undefined) {
      this.#findings.refuse(why[0], binding.name, chain, why[1], why[2]);
    } else if (this.#isSettled(binding)) {
      this.#marshal(binding, value, chain, 'a variable of the function around it');
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

  /**
   * Whether a variable has its last value when the virtine is created: a variable of a loop's turn, or one that is only
   * assigned to before.
   */
  #isSettled(binding: Binding): boolean {
    const writes = binding.references.filter((reference) => reference.writes);
    if (writes.length === 0 || binding.kind !== 'variable') return false;
    const made = this.virtine.call ?? this.virtine.target;
    const { parents } = this.scopes;
    const around = closest(made, parents, isFunctionAround(this.virtine.target));
    const loop = closest(binding.node, parents, isLoop);
    return writes.every(({ node }) => {
      if (loop?.type === 'ForStatement' && [loop.update, loop.test].some((part) => part && within(node, part)))
        return true;
      const repeated = closest(node, parents, isLoop);
      const again = repeated !== undefined && within(made, repeated) && !within(binding.node, repeated);
      return (
        node.end <= made.start && !again && closest(node, parents, isFunctionAround(this.virtine.target)) === around
      );
    });
  }

  #localRefusal(binding: Binding, value: Node | undefined): readonly [Rule, string, string] | undefined {
    const { name, kind } = binding;
    if (kind === 'arguments') {
      return ['this', 'it uses `arguments` of the function around it', 'pass its inputs as arguments'];
    }
    if (kind === 'other' || isClass(value)) {
      const advice = 'declare it at the top level of the module';
      return ['captured-class', `it captures \`${name}\`, a class of the function around it`, advice];
    }
    if (value !== undefined && isFunction(value) && within(this.virtine.target, value)) {
      const advice = 'move the virtine to the top level of the module';
      return ['unmarshalable', `it calls \`${name}\`, the function around it`, advice];
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
