/** Bounds the stack depth of an image. */
import type { ImageGraph, ImageNode } from './graph.js';

export interface StackBound {
  /** Bytes from the entry on. With recursion, the longest path that repeats no function. */
  readonly bytes: number;
  /** `recursion through f -> g`, or another reason why the depth has no bound; absent if `bytes` bounds it. */
  readonly unbounded?: string;
  /** Bytes of one turn of the deepest recursion. */
  readonly turn: number;
}

/** Returns the functions that calls through a pointer can reach. */
export type Targets = (node: ImageNode) => readonly string[];

const NO_FRAME = 64 * 1024;

export function stackBound(graph: ImageGraph, entry: string, targets: Targets): StackBound {
  const done = new Map<string, number>();
  const path: string[] = [];
  const reasons = new Set<string>();
  let turn = 0;
  const depth = (name: string): number => {
    const known = done.get(name);
    if (known !== undefined) return known;
    const start = path.indexOf(name);
    if (start >= 0) {
      const cycle = path.slice(start);
      reasons.add(`recursion through ${smallestFirst(cycle).join(' -> ')}`);
      turn = Math.max(
        turn,
        cycle.reduce((sum, member) => sum + (graph.get(member)?.frame ?? NO_FRAME), 0),
      );
      return 0;
    }
    const node = graph.get(name);
    if (node === undefined) return 0;
    path.push(name);
    const callees = [...node.calls, ...(node.indirect > 0 ? targets(node) : [])].sort();
    const below = Math.max(0, ...callees.map(depth));
    if (selfCalls(graph, name)) turn = Math.max(turn, node.frame ?? NO_FRAME);
    path.pop();
    if (node.frame === undefined) reasons.add(`${name}, whose frame depends on its data`);
    const total = (node.frame ?? NO_FRAME) + below;
    done.set(name, total);
    return total;
  };
  const bytes = depth(entry);
  const unbounded = [...reasons].sort().join('; ');
  return { bytes, turn, ...(unbounded !== '' && { unbounded }) };
}

const selfCalls = (graph: ImageGraph, name: string) => graph.get(name)?.calls.has(name) === true;

/** Rotates a cycle to begin with its smallest name, because several of its members find the same cycle. */
function smallestFirst(cycle: readonly string[]): string[] {
  const least = cycle.indexOf([...cycle].sort()[0]!);
  return [...cycle.slice(least), ...cycle.slice(0, least)];
}
