/** Values of modules that differ each time they are made: the host has made one, and the program makes another. */
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

/** In modules of all kinds; of one statement the first place. */
export function madeAgain(scopes: Scopes, graph: Graph): MadeAgain[] {
  // Most programs ask for none.
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

/** What of a unit runs when the program starts. */
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

/** One for each place in the project, and one for each package: what it has in it is its own affair. */
export function againWarnings(made: readonly MadeAgain[], virtine: string): string[] {
  const groups = new Map<string, MadeAgain[]>();
  for (const one of made) {
    const key = packageOf(one.place.file) ?? showPlace(one.place);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map(([first, ...more]) => {
    const { name, place } = first!;
    const what = /\s/.test(name) || name === 'statement' ? 'what this makes' : `\`${name}\``;
    const others = more.length === 0 ? '' : ` (and ${more.length} more of the package)`;
    const text = `${what}${others} depends on time, chance or an answer, and is made again in the context: it is not what the host has`;
    return `${showPlace(place)}: virtine \`${virtine}\`: ${text}`;
  });
}
