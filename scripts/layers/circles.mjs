// Finds import cycles: between the rooms of a package, type imports included, and between files, value imports only.
import { placeOf, withoutExtension } from './imports.mjs';

/**
 * @typedef {import('./imports.mjs').Import} Import
 * @typedef {{ from: string, to: string, by: Import }} Edge
 * @typedef {Map<string, Map<string, Import[]>>} Graph for each node, the nodes that it imports, with the imports
 */

/** @param {readonly Edge[]} edges @returns {Graph} */
function graphOf(edges) {
  /** @type {Graph} */
  const graph = new Map();
  for (const { from, to, by } of edges) {
    const targets = graph.get(from) ?? new Map();
    graph.set(from, targets.set(to, [...(targets.get(to) ?? []), by]));
  }
  return graph;
}

/**
 * The shortest path, breadth first, both ends included. @param {Graph} graph @param {string} from @param {string} to
 */
function wayBetween(graph, from, to) {
  const ways = [[from]];
  const seen = new Set([from]);
  for (const way of ways) {
    const last = way[way.length - 1] ?? from;
    if (last === to) return way;
    for (const next of graph.get(last)?.keys() ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

/**
 * Returns the shortest cycle over each edge on a cycle. A cycle that two edges give is listed once, from its first node
 * by name.
 * @param {Graph} graph
 * @returns {string[][]}
 */
function circlesIn(graph) {
  const circles = [...graph].flatMap(([from, targets]) =>
    [...targets.keys()].flatMap((to) => {
      const back = wayBetween(graph, to, from);
      return back === undefined ? [] : [fromFirst(back)];
    }),
  );
  return [...new Map(circles.map((circle) => [circle.join(' '), circle])).values()];
}

/** @param {readonly string[]} circle */
function fromFirst(circle) {
  const start = circle.indexOf([...circle].sort()[0] ?? '');
  return [...circle.slice(start), ...circle.slice(0, start)];
}

/**
 * The step with the fewest imports. Those are listed, because they are the easiest to change. @param {Graph} graph
 * @param {readonly string[]} circle
 */
function weakestStep(graph, circle) {
  const steps = circle.map((node, index) => graph.get(node)?.get(circle[(index + 1) % circle.length] ?? '') ?? []);
  return steps.sort((one, other) => one.length - other.length)[0] ?? [];
}

/** @param {readonly Edge[]} edges @param {string} rule */
function violationsIn(edges, rule) {
  const graph = graphOf(edges);
  return circlesIn(graph).flatMap((circle) =>
    weakestStep(graph, circle).map(({ file, specifier }) => ({
      rule: `${rule}: ${[...circle, circle[0]].join(' -> ')}`,
      from: file,
      to: specifier,
    })),
  );
}

/** @param {readonly Import[]} imports */
export function checkCircles(imports) {
  const inside = imports.flatMap((by) => {
    const to = by.target === undefined ? undefined : placeOf(by.target);
    return by.from.area === 'src' && to?.area === 'src' && to.folder === by.from.folder ? [{ by, to }] : [];
  });
  const rooms = inside
    .filter(({ by, to }) => by.from.room !== to.room)
    .map(({ by, to }) => ({ from: `${to.folder}/${by.from.room}`, to: `${to.folder}/${to.room}`, by }));
  const files = imports
    .filter(({ typeOnly }) => !typeOnly)
    .flatMap((by) => (by.target === undefined ? [] : [{ from: withoutExtension(by.file), to: by.target, by }]));
  return [
    ...violationsIn(rooms, 'rooms that import each other'),
    ...violationsIn(files, 'files that need values of each other'),
  ];
}
