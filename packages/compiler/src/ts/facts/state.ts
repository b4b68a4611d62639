/**
 * Warns about state of other modules of the project: each call begins from its first value, and the host has its own
 * copy.
 */
import { nameFrom } from '../../source/names.js';
import { type Place, showPlace } from '../../source/place.js';
import type { Effect, Neighbours } from '../capture/neighbours.js';
import { type Graph, startedModule } from './units.js';

interface Project {
  readonly root: string;
  readonly neighbours: Neighbours;
  /** Absolute paths of the files in the program, besides the virtine's own module. */
  readonly files: readonly string[];
  /** Files that the virtine's own module imports, whether or not the program contains them. */
  readonly imported: readonly string[];
}

/** Warns about changes that functions of other modules make, in the program or in the host. */
export function foreignStateWarnings({ root, neighbours, files, imported }: Project, graph: Graph): string[] {
  const shown = (file: string) => nameFrom(root, file);
  const reached = reachedPlaces(graph);
  const called = calledPlaces(graph);
  const own = files.filter((file) => !/[\\/]node_modules[\\/]/.test(file));
  const inside = new Set(own);
  const around = [...neighbours.reach([...own, ...imported])].filter((file) => file.startsWith('/'));
  const warnings = new Set<string>();
  for (const file of around) {
    for (const effect of neighbours.effectsOf(file)) {
      if (!effect.later || !effect.certain || !inside.has(effect.target)) continue;
      const isHeld = isInProgram(effect, shown(effect.target), reached);
      const text = isHeld ? textOf(effect, called.has(lineOf(effect.within))) : undefined;
      if (text !== undefined) warnings.add(`${showPlace(effect.place)}: ${text}`);
    }
  }
  return [...warnings].sort();
}

function textOf({ name, writes }: Effect, runsInside: boolean): string | undefined {
  if (!runsInside) return `a change of \`${name}\` by the host does not reach the context, which has its own`;
  // Assignments are found by `stateWarnings`.
  return writes ? undefined : `its change of \`${name}\` is gone after the call`;
}

const lineOf = ({ file, line }: Place) => `${file}:${line}`;

/** Keys of the declarations of the program, by line and by name. */
function reachedPlaces(graph: Graph): Set<string> {
  const units = [...graph.reached.keys()];
  return new Set(units.flatMap(({ place, name }) => (place ? [lineOf(place), `${place.file}#${name}`] : [])));
}

/** Keys of the declarations that calls run, and not only the start. */
function calledPlaces(graph: Graph): Set<string> {
  const called = [...graph.reached.values()].filter(({ chain }) => startedModule(chain) === undefined);
  return new Set(called.flatMap(({ unit: { place } }) => (place ? [lineOf(place)] : [])));
}

function isInProgram({ declared, name }: Effect, target: string, reached: ReadonlySet<string>): boolean {
  return declared === undefined ? reached.has(`${target}#${name}`) : reached.has(lineOf(declared));
}
