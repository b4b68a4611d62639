/** A bundle as a graph: its declarations, what each refers to, and what is reached from the virtine or runs at the start. */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { shownFile } from '../names.js';
import { isClass, isFunction, type Node, type Parsed, type Place } from '../parse.js';
import type { Step } from '../refuse.js';
import type { Binding, Reference, Scopes } from '../scopes.js';
import { ENTRY, ENTRY_NAME } from '../slice.js';

export type UnitKind = 'function' | 'class' | 'constant' | 'initialisation';

/** A declaration of the bundle, or a statement that runs at the start. */
export interface Unit {
  readonly node: Node;
  readonly kind: UnitKind;
  readonly name: string;
  /** In the original source; not there for the bundler's own helpers. */
  readonly place: Place | undefined;
  /** It does something when the program starts, whoever refers to it. */
  readonly starts: boolean;
  /** A CommonJS module's function. */
  readonly wraps: boolean;
}

export interface Reached {
  readonly unit: Unit;
  readonly chain: readonly Step[];
}

export interface Graph {
  readonly units: readonly Unit[];
  readonly reached: ReadonlyMap<Unit, Reached>;
  /** What initialisation alone may come to: it refers to it, though it need not call it. */
  readonly initially: ReadonlyMap<Unit, Reached>;
  readonly unitOf: (node: Node) => Unit | undefined;
  /** Original place of an offset in the bundle. */
  readonly placeOf: (node: Node) => Place | undefined;
}

const WRAPPER = /^__(?:commonJS|esm)(?:Min)?$/;

/** The function in `__commonJS({ "file"(exports, module) {...} })`. */
export function wrappedFunction(init: Node | null | undefined): Node | undefined {
  if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier' || !WRAPPER.test(init.callee.name))
    return undefined;
  const [modules] = init.arguments;
  if (modules?.type !== 'ObjectExpression') return modules !== undefined && isFunction(modules) ? modules : undefined;
  const [property] = modules.properties;
  return property?.type === 'Property' ? property.value : undefined;
}

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
  readonly #map: TraceMap;

  constructor(
    private readonly bundle: Parsed,
    private readonly scopes: Scopes,
    map: string,
    /** Where the virtine is written. */
    private readonly root: Step,
  ) {
    this.#map = new TraceMap(map);
  }

  build(): Graph {
    for (const statement of this.bundle.program.body) this.#addStatement(statement);
    this.#span();
    const edges = this.#edges();
    const reached = this.#reach(edges, true);
    const initially = this.#reach(edges, false);
    return { units: [...this.#units.values()], reached, initially, unitOf: this.#unitOf, placeOf: this.#placeOf };
  }

  readonly #placeOf = (node: Node): Place | undefined => {
    const { line, column } = this.bundle.lines.at(node.start);
    const found = originalPositionFor(this.#map, { line, column: column - 1 });
    if (found.source === null) return undefined;
    return { file: shownFile(found.source), line: found.line, column: found.column + 1 };
  };

  readonly #unitOf = (node: Node): Unit | undefined => {
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
      this.#add(statement, 'function', statement.id?.name ?? 'default', false);
    } else if (isClass(statement)) {
      this.#add(statement, 'class', nameOfClass(statement), false);
    } else if (statement.type !== 'EmptyStatement') {
      this.#add(statement, 'initialisation', '', true);
    }
  }

  #addDeclarator(declarator: Extract<Node, { type: 'VariableDeclarator' }>): void {
    const { id, init } = declarator;
    const name = id.type === 'Identifier' ? id.name : 'pattern';
    const module = wrappedFunction(init);
    if (module !== undefined) {
      const unit = this.#add(declarator, 'initialisation', '', false, true, firstStatement(module));
      if (unit.place === undefined) return;
      if ('body' in module && module.body && 'body' in module.body) {
        for (const inner of module.body.body as Node[]) this.#addInner(inner);
      }
    } else if (isFunction(init)) this.#add(declarator, 'function', name, false);
    else if (isClass(init)) this.#add(declarator, 'class', name, false);
    else this.#add(declarator, 'constant', name, init !== null);
  }

  /** Functions of a CommonJS module are units of their own: most of them are not reached. */
  #addInner(statement: Node): void {
    if (isFunction(statement)) this.#add(statement, 'function', statement.id?.name ?? '', false);
    if (statement.type !== 'VariableDeclaration') return;
    for (const declarator of statement.declarations) {
      if (!isFunction(declarator.init) || declarator.id.type !== 'Identifier') continue;
      this.#add(declarator, 'function', declarator.id.name, false);
    }
  }

  #add(node: Node, kind: UnitKind, name: string, starts: boolean, wraps = false, at = node): Unit {
    const unit = name === ENTRY_NAME ? this.#entryUnit(node) : this.#makeUnit(node, kind, name, starts, wraps, at);
    this.#units.set(node, unit);
    return unit;
  }

  /** Written by the slicer, around the virtine's own source. */
  #entryUnit(node: Node): Unit {
    const { name, file, line, column } = this.root;
    return { node, kind: 'function', name, place: { file, line, column }, starts: false, wraps: false };
  }

  #makeUnit(node: Node, kind: UnitKind, name: string, starts: boolean, wraps: boolean, at: Node): Unit {
    const place = this.#placeOf(at);
    const shown = kind === 'initialisation' ? `module initialisation of ${place?.file ?? 'the program'}` : name;
    return { node, kind, name: shown, place, starts, wraps };
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
    const starting = [...this.#units.values()].filter(({ starts, place }) => starts && place !== undefined);
    for (const unit of starting) spread([{ unit, chain: [this.root, startOf(unit)] }]);
    return reached;
  }

  #extend(chain: readonly Step[], to: Unit, from: Node): readonly Step[] {
    const place = this.#placeOf(from) ?? to.place;
    // The virtine under its own name, and the bundler's helpers, are no steps.
    if (to.place === undefined || place === undefined || to.name.startsWith('__')) return chain;
    return [...chain, { name: to.name, ...place }];
  }

  #edges(): Edges {
    const edges: Edges = new Map();
    for (const { node, binding } of this.scopes.references) {
      const to = binding === undefined ? undefined : this.#unitOf(binding.node);
      const unit = to === undefined ? undefined : this.#unitOf(node);
      if (to === undefined || unit === undefined || to === unit) continue;
      const list = edges.get(unit) ?? [];
      list.push({ to, from: node });
      edges.set(unit, list);
    }
    return edges;
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

function startOf(unit: Unit): Step {
  const { file, line, column } = unit.place!;
  return { name: `module initialisation of ${file}`, file, line, column };
}

function nameOfClass(node: Node): string {
  return 'id' in node && node.id?.type === 'Identifier' ? node.id.name : 'class';
}

function firstStatement(module: Node): Node {
  const body = 'body' in module && module.body && 'body' in module.body ? (module.body.body as Node[]) : [];
  return body[0] ?? module;
}

/** References that run in a reached unit, in source order. */
export function reachedReferences(scopes: Scopes, graph: Graph): { reference: Reference; reached: Reached }[] {
  return scopes.references.flatMap((reference) => {
    const unit = graph.unitOf(reference.node);
    const reached = unit === undefined ? undefined : graph.reached.get(unit);
    return reached === undefined ? [] : [{ reference, reached }];
  });
}
