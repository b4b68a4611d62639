/** The parts of a C virtine, and the reason for each. Deterministic: the same sources give the same JSON. */
import type { Inside, NativeFacts, NativePart, Origin, VirtineReport } from '../../report/index.js';
import type { Step } from '../../source/chain.js';
import type { ImageGraph, ImageNode } from './graph.js';
import { isRuntime } from './indirect.js';
import { isGlue, type Places } from './places.js';
import type { Targets } from './stack.js';

export type CVirtineReport = VirtineReport & { readonly language: 'c'; readonly native: NativeFacts };

export const SCRUB =
  "cleared by the host between guests, even if the image does not use them: they may hold the last guest's state, and that no byte of " +
  'an image can be run as a vector instruction is nothing that a disassembly proves (a jump may land inside an instruction)';

/** For each part, the names from the start of a search to it. The chain is a shortest one, in a fixed order. */
export type Chains = ReadonlyMap<string, readonly string[]>;

/**
 * Chains from the virtine to all that it reaches. Parts that only the image's entry reaches, which any virtine has,
 * follow.
 */
export function chainsOf(graph: ImageGraph, virtine: string, targets: Targets): Chains {
  const chains = new Map<string, readonly string[]>();
  for (const start of [virtine, '_start']) {
    if (chains.has(start) || !graph.has(start)) continue;
    chains.set(start, [start]);
    const waiting = [start];
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const node = graph.get(name)!;
      const next = [...node.calls, ...node.references, ...(node.indirect > 0 ? targets(node) : [])].sort();
      for (const used of next) {
        if (chains.has(used) || !graph.has(used)) continue;
        chains.set(used, [...chains.get(name)!, used]);
        waiting.push(used);
      }
    }
  }
  return chains;
}

/** The parts of an image, described as the report shows them. */
export class Described {
  constructor(
    private readonly graph: ImageGraph,
    private readonly chains: Chains,
    private readonly targets: Targets,
    private readonly places: Places,
  ) {}

  /** Sorted by origin: the program's own parts first, the runtime last. */
  inside(): Inside[] {
    const order: readonly Origin[] = ['program', 'library', 'glue', 'runtime'];
    const rank = ({ native, kind }: Inside) => 2 * order.indexOf(native!.origin) + (kind === 'data' ? 1 : 0);
    return [...this.graph.values()]
      .map((node) => this.#part(node))
      .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  }

  /** Returns the names as steps with their places. */
  steps(names: readonly string[]): Step[] {
    return names.map((name) => ({ name, ...this.#placeOf(this.graph.get(name)!) }));
  }

  #part(node: ImageNode): Inside {
    const origin = this.#originOf(node);
    const owner = PACKAGES[origin];
    return {
      name: node.name,
      kind: node.kind,
      ...this.#placeOf(node),
      ...(owner !== undefined && { package: owner }),
      because: this.steps(this.chains.get(node.name) ?? []),
      native: this.#native(node, origin),
    };
  }

  #native(node: ImageNode, origin: Origin): NativePart {
    const common = { origin, bytes: node.size };
    if (node.kind === 'data') return common;
    return {
      ...common,
      ...(node.frame !== undefined && { stack: node.frame }),
      ...(node.vector && { vector: true }),
      ...(node.float && { float: true }),
      ...(node.calls.size > 0 && { calls: [...node.calls].sort() }),
      ...(node.indirect > 0 && { indirect: [...this.targets(node)].sort() }),
    };
  }

  /** Data has no source line, so it counts for the last function of its chain, which uses it. */
  #userOf(node: ImageNode): ImageNode | undefined {
    if (node.kind === 'function') return undefined;
    const users = (this.chains.get(node.name) ?? []).filter((name) => this.graph.get(name)?.kind === 'function');
    return this.graph.get(users.at(-1) ?? '');
  }

  #placeOf(node: ImageNode) {
    return this.places.of(node, this.#userOf(node));
  }

  #originOf(node: ImageNode): Origin {
    if (node.kind === 'function') return originOf(node);
    const user = this.#userOf(node);
    if (node.name.startsWith('colony_export_')) return 'glue';
    return user === undefined ? 'runtime' : originOf(user);
  }
}

/** Parts of the program itself have no package. */
const PACKAGES: Readonly<Record<Origin, string | undefined>> = {
  program: undefined,
  glue: '@colony/compiler',
  runtime: '@colony/guest',
  library: 'C library',
};

export function originOf(node: ImageNode): Origin {
  if (node.name.startsWith('colony_thunk_') || isGlue(node.source)) return 'glue';
  if (isRuntime(node)) return 'runtime';
  return node.source === undefined ? 'library' : 'program';
}
