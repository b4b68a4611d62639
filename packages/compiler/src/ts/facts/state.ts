/**
 * State of other modules of the project: each call starts from what it was at first, and the host has a state of its
 * own.
 */
import { nameFrom } from '../../source/names.js';
import { type Place, showPlace } from '../../source/place.js';
import type { Effect, Neighbours } from '../capture/neighbours.js';
import { type Graph, startedModule } from './units.js';

interface Project {
  readonly root: string;
  readonly neighbours: Neighbours;
  /** What is in the program, besides the virtine's own module; absolute. */
  readonly files: readonly string[];
  /** What the virtine's own module imports, for the program or not. */
  readonly imported: readonly string[];
}

/** Of changes in functions of other modules, by the program or by the host. */
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
  // Assignments are found in the program itself.
  return writes ? undefined : `what it changes in \`${name}\` is gone after the call`;
}

const lineOf = ({ file, line }: Place) => `${file}:${line}`;

/** The declarations of the program, by line and by name. */
function reachedPlaces(graph: Graph): Set<string> {
  const units = [...graph.reached.keys()];
  return new Set(units.flatMap(({ place, name }) => (place ? [lineOf(place), `${place.file}#${name}`] : [])));
}

/** Those that calls run, and not only the start. */
function calledPlaces(graph: Graph): Set<string> {
  const called = [...graph.reached.values()].filter(({ chain }) => startedModule(chain) === undefined);
  return new Set(called.flatMap(({ unit: { place } }) => (place ? [lineOf(place)] : [])));
}

function isInProgram({ declared, name }: Effect, target: string, reached: ReadonlySet<string>): boolean {
  return declared === undefined ? reached.has(`${target}#${name}`) : reached.has(lineOf(declared));
}
