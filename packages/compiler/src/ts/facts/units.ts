/**
 * A bundle as a graph: its declarations, what each refers to, and what is reached from the virtine or runs at the
 * start.
 */
import type { Step } from '../../source/chain.js';
import type { Place } from '../../source/place.js';
import { ENTRY, ENTRY_NAME } from '../bundle/slice.js';
import { isClass, isFunction, type Node, type Parsed } from '../syntax/parse.js';
import { type Binding, type Reference, type Scopes, within } from '../syntax/scopes.js';
import { hasEffects } from './classes.js';
import type { Helpers } from './helpers.js';
import { Places } from './places.js';

/** How a step begins that a module's own statements make, and not a call. */
const INITIALISATION = 'module initialisation of';

export type UnitKind = 'function' | 'class' | 'constant' | 'initialisation';

/** A declaration of the bundle, or a statement that runs at the start. */
export interface Unit {
  readonly node: Node;
  readonly kind: UnitKind;
  readonly name: string;
  /** In the original source; not there for the bundler's own helpers, which are analysed as all other code is. */
  readonly place: Place | undefined;
  /** It does something when the program starts, whoever refers to it. */
  readonly starts: boolean;
  /** The function of a module that runs when it is asked for first. */
  readonly wrapped: Node | undefined;
}

export interface Reached {
  readonly unit: Unit;
  readonly chain: readonly Step[];
}

export interface Graph {
  /** What is exported to the runtime: the virtine. */
  readonly entry: Unit | undefined;
  readonly units: readonly Unit[];
  readonly reached: ReadonlyMap<Unit, Reached>;
  /** What initialisation alone may come to: it refers to it, though it need not call it. */
  readonly initially: ReadonlyMap<Unit, Reached>;
  readonly unitOf: (node: Node) => Unit | undefined;
  /** Original place of an offset in the bundle. */
  readonly placeOf: (node: Node) => Place | undefined;
}

interface Description {
  readonly kind: UnitKind;
  readonly name: string;
  readonly starts?: boolean;
  readonly wrapped?: Node | undefined;
  /** The module's function that it stands in. */
  readonly around?: string;
}

/** What a unit refers to, and where. */
type Edges = Map<Unit, { to: Unit; from: Node }[]>;

/** A unit, and the one that it lies in. */
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
    /** Where the virtine is written. */
    private readonly root: Step,
    /** What never runs. */
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

  /** Units lie beside or in one another, as nodes do. */
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

  /** Functions of a CommonJS module are units of their own: most of them are not reached. */
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

  /** Written by the slicer, around the virtine's own source. */
  #entryUnit(node: Node): Unit {
    const { name, file, line, column } = this.root;
    return { node, kind: 'function', name, place: { file, line, column }, starts: false, wrapped: undefined };
  }

  #makeUnit(node: Node, { kind, name, starts = false, wrapped }: Description): Unit {
    const place = this.#placeOf(wrapped === undefined ? node : firstStatement(wrapped));
    const shown = kind === 'initialisation' ? `${INITIALISATION} ${place?.file ?? 'the program'}` : name;
    return { node, kind, name: shown, place, starts, wrapped };
  }

  /** Breadth first, so that each chain is a shortest one: from the virtine, then from what runs at the start. */
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
    // The bundler's helpers are no steps.
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

  /** `var f; var f = ...` in a module's function: the first is no unit of its own. */
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

/** The module whose statements at the top level lead to the end of the chain; undefined where calls do. */
export function startedModule([, first]: readonly Step[]): string | undefined {
  return first?.name.startsWith(INITIALISATION) ? first.file : undefined;
}

function declaredName(node: Node): string | undefined {
  return 'id' in node && node.id?.type === 'Identifier' ? node.id.name : undefined;
}

const statementsOf = (wrapped: Node): readonly Node[] =>
  'body' in wrapped && wrapped.body && 'body' in wrapped.body ? (wrapped.body.body as Node[]) : [];

const firstStatement = (wrapped: Node): Node => statementsOf(wrapped)[0] ?? wrapped;

/** References that run in a reached unit, in source order. */
export function reachedReferences(scopes: Scopes, graph: Graph): { reference: Reference; reached: Reached }[] {
  return scopes.references.flatMap((reference) => {
    const unit = graph.unitOf(reference.node);
    const reached = unit === undefined ? undefined : graph.reached.get(unit);
    return reached === undefined ? [] : [{ reference, reached }];
  });
}
