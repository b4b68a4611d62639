/** Lists the parts of a program for the report. */
import type { Metafile } from 'esbuild';
import type { Inside, ModuleSize } from '../../report/types.js';
import { shownFile } from '../../source/names.js';
import { isFunction } from '../syntax/parse.js';
import { closest, type Scopes } from '../syntax/scopes.js';
import { packageOf } from './places.js';
import type { Graph } from './units.js';

const packageField = (file: string) => {
  const name = packageOf(file);
  return name === undefined ? {} : { package: name };
};

export function describeInside(graph: Graph): Inside[] {
  const inside: Inside[] = [];
  for (const { unit, chain } of graph.reached.values()) {
    if (unit.place === undefined) continue;
    const { name, kind, place } = unit;
    inside.push({ name, kind, ...place, ...packageField(place.file), because: chain });
  }
  return inside.sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.name, b.name),
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Statements and constants that are evaluated before the snapshot is taken. */
export function initialisationOf(graph: Graph): string[] {
  const lines = [...graph.reached.values()]
    .filter(({ unit }) => unit.place !== undefined && (unit.starts || unit.wrapped !== undefined))
    .map(({ unit }) => (unit.kind === 'initialisation' ? unit.name : `${unit.place!.file}: ${unit.name}`));
  return [...new Set(lines)].sort();
}

export function modulesOf(metafile: Metafile): ModuleSize[] {
  const outputs = Object.entries(metafile.outputs).filter(([name]) => name.endsWith('.js'));
  const insides = new Map(outputs.flatMap(([, { inputs }]) => Object.entries(inputs)));
  return Object.entries(metafile.inputs)
    .map(([name, { bytes }]) => {
      const file = shownFile(name);
      const inside = insides.get(name)?.bytesInOutput ?? 0;
      return { file, ...packageField(file), before: bytes, inside };
    })
    .sort((a, b) => compare(a.file, b.file) || b.before - a.before);
}

/** Warns about module variables that the program's functions change: each call begins from their first values. */
export function stateWarnings(scopes: Scopes, graph: Graph): string[] {
  const warnings = new Set<string>();
  const wrapped = new Set(graph.units.map((unit) => unit.wrapped));
  for (const { binding, node, writes } of scopes.references) {
    if (!writes || binding?.kind !== 'variable' || !binding.top) continue;
    const unit = graph.unitOf(node);
    const around = closest(node, scopes.parents, isFunction);
    // Skips the entry, which assigns the values that crossed with the call.
    const isInner = unit !== undefined && (graph.reached.get(unit)?.chain.length ?? 0) > 1;
    // A dynamically imported module is in a function of the bundler's, which runs once and not in each call.
    if (!isInner || around === undefined || wrapped.has(around)) continue;
    const place = graph.placeOf(node);
    if (place === undefined || packageOf(place.file) !== undefined) continue;
    const where = `${place.file}:${place.line}:${place.column}`;
    warnings.add(`${where}: the value assigned to \`${binding.name}\` is gone after the call`);
  }
  return [...warnings].sort();
}
