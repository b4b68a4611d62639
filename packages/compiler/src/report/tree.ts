/** The cut of the call graph as a picture: the shortest way to each part, as a tree from left to right. */
import { escapeHtml } from '@colony/page';
import { INITIALISATION, type Step } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import type { VirtineReport } from './types.js';

type Kind = 'own' | 'package' | 'grant' | 'accepted';

interface TreeNode {
  readonly step: Step;
  kind: Kind;
  readonly depth: number;
  readonly parent: TreeNode | undefined;
  readonly children: Map<string, TreeNode>;
  /** Rows that it and everything below it take. */
  rows: number;
  y: number;
}

const COLUMN = 230;
const ROW = 34;
const BOX = { width: 190, height: 26 };
/** Characters that fit into a box. */
const FITS = 24;

/** For C, files in parentheses and of @colony/guest are Colony's runtime, the C library and generated code. */
const kindOf = ({ file }: Step): Kind =>
  /(?:^|\/)node_modules\/|^@colony\/guest\b|^\(/.test(file) ? 'package' : 'own';

const nodeOf = (step: Step, parent?: TreeNode): TreeNode => ({
  ...{ step, kind: kindOf(step), parent, depth: parent === undefined ? 0 : parent.depth + 1 },
  ...{ children: new Map(), rows: 0, y: 0 },
});

/** All nodes, each after its parent. */
function grow(report: VirtineReport): TreeNode[] {
  const root: TreeNode = {
    ...nodeOf({ name: report.name, file: report.file, line: report.line, column: report.column }),
    kind: 'own',
  };
  const nodes = [root];
  const add = (chain: readonly Step[], last?: Kind) => {
    let at = root;
    // The first step is the virtine itself.
    for (const [index, entered] of chain.slice(1).entries()) {
      const key = `${entered.name} ${showPlace(entered)}`;
      let next = at.children.get(key);
      if (next === undefined) {
        next = nodeOf(entered, at);
        at.children.set(key, next);
        nodes.push(next);
      }
      if (last !== undefined && index === chain.length - 2) next.kind = last;
      at = next;
    }
  };
  // Parts of the C runtime that every virtine has hang from the image's entry, and are left out of this picture.
  for (const { because, native } of report.inside)
    if (native === undefined || because[0]?.name === report.name) add(because);
  for (const { chain } of [...report.grants, ...(report.denied ?? [])]) add(chain, 'grant');
  for (const { chain } of report.accepted) add(chain, 'accepted');
  return nodes;
}

/**
 * Places leaves below each other, and each parent beside its first child, so that reading begins at the root. Children with
 * few rows come first, so that a node's own calls stand close to it.
 */
function place(nodes: readonly TreeNode[]): void {
  for (const node of [...nodes].reverse()) {
    node.rows = Math.max(1, node.rows);
    if (node.parent !== undefined) node.parent.rows += node.rows;
  }
  for (const { y, children } of nodes) {
    let next = y;
    for (const child of [...children.values()].sort((a, b) => a.rows - b.rows)) {
      child.y = next;
      next += child.rows * ROW;
    }
  }
}

/** Initialisation has the place for a name, because its own name would be that of the whole module. */
const labelOf = ({ name, file, line }: Step) =>
  name.startsWith(INITIALISATION) ? `${file.slice(file.lastIndexOf('/') + 1)}:${line}` : name;
const short = (text: string) => (text.length > FITS ? `${text.slice(0, FITS - 1)}…` : text);

function drawEdge(from: TreeNode, to: TreeNode): string {
  const [x1, x2] = [from.depth * COLUMN + BOX.width, to.depth * COLUMN];
  const [y1, y2] = [from.y + BOX.height / 2, to.y + BOX.height / 2];
  const middle = (x1 + x2) / 2;
  return `<path d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"/>`;
}

function drawNode({ step, kind, depth, y }: TreeNode): string {
  const [width, height] = [BOX.width, BOX.height];
  return [
    `<g class="node ${kind}" transform="translate(${depth * COLUMN} ${y})"><title>${escapeHtml(`${step.name} (${showPlace(step)})`)}</title>`,
    `<rect width="${width}" height="${height}" rx="4"/><text x="8" y="17">${escapeHtml(short(labelOf(step)))}</text></g>`,
  ].join('');
}

/** One SVG element; the same report gives the same bytes. */
export function callTree(report: VirtineReport): string {
  const nodes = grow(report);
  place(nodes);
  const depth = nodes.reduce((most, node) => Math.max(most, node.depth), 0);
  const width = depth * COLUMN + BOX.width + 2;
  const height = nodes[0]!.rows * ROW;
  const edges = nodes.flatMap((node) => (node.parent === undefined ? [] : [drawEdge(node.parent, node)]));
  const label = escapeHtml(`Calls from ${report.name}`);
  return [
    `<svg viewBox="-1 -1 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">`,
    `<g class="edges">${edges.join('')}</g>`,
    ...nodes.map(drawNode),
    '</svg>',
  ].join('\n');
}
