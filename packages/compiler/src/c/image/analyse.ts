/** Makes the report of a linked image: its parts, the depth of its stack, and its requests to the host. */
import { ColonyError, compilePolicy } from '@colony/core';
import { type CBuild, withStackSize } from '@colony/guest';
import type { Inside, NativeFacts } from '../../report/index.js';
import { type Place, showPlace } from '../../source/place.js';
import type { Unit } from '../source/ast.js';
import type { CProject } from '../source/project.js';
import type { VirtineFunction } from '../source/signature.js';
import { type ImageGraph, type ImageNode, readGraph, withoutIdleFlush } from './graph.js';
import { isRuntime, targetsIn } from './indirect.js';
import { pageUp } from './memory.js';
import { sizesOf } from './pages.js';
import { Places, shownFile } from './places.js';
import { type LeastPolicy, leastPolicy, type ReachedHypercall } from './policy.js';
import { type Chains, type CVirtineReport, chainsOf, Described, originOf, SCRUB } from './report.js';
import { type StackBound, stackBound } from './stack.js';

/** A report without the facts that are known only when everything is built. */
export type Analysis = Omit<CVirtineReport, 'program' | 'modules' | 'native'> & {
  readonly native: Omit<CVirtineReport['native'], 'images'>;
};

export interface Analysed {
  /** Has the stack size that the analysis found. */
  readonly image: Uint8Array;
  readonly analysis: Analysis;
}

/** @throws ColonyError ERR_COMPILE, ERR_BAD_POLICY */
export async function analyse(
  project: CProject,
  virtine: VirtineFunction,
  build: CBuild,
  general: CBuild,
  smallRequest: number,
): Promise<Analysed> {
  const whole = await readGraph(build.image, build.callGraph ?? '');
  const units = await unitsForPointers(project, whole);
  const graph = withoutIdleFlush(whole, (some) => chainsOf(some, virtine.name, targetsIn(some, units)));
  const targets = targetsIn(graph, units);
  const bound = stackBound(graph, '_start', targets);
  const place = { file: shownFile(virtine.file, project.root), line: virtine.line, column: virtine.column };
  const stackSize = stackFor(virtine, bound, place);
  const image = withStackSize(build.image, stackSize);
  const chains = chainsOf(graph, virtine.name, targets);
  const places = new Places(project.root, await unitsForPlaces(project, virtine, graph));
  const described = new Described(graph, chains, targets, places);
  const policy = policyFor({ ...virtine, ...place }, graph, chains, described, places);
  const inside = described.inside();
  const size = { before: sizesOf(general.image), after: sizesOf(image) };
  const analysis: Analysis = {
    format: 1,
    language: 'c',
    name: virtine.name,
    kind: 'word',
    ...place,
    inside,
    captured: [],
    ...policy,
    effective: policy.policy,
    accepted: [],
    initialisation: [],
    sizes: { before: size.before.owned, after: size.after.owned, map: 0 },
    warnings: [...policy.warnings, ...stackWarning(virtine, bound, stackSize, place)],
    native: { ...codeFacts(graph, inside), stack: stackFacts(bound, stackSize), smallRequest, scrub: SCRUB, size },
  };
  return { image, analysis };
}

function codeFacts(
  graph: ImageGraph,
  inside: readonly Inside[],
): Pick<NativeFacts, 'library' | 'vector' | 'float' | 'heap'> {
  const named = (test: (node: ImageNode) => boolean) =>
    inside.filter(({ name, kind }) => kind === 'function' && test(graph.get(name)!)).map(({ name }) => name);
  return {
    library: named((node) => originOf(node) === 'library'),
    vector: named(({ vector }) => vector),
    float: named(({ float }) => float),
    heap: graph.has('heap_allocate'),
  };
}

const stackFacts = ({ bytes, unbounded }: StackBound, size: number): NativeFacts['stack'] => ({
  bytes,
  given: size,
  ...(unbounded !== undefined && { unbounded: `unbounded: ${unbounded}` }),
});

/** Parses all files if the program calls through pointers; otherwise types do not matter. */
async function unitsForPointers(project: CProject, graph: ImageGraph): Promise<Unit[]> {
  const matters = [...graph.values()].some((node) => node.indirect > 0 && !isRuntime(node));
  return matters ? await Promise.all(project.files.map((file) => project.unit(file))) : [];
}

/** The virtine's own file, and the files of functions whose calls or data need a place. */
async function unitsForPlaces(project: CProject, virtine: VirtineFunction, graph: ImageGraph): Promise<Unit[]> {
  const needing = [...graph.values()].filter(
    (node) =>
      originOf(node) === 'program' &&
      (node.hypercalls.size > 0 || [...node.references].some((name) => graph.get(name)?.kind === 'data')),
  );
  const sources = new Set(
    needing.map(({ source = '' }) => shownFile(source.replace(/:\d+(:\d+)?$/, ''), project.root)),
  );
  const files = project.files.filter((file) => file === virtine.file || sources.has(shownFile(file, project.root)));
  return await Promise.all(files.map((file) => project.unit(file)));
}

/** Turns of a recursion that the stack has room for, if nothing bounds its depth. */
const TURNS = 32;
/** Stack for library functions whose frames depend on data. */
const UNKNOWN_STACK = 64 * 1024;

function stackFor({ options, name }: VirtineFunction, bound: StackBound, place: Place): number {
  if (options.stack === undefined) {
    const unknown = bound.unbounded !== undefined && bound.turn === 0 ? UNKNOWN_STACK : 0;
    return pageUp(bound.bytes + TURNS * bound.turn + unknown);
  }
  if (bound.unbounded === undefined && options.stack < bound.bytes)
    throw new ColonyError(
      'ERR_COMPILE',
      `${showPlace(place)}: ${name}: stack(${options.stack}) is less than the ${bound.bytes} bytes that it can need`,
    );
  return pageUp(options.stack);
}

function stackWarning(
  { name, options }: VirtineFunction,
  bound: StackBound,
  stackSize: number,
  place: Place,
): string[] {
  if (bound.unbounded === undefined || options.stack !== undefined) return [];
  return [
    `${showPlace(place)}: the stack of ${name} is unbounded: ${bound.unbounded}; it has ${stackSize} bytes: set the size with stack("64KiB")`,
  ];
}

function policyFor(
  virtine: VirtineFunction & Place,
  graph: ImageGraph,
  chains: Chains,
  described: Described,
  places: Places,
): LeastPolicy {
  const reached: ReachedHypercall[] = [];
  for (const node of [...graph.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const chain = chains.get(node.name);
    if (chain === undefined) continue;
    for (const name of [...node.hypercalls].sort()) {
      const call = { name: `colony_call("${name}")`, ...places.call(node, name) };
      reached.push({ name, chain: [...described.steps(chain), call] });
    }
  }
  const dynamic = dynamicIn(graph, chains);
  const least = leastPolicy(virtine, reached, dynamic && described.steps(dynamic));
  try {
    compilePolicy(least.policy);
  } catch (cause) {
    const message = `${showPlace(virtine)}: ${virtine.name}: ${(cause as Error).message}`;
    throw new ColonyError('ERR_BAD_POLICY', message, { cause });
  }
  return least;
}

/** Finds a function that calls a host function by a name that is not a literal, and returns its chain. */
function dynamicIn(graph: ImageGraph, chains: Chains): readonly string[] | undefined {
  for (const node of graph.values()) {
    const calls = node.calls.has('colony_call_values') && node.hypercalls.size === 0;
    if (calls && chains.has(node.name) && originOf(node) !== 'runtime') return chains.get(node.name);
  }
  return undefined;
}
