/**
 * A bundle as a graph: its declarations, the references between them, and the parts that the virtine reaches or that
 * run at the start.
 */
import { INITIALISATION, type Step } from '../../source/chain.js';
import type { Place } from '../../source/place.js';
import { ENTRY, ENTRY_NAME } from '../bundle/slice.js';
import { isClass, isFunction, type Node, type Parsed } from '../syntax/parse.js';
import { type Binding, type Reference, type Scopes, within } from '../syntax/scopes.js';
import { hasEffects } from './classes.js';
import type { Helpers } from './helpers.js';
import { Places } from './places.js';

export type UnitKind = 'function' | 'class' | 'constant' | 'initialisation';

/** A declaration of the bundle, or a statement that runs at the start. */
export interface Unit {
  readonly node: Node;
  readonly kind: UnitKind;
  readonly name: string;
  /** The place in the original source; undefined for the bundler's own helpers, which are analysed like other code. */
  readonly place: Place | undefined;
  /** True if it does something when the program starts, even if nothing refers to it. */
  readonly starts: boolean;
  /** The function of a module, which runs when the module is first required. */
  readonly wrapped: Node | undefined;
}

export interface Reached {
  readonly unit: Unit;
  readonly chain: readonly Step[];
}

export interface Graph {
  /** The export to the runtime: the virtine. */
  readonly entry: Unit | undefined;
  readonly units: readonly Unit[];
  readonly reached: ReadonlyMap<Unit, Reached>;
  /** Units that initialisation refers to, and so may run. They need not be called. */
  readonly initially: ReadonlyMap<Unit, Reached>;
  readonly unitOf: (node: Node) => Unit | undefined;
  /** Returns the original place of a node of the bundle. */
  readonly placeOf: (node: Node) => Place | undefined;
}

interface Description {
  readonly kind: UnitKind;
  readonly name: string;
  readonly starts?: boolean;
  readonly wrapped?: Node | undefined;
  /** The module function that contains it. */
  readonly around?: string;
}

/** The units that a unit refers to, with the places. */
type Edges = Map<Unit, { to: Unit; from: Node }[]>;

/** A unit, and the unit that contains it. */
interface Span {
  readonly unit: Unit;
  readonly around: Span | undefined;
}

export class GraphBuilder {
  readonly #units = new Map<Node, Unit>();
  /** In source order. */
  readonly #spans: Span[] = [];
  /** Declarations of one name in one place: `var f = ...; var f = ...`. */
  readonly #twins = new Map<string, Unit[]>();
  readonly #placeOf: Places['of'];

  constructor(
    private readonly bundle: Parsed,
    private readonly scopes: Scopes,
    private readonly helpers: Helpers,
    { map, modules }: { readonly map: string; readonly modules: ReadonlySet<string> },
    /** The place at which the virtine is written. */
    private readonly root: Step,
    /** Nodes that never run. */
    private readonly hidden: readonly Node[] = [],
  ) {
    this.#placeOf = new Places(bundle, map, modules).of;
  }

  build(): Graph {
    for (const statement of this.bundle.program.body) this.#addStatement(statement);
    this.#span();
    const edges = this.#edges();
    const reached = this.#reach(edges, true);
    const initially = this.#reach(edges, false);
    const units = [...this.#units.values()];
    return { entry: this.#entry(), units, reached, initially, unitOf: this.#unitOf, placeOf: this.#placeOf };
  }

  readonly #unitOf = (node: Node): Unit | undefined => {
    if (this.hidden.some((outer) => within(node, outer))) return undefined;
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#spans[middle]!.unit.node.start <= node.start) low = middle + 1;
      else high = middle;
    }
    let span: Span | undefined = this.#spans[low - 1];
    while (span !== undefined && span.unit.node.end < node.end) span = span.around;
    return span?.unit;
  };

  /** Units are side by side or nested, as nodes are. */
  #span(): void {
    const units = [...this.#units.values()].sort((a, b) => a.node.start - b.node.start || b.node.end - a.node.end);
    let around: Span | undefined;
    for (const unit of units) {
      while (around !== undefined && around.unit.node.end < unit.node.end) around = around.around;
      around = { unit, around };
      this.#spans.push(around);
    }
  }

  #addStatement(statement: Node): void {
    if (statement.type === 'ImportDeclaration' || /^Export/.test(statement.type)) return;
    if (statement.type === 'VariableDeclaration') {
      for (const declarator of statement.declarations) this.#addDeclarator(declarator);
    } else if (isFunction(statement)) {
      this.#add(statement, { kind: 'function', name: statement.id?.name ?? 'default' });
    } else if (isClass(statement)) {
      this.#add(statement, { kind: 'class', name: declaredName(statement) ?? 'class', starts: hasEffects(statement) });
    } else if (statement.type !== 'EmptyStatement') {
      this.#add(statement, { kind: 'initialisation', name: '', starts: true });
    }
  }

  #addDeclarator(declarator: Extract<Node, { type: 'VariableDeclarator' }>): void {
    const { id, init } = declarator;
    const name = id.type === 'Identifier' ? id.name : 'pattern';
    const wrapped = this.helpers.moduleIn(init);
    if (wrapped !== undefined) {
      this.#add(declarator, { kind: 'initialisation', name: '', wrapped });
      for (const inner of statementsOf(wrapped)) this.#addInner(inner, wrapped);
    } else if (isFunction(init)) this.#add(declarator, { kind: 'function', name });
    else if (isClass(init)) this.#add(declarator, { kind: 'class', name, starts: hasEffects(init) });
    else this.#add(declarator, { kind: 'constant', name, starts: init !== null });
  }

  /** Functions of a CommonJS module are units themselves, because most of them are not reached. */
  #addInner(statement: Node, wrapped: Node): void {
    const around = String(wrapped.start);
    if (isFunction(statement)) this.#add(statement, { kind: 'function', name: statement.id?.name ?? '', around });
    if (statement.type !== 'VariableDeclaration') return;
    for (const declarator of statement.declarations) {
      if (!isFunction(declarator.init) || declarator.id.type !== 'Identifier') continue;
      this.#add(declarator, { kind: 'function', name: declarator.id.name, around });
    }
  }

  #add(node: Node, described: Description): void {
    const unit = described.name === ENTRY_NAME ? this.#entryUnit(node) : this.#makeUnit(node, described);
    this.#units.set(node, unit);
    const key = `${described.around ?? ''} ${declaredName(node)}`;
    const twins = this.#twins.get(key);
    if (twins === undefined) this.#twins.set(key, [unit]);
    else if (declaredName(node) !== undefined) twins.push(unit);
  }

  /** The slicer wrote this unit around the virtine's own source. */
  #entryUnit(node: Node): Unit {
    const { name, file, line, column } = this.root;
    return { node, kind: 'function', name, place: { file, line, column }, starts: false, wrapped: undefined };
  }

  #makeUnit(node: Node, { kind, name, starts = false, wrapped }: Description): Unit {
    const place = this.#placeOf(wrapped === undefined ? node : firstStatement(wrapped));
    const shown = kind === 'initialisation' ? `${INITIALISATION} ${place?.file ?? 'the program'}` : name;
    return { node, kind, name: shown, place, starts, wrapped };
  }

  /**
   * Searches breadth first, so that each chain is a shortest one: from the virtine, then from the code that runs at the
   * start.
   */
  #reach(edges: Edges, fromEntry: boolean): Map<Unit, Reached> {
    const reached = new Map<Unit, Reached>();
    const spread = (queue: Reached[]) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (reached.has(next.unit)) continue;
        reached.set(next.unit, next);
        for (const { to, from } of edges.get(next.unit) ?? []) {
          if (!reached.has(to)) queue.push({ unit: to, chain: this.#extend(next.chain, to, from) });
        }
      }
    };
    const entry = fromEntry ? this.#entry() : undefined;
    spread(entry === undefined ? [] : [{ unit: entry, chain: [this.root] }]);
    const starting = [...this.#units.values()].filter(({ starts }) => starts);
    for (const unit of starting) spread([{ unit, chain: [this.root, ...startOf(unit)] }]);
    return reached;
  }

  #extend(chain: readonly Step[], to: Unit, from: Node): readonly Step[] {
    const place = this.#placeOf(from) ?? to.place;
    // The bundler's helpers do not count as steps.
    if (to.place === undefined || place === undefined) return chain;
    return [...chain, { name: to.name, ...place }];
  }

  #edges(): Edges {
    const edges: Edges = new Map();
    const add = (unit: Unit, to: Unit, from: Node) => {
      const list = edges.get(unit);
      if (to === unit) return;
      if (list === undefined) edges.set(unit, [{ to, from }]);
      else list.push({ to, from });
    };
    for (const twins of this.#twins.values()) {
      for (const unit of twins.length > 1 ? twins : []) for (const to of twins) add(unit, to, to.node);
    }
    for (const { node, binding } of this.scopes.references) {
      const to = binding === undefined ? undefined : this.#unitOf(binding.node);
      const unit = to === undefined ? undefined : this.#unitOf(node);
      if (to === undefined || unit === undefined) continue;
      add(unit, to, node);
      for (const twin of this.#valuesIn(to, binding!)) add(unit, twin, node);
    }
    return edges;
  }

  /** `var f; var f = ...` in a module's function: the first declaration has no unit. */
  #valuesIn({ wrapped }: Unit, { name }: Binding): readonly Unit[] {
    return wrapped === undefined ? [] : (this.#twins.get(`${wrapped.start} ${name}`) ?? []);
  }

  #entry(): Unit | undefined {
    for (const statement of this.bundle.program.body) {
      if (statement.type !== 'ExportNamedDeclaration') continue;
      for (const { exported, local } of statement.specifiers) {
        if (exported.type !== 'Identifier' || exported.name !== ENTRY || local.type !== 'Identifier') continue;
        const binding: Binding | undefined = this.scopes.bindings.get(local.name);
        return binding === undefined ? undefined : this.#unitOf(binding.node);
      }
    }
    return undefined;
  }
}

function startOf({ place }: Unit): Step[] {
  if (place === undefined) return [];
  const { file, line, column } = place;
  return [{ name: `${INITIALISATION} ${file}`, file, line, column }];
}

/** Returns the module whose top-level statements lead to the end of the chain, or undefined if calls lead there. */
export function startedModule([, first]: readonly Step[]): string | undefined {
  return first?.name.startsWith(INITIALISATION) ? first.file : undefined;
}

function declaredName(node: Node): string | undefined {
  return 'id' in node && node.id?.type === 'Identifier' ? node.id.name : undefined;
}

const statementsOf = (wrapped: Node): readonly Node[] =>
  'body' in wrapped && wrapped.body && 'body' in wrapped.body ? (wrapped.body.body as Node[]) : [];

const firstStatement = (wrapped: Node): Node => statementsOf(wrapped)[0] ?? wrapped;

/** Returns the references that run in a reached unit, in source order. */
export function reachedReferences(scopes: Scopes, graph: Graph): { reference: Reference; reached: Reached }[] {
  return scopes.references.flatMap((reference) => {
    const unit = graph.unitOf(reference.node);
    const reached = unit === undefined ? undefined : graph.reached.get(unit);
    return reached === undefined ? [] : [{ reference, reached }];
  });
}
