/** The cut of the call graph as a picture: the shortest way to each part, as a tree from left to right. */
import { escapeHtml } from '@colony/page';
import type { Step } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import type { VirtineReport } from './types.js';

type Kind = 'own' | 'package' | 'grant' | 'accepted';

interface TreeNode {
  readonly step: Step;
  kind: Kind;
  readonly depth: number;
  readonly children: Map<string, TreeNode>;
  y: number;
}

const COLUMN = 230;
const ROW = 34;
const BOX = { width: 190, height: 26 };
/** Characters that fit into a box. */
const FITS = 26;

/** For C, files in parentheses and of @colony/guest are Colony's runtime, the C library and generated code. */
const kindOf = ({ file }: Step): Kind =>
  /(?:^|\/)node_modules\/|^@colony\/guest\b|^\(/.test(file) ? 'package' : 'own';

function grow(report: VirtineReport): TreeNode {
  const step = { name: report.name, file: report.file, line: report.line, column: report.column };
  const root: TreeNode = { step, kind: 'own', depth: 0, children: new Map(), y: 0 };
  const add = (chain: readonly Step[], last?: Kind) => {
    let at = root;
    // The first step is the virtine itself.
    for (const [index, entered] of chain.slice(1).entries()) {
      const key = `${entered.name} ${showPlace(entered)}`;
      const next = at.children.get(key) ?? {
        step: entered,
        kind: kindOf(entered),
        depth: at.depth + 1,
        children: new Map(),
        y: 0,
      };
      at.children.set(key, next);
      if (last !== undefined && index === chain.length - 2) next.kind = last;
      at = next;
    }
  };
  // Parts of the C runtime that every virtine has hang from the image's entry, and are left out of this picture.
  for (const { because, native } of report.inside)
    if (native === undefined || because[0]?.name === report.name) add(because);
  for (const { chain } of [...report.grants, ...(report.denied ?? [])]) add(chain, 'grant');
  for (const { chain } of report.accepted) add(chain, 'accepted');
  return root;
}

/** Places leaves below each other, and each parent beside its first child, so that the root is where reading begins. */
function place(node: TreeNode, nextRow: () => number): void {
  const children = [...node.children.values()];
  if (children.length === 0) {
    node.y = nextRow() * ROW;
    return;
  }
  for (const child of children) place(child, nextRow);
  node.y = children[0]!.y;
}

const flatten = (node: TreeNode): TreeNode[] => [node, ...[...node.children.values()].flatMap(flatten)];
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
    `<rect width="${width}" height="${height}" rx="4"/><text x="8" y="17">${escapeHtml(short(step.name))}</text></g>`,
  ].join('');
}

/** One SVG element; the same report gives the same bytes. */
export function callTree(report: VirtineReport): string {
  const root = grow(report);
  let rows = 0;
  place(root, () => rows++);
  const nodes = flatten(root);
  const width = Math.max(...nodes.map(({ depth }) => depth)) * COLUMN + BOX.width + 2;
  const height = rows * ROW;
  const edges = nodes.flatMap((node) => [...node.children.values()].map((child) => drawEdge(node, child)));
  const label = escapeHtml(`Calls from ${report.name}`);
  return [
    `<svg viewBox="-1 -1 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">`,
    `<g class="edges">${edges.join('')}</g>`,
    ...nodes.map(drawNode),
    '</svg>',
  ].join('\n');
}
