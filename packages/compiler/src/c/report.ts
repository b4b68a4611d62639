/** What a C virtine consists of, and why. Deterministic: the same sources give the same JSON. */
import { basename, relative } from 'node:path';
import type { PolicyLayer } from '@colony/core';
import { guestFolder } from '@colony/guest';
import type { ImageGraph, ImageNode } from './image-graph.js';
import { isRuntime } from './indirect.js';
import type { OwnedPages } from './pages.js';
import type { Grant } from './policy.js';
import type { Targets } from './stack.js';

export type Origin = 'program' | 'glue' | 'runtime' | 'library';

export interface CPart {
  readonly name: string;
  readonly origin: Origin;
  /** In the image. */
  readonly bytes: number;
  /** From the virtine's start to what needs it. */
  readonly because: readonly string[];
  /** `file:line`, relative to the root. */
  readonly source?: string;
}

export interface CFunctionPart extends CPart {
  /** Bytes of stack; absent where they depend on data. */
  readonly stack?: number;
  /** Instructions on vector registers; on floating-point numbers. */
  readonly vector: boolean;
  readonly float: boolean;
  readonly calls: readonly string[];
  /** Where its calls through pointers can go: functions whose address is taken, with as many parameters. */
  readonly indirect?: readonly string[];
}

export interface CSizes {
  readonly imageBytes: number;
  readonly pages: OwnedPages;
  /** Bytes of all pages, page tables included. */
  readonly owned: number;
}

export interface CVirtineReport {
  readonly name: string;
  readonly source: string;
  readonly functions: readonly CFunctionPart[];
  readonly data: readonly CPart[];
  readonly stack: { readonly bytes: number; readonly given: number; readonly unbounded?: string };
  /** Functions of the C library. */
  readonly library: readonly string[];
  readonly vector: readonly string[];
  readonly float: readonly string[];
  readonly hypercalls: readonly { readonly name: string; readonly because: readonly string[] }[];
  readonly policy: PolicyLayer;
  readonly grants: readonly Grant[];
  readonly refused: readonly Grant[];
  readonly environment: {
    readonly library: boolean;
    readonly heap: boolean;
    /** Bytes of a request that is read without asking for it a second time. */
    readonly smallRequest: number;
    /** Why the host still clears the vector registers. */
    readonly scrub: string;
  };
  readonly size: { readonly before: CSizes; readonly after: CSizes };
  /** SHA-256 of the images; `wasm32` and `process` where they were made. */
  readonly images: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

export const SCRUB =
  "kept: what it clears may be the last guest's, and that no byte of an image can be run as a vector instruction is nothing that a " +
  'disassembly proves (a jump may land inside an instruction). It costs some 0.1 us of a call';

/** Shortest chains from the entry, breadth first, in a fixed order. */
export function chainsFrom(graph: ImageGraph, entry: string, targets: Targets): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>([[entry, [entry]]]);
  const waiting = [entry];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const node = graph.get(name);
    if (node === undefined) continue;
    const next = [...node.calls, ...node.references, ...(node.indirect > 0 ? targets(node) : [])].sort();
    for (const each of next) {
      if (chains.has(each) || !graph.has(each)) continue;
      chains.set(each, [...chains.get(name)!, each]);
      waiting.push(each);
    }
  }
  return chains;
}

export interface Parts {
  readonly functions: readonly CFunctionPart[];
  readonly data: readonly CPart[];
}

export function partsOf(
  graph: ImageGraph,
  chains: ReadonlyMap<string, readonly string[]>,
  targets: Targets,
  root: string,
): Parts {
  const nodes = [...graph.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const because = (name: string) => shortened(chains.get(name) ?? []);
  const part = (node: ImageNode) => ({
    name: node.name,
    origin: originOf(node),
    bytes: node.size,
    because: because(node.name),
    ...sourceOf(node, root),
  });
  const functions = nodes
    .filter(({ kind }) => kind === 'function')
    .map((node) => ({
      ...part(node),
      ...(node.frame !== undefined && { stack: node.frame }),
      vector: node.vector,
      float: node.float,
      calls: [...node.calls].sort(),
      ...(node.indirect > 0 && { indirect: [...targets(node)].sort() }),
    }));
  const data = nodes
    .filter(({ kind }) => kind === 'data')
    .map((node) => ({ ...part(node), origin: dataOrigin(node, chains, graph) }));
  return { functions, data };
}

/** From the virtine on, where the chain passes through it: what the runtime does before is the same for all. */
function shortened(chain: readonly string[]): readonly string[] {
  const thunk = chain.findIndex((name) => name.startsWith('colony_thunk_'));
  return thunk >= 0 && thunk < chain.length - 1 ? chain.slice(thunk + 1) : chain;
}

export function originOf(node: ImageNode): Origin {
  if (node.name.startsWith('colony_thunk_') || /\/c-glue\/[0-9a-f]+\//.test(node.source ?? '')) return 'glue';
  if (isRuntime(node)) return 'runtime';
  return node.source === undefined ? 'library' : 'program';
}

/** Data has no source line: it belongs to the first that uses it. */
function dataOrigin(node: ImageNode, chains: ReadonlyMap<string, readonly string[]>, graph: ImageGraph): Origin {
  if (node.name.startsWith('colony_export_')) return 'glue';
  const users = (chains.get(node.name) ?? []).filter((name) => graph.get(name)?.kind === 'function');
  const user = graph.get(users[users.length - 1] ?? '');
  return user === undefined ? 'runtime' : originOf(user);
}

export function sourceOf({ source }: Pick<ImageNode, 'source'>, root: string): { source?: string } {
  if (source === undefined) return {};
  const [, file, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(source) ?? [];
  if (file === undefined) return {};
  if (/\/c-glue\/[0-9a-f]+\//.test(file)) return { source: `(generated) ${basename(file)}` };
  const inside = file.startsWith(`${guestFolder}/`)
    ? `@colony/guest/${relative(guestFolder, file)}`
    : relative(root, file);
  return { source: `${inside}:${line}` };
}
