/** Finds module values that differ each time they are made: the host has made one, and the program makes another. */
import { type Place, showPlace } from '../../source/place.js';
import { isClass, isFunction, type Node } from '../syntax/parse.js';
import { patternNames, type Scopes } from '../syntax/scopes.js';
import { HostDependence } from '../values/purity.js';
import { packageOf } from './places.js';
import type { Graph, Unit } from './units.js';

export interface MadeAgain {
  readonly name: string;
  readonly place: Place;
}

const SOURCES = /^(?:Math|Date|performance|crypto|fetch|host|colony)$/;

/** Searches modules of all kinds; a statement is reported once, with its first place. */
export function madeAgain(scopes: Scopes, graph: Graph): MadeAgain[] {
  // Most programs use no source of such values.
  const asks = scopes.references.some(
    ({ name, binding }) => SOURCES.test(name) && (!binding || binding.kind === 'import'),
  );
  if (!asks) return [];
  const dependence = new HostDependence(scopes, 'sources');
  return [...graph.reached.keys()].flatMap((unit) =>
    partsOf(unit).flatMap((part) => {
      const place = dependence.of(part.node) ? graph.placeOf(part.node) : undefined;
      return place === undefined ? [] : [{ name: part.name, place }];
    }),
  );
}

interface Part {
  readonly node: Node;
  readonly name: string;
}

/** Returns the parts of a unit that run when the program starts. */
function partsOf({ node, name, starts, wrapped, kind }: Unit): Part[] {
  if (wrapped !== undefined) return statementsOf(wrapped);
  return starts || kind === 'class' ? [{ node, name }] : [];
}

function statementsOf(module: Node): Part[] {
  const body = isFunction(module) && module.body?.type === 'BlockStatement' ? module.body.body : [];
  return body.flatMap((statement): Part[] => {
    if (statement.type !== 'VariableDeclaration') {
      return isFunction(statement) ? [] : [{ node: statement, name: isClass(statement) ? 'class' : 'statement' }];
    }
    return statement.declarations.map((node) => ({ node, name: patternNames(node.id)[0] ?? 'pattern' }));
  });
}

/** Warns once for each place in the project and once for each package, because the user cannot change a package. */
export function againWarnings(made: readonly MadeAgain[], virtine: string): string[] {
  const groups = new Map<string, MadeAgain[]>();
  for (const one of made) {
    const key = packageOf(one.place.file) ?? showPlace(one.place);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map(([first, ...more]) => {
    const { name, place } = first!;
    const what = /\s/.test(name) || name === 'statement' ? 'the value made here' : `\`${name}\``;
    const others = more.length === 0 ? '' : ` (and ${more.length} more of the package)`;
    const text = `${what}${others} depends on time, chance or an answer, and is made again in the context: it differs from the host's value`;
    return `${showPlace(place)}: virtine \`${virtine}\`: ${text}`;
  });
}
