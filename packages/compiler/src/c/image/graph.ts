/**
 * The parts of a linked image, and the parts that each of them needs. They are read from the image itself: its symbols,
 * its relocations, its disassembly, and the places of host calls. gcc's call graph adds frame sizes and source lines.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import {
  type ImageLinks,
  type ImageSymbol,
  readImage,
  readLinks,
  removeFolder,
  runTool,
  temporaryFolder,
} from '@colony/guest';

export interface ImageNode {
  readonly name: string;
  readonly kind: 'function' | 'data';
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  readonly calls: ReadonlySet<string>;
  /** Data that the part uses, and functions whose address it takes. */
  readonly references: ReadonlySet<string>;
  /** Number of calls through a pointer. */
  readonly indirect: number;
  readonly float: boolean;
  readonly vector: boolean;
  readonly frame: Frame;
  /** `file:line:column` of the definition, if gcc reports it. */
  readonly source?: string;
  /** Literal names of the host functions that the part calls. */
  readonly hypercalls: ReadonlySet<string>;
}

/** Bytes of stack while the function runs, its return address included; undefined if they depend on data. */
export type Frame = number | undefined;

export type ImageGraph = ReadonlyMap<string, ImageNode>;

type Mutable = { -readonly [Key in keyof ImageNode]: ImageNode[Key] } & {
  calls: Set<string>;
  references: Set<string>;
  hypercalls: Set<string>;
  pushed: number;
  dynamic: boolean;
};

/** @throws ColonyError ERR_BAD_OPTION for a broken image, ERR_COMPILE without objdump */
export async function readGraph(image: Uint8Array, callGraph: string): Promise<ImageGraph> {
  const { symbols } = readImage(image);
  const nodes = nodesOf(symbols);
  const at = finder(nodes);
  readReferences(readLinks(image), at);
  readCode(await disassemble(image), at);
  const gcc = readCallGraph(callGraph);
  for (const node of nodes.values()) {
    const known = gcc.get(node.name);
    node.frame = known !== undefined ? known.frame : node.dynamic ? undefined : node.pushed + 8;
    if (known !== undefined) node.source = known.source;
  }
  return nodes;
}

const FLUSH = 'libc_after_call';
/** Reads the address at which thread variables end. In the image another symbol begins there. */
const START = 'libc_start';
const STDOUT = ['stdout', '__stdout_FILE'];

/**
 * Leaves out the flush of `stdout` after each call if no part reaches `stdout`: its buffer is always empty then.
 * `partsIn` returns the parts of a graph. If any function of a file prints, all images of that file keep the flush.
 */
export function withoutIdleFlush(
  graph: ImageGraph,
  partsIn: (graph: ImageGraph) => ReadonlyMap<string, unknown>,
): ImageGraph {
  const [flush, start] = [graph.get(FLUSH), graph.get(START)];
  if (flush === undefined) return graph;
  const none: ReadonlySet<string> = new Set();
  const idle = new Map(graph).set(FLUSH, { ...flush, calls: none, references: none, hypercalls: none });
  if (start !== undefined) {
    const references = new Set([...start.references].filter((name) => !STDOUT.includes(name)));
    idle.set(START, { ...start, references });
  }
  const parts = partsIn(idle);
  return STDOUT.some((name) => parts.has(name)) ? graph : idle;
}

function nodesOf(symbols: readonly ImageSymbol[]): Map<string, Mutable> {
  const nodes = new Map<string, Mutable>();
  for (const { name, address, size, kind } of symbols) {
    if (kind === 'other' || nodes.has(name)) {
      if (kind === 'other' || nodes.get(name)?.address === address) continue;
    }
    // Two files may each have a static of this name.
    const key = nodes.has(name) ? `${name}@${address.toString(16)}` : name;
    nodes.set(key, {
      ...{ name: key, kind: kind === 'function' ? 'function' : 'data', address, size, frame: undefined, indirect: 0 },
      ...{ calls: new Set(), references: new Set(), hypercalls: new Set() },
      ...{ float: false, vector: false, pushed: 0, dynamic: false },
    });
  }
  return nodes;
}

type Find = (address: number) => Mutable | undefined;

function finder(nodes: ReadonlyMap<string, Mutable>): Find {
  const sorted = [...nodes.values()].sort((a, b) => a.address - b.address || b.size - a.size);
  return (address) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && i > low - 8; i--) {
      const node = sorted[i]!;
      if (address < node.address + Math.max(node.size, 1)) return node;
    }
    return undefined;
  };
}

async function disassemble(image: Uint8Array): Promise<string> {
  const folder = temporaryFolder('objdump');
  try {
    const path = join(folder, 'image.elf');
    await writeFile(path, image);
    const args = ['-d', '-w', '--no-show-raw-insn', path];
    const { code, stdout, stderr } = await runTool({ file: 'objdump', args, reads: [folder] });
    if (code !== 0)
      throw new ColonyError('ERR_COMPILE', `objdump (of binutils) does not work: ${code} ${stderr.trim()}`);
    return stdout;
  } finally {
    await removeFolder(folder);
  }
}

const LINE = /^\s*([0-9a-f]+):\t(?:(?:lock|rep|repz|repnz|notrack|bnd|data16|cs|ds) )*(\S+)\s*(.*)$/;
const VECTOR = /%[xyz]mm\d|%mm\d|%k[1-7]\b/;
/**
 * Floating-point instructions. Other vector instructions only move, clear or count bits, as compilers do for copies.
 */
const FLOATING =
  /^(v?(add|sub|mul|div|sqrt|min|max|u?comi|cmp\w*|cvt\w*|round|rcp|rsqrt|fn?m\w+|h(add|sub))(ss|sd|ps|pd)?\w*)$/;

function readCode(text: string, at: Find): void {
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const owner = at(Number.parseInt(match[1]!, 16));
    if (owner !== undefined) readInstruction(owner, match[2]!, match[3]!, at);
  }
}

function readInstruction(owner: Mutable, mnemonic: string, operands: string, at: Find): void {
  if (VECTOR.test(operands)) {
    owner.vector = true;
    if (FLOATING.test(mnemonic)) owner.float = true;
  }
  if (/^f(?!ence)/.test(mnemonic) && mnemonic !== 'fs') owner.float = true;
  readStackUse(owner, mnemonic, operands);
  const branch = /^(call|jmp|j[a-z]+)[ql]?$/.test(mnemonic);
  if (branch && operands.startsWith('*')) {
    // An operand with a scaled table is a switch; any other is a pointer.
    if (!/,%\w+,8\)/.test(operands) || mnemonic.startsWith('call')) owner.indirect++;
  }
  const direct = branch ? /^([0-9a-f]+)\b/.exec(operands) : null;
  if (direct !== null) addBranch(owner, Number.parseInt(direct[1]!, 16), mnemonic, at);
  const relative = /#\s*(?:0x)?([0-9a-f]+)/.exec(operands);
  const used = relative === null ? undefined : at(Number.parseInt(relative[1]!, 16));
  if (used !== undefined && used !== owner) owner.references.add(used.name);
}

/** Adds a call of itself, or a branch to another function. A jump inside the function does not count. */
function addBranch(owner: Mutable, address: number, mnemonic: string, at: Find): void {
  const target = at(address);
  if (target === undefined || target.kind !== 'function') return;
  if (target !== owner || mnemonic.startsWith('call')) owner.calls.add(target.name);
}

/** Sums all pushes and subtractions in the function: an upper bound for functions that gcc does not report. */
function readStackUse(owner: Mutable, mnemonic: string, operands: string): void {
  if (/^push/.test(mnemonic)) owner.pushed += 8;
  if (!/%rsp$/.test(operands)) return;
  const constant = /^\$0x([0-9a-f]+),%rsp$/.exec(operands);
  if (/^sub/.test(mnemonic)) {
    if (constant === null) owner.dynamic = true;
    else owner.pushed += Number.parseInt(constant[1]!, 16);
  } else if (/^add/.test(mnemonic) && constant !== null && Number.parseInt(constant[1]!, 16) > 0x7fffffff) {
    owner.pushed += 128; // `add $-128` is a shorter encoding of `sub $128`
  }
}

function readReferences({ references, hypercallSites }: ImageLinks, at: Find): void {
  for (const { from, to } of references) {
    const [owner, used] = [at(from), at(to)];
    if (owner !== undefined && used !== undefined && used !== owner) owner.references.add(used.name);
  }
  for (const { address, name } of hypercallSites) at(address)?.hypercalls.add(name);
}

/** Reads the output of gcc's `-fcallgraph-info=su`: VCG text, one node a line. */
function readCallGraph(text: string): Map<string, { frame: Frame; source: string }> {
  const known = new Map<string, { frame: Frame; source: string }>();
  for (const match of text.matchAll(/^node: \{ title: "([^"]*)" label: "([^"]*)"/gm)) {
    const [, source, stack] = match[2]!.split('\\n');
    const size = /^(\d+) bytes \((static|dynamic,bounded|dynamic)\)$/.exec(stack ?? '');
    if (size === null || source === undefined) continue;
    const name = match[1]!.slice(match[1]!.lastIndexOf(':') + 1);
    const frame = size[2] === 'dynamic' ? undefined : Number(size[1]);
    const before = known.get(name);
    // Two files may have statics of the same name: the larger frame counts for both.
    const larger =
      before === undefined
        ? frame
        : before.frame === undefined || frame === undefined
          ? undefined
          : Math.max(before.frame, frame);
    known.set(name, { frame: larger, source });
  }
  return known;
}
