/** The possible targets of calls through a pointer. */
import { guestFolder } from '@colony/guest';
import type { Node, Unit } from '../source/ast.js';
import type { ImageGraph, ImageNode } from './graph.js';
import type { Targets } from './stack.js';

/** Targets of the runtime's own pointers, by the file of the call. `*` stands for the generated thunks. */
const RUNTIME: Readonly<Record<string, readonly string[]>> = {
  'runtime/cbor_write.c': ['grow_out', 'grow_request'],
  'runtime/heap.c': ['grow', 'corrupt'],
  'runtime/serve.c': ['*', 'free_call_blocks'],
  'runtime/native/main.c': ['.init'],
  'runtime/declared/read.c': [],
};

/**
 * Counts the parameters and notes whether there is a result. Functions of one type agree in both, however it is
 * spelled.
 */
const shapeOf = (type: string): string => {
  const open = type.lastIndexOf('(');
  const list = type.slice(open + 1, type.lastIndexOf(')'));
  let depth = 0;
  let count = list.trim() === '' || list.trim() === 'void' ? 0 : 1;
  for (const letter of list) {
    if (letter === '(' || letter === '[') depth++;
    else if (letter === ')' || letter === ']') depth--;
    else if (letter === ',' && depth === 0) count++;
  }
  return list.includes('...') || list === '' ? 'any' : `${/^void\s*\(/.test(type) ? 'void' : 'value'} ${count}`;
};

interface Shapes {
  readonly functions: ReadonlyMap<string, string>;
  readonly called: ReadonlySet<string>;
}

function readShapes(units: readonly Unit[]): Shapes {
  const functions = new Map<string, string>();
  const called = new Set<string>();
  const walk = (node: Node) => {
    if (node.kind === 'FunctionDecl' && node.name !== undefined)
      functions.set(node.name, shapeOf(node.type?.qualType ?? ''));
    const callee = node.kind === 'CallExpr' ? node.inner?.[0] : undefined;
    if (callee !== undefined && !isNamed(callee)) {
      const type = callee.type?.desugaredQualType ?? callee.type?.qualType ?? '';
      called.add(shapeOf(type.replace(/\(\*\s*(const)?\)/, '')));
    }
    for (const inner of node.inner ?? []) walk(inner);
  };
  for (const unit of units) for (const node of unit.declarations) walk(node);
  return { functions, called };
}

function isNamed(node: Node): boolean {
  if (node.kind === 'DeclRefExpr') return node.referencedDecl?.kind === 'FunctionDecl';
  return (
    (node.kind === 'ImplicitCastExpr' || node.kind === 'ParenExpr') &&
    node.inner?.[0] !== undefined &&
    isNamed(node.inner[0])
  );
}

/** Returns the targets for an image; `units` are the program's files, parsed. */
export function targetsIn(graph: ImageGraph, units: readonly Unit[]): Targets {
  const taken = addressTaken(graph);
  const shapes = readShapes(units);
  const program = taken.filter((name) => {
    const shape = shapes.functions.get(plainName(name));
    return shape === undefined ? !isRuntime(graph.get(name)!) : shapes.called.has('any') || shapes.called.has(shape);
  });
  const thunks = taken.filter((name) => name.startsWith('colony_thunk_'));
  return (node) => {
    if (!isRuntime(node)) return program.filter((name) => !name.startsWith('colony_thunk_'));
    const file = node.source?.slice(guestFolder.length + 1).replace(/:\d+:\d+$/, '') ?? '';
    // It returns to the place that called runtime_catch. That is not a call, and the stack gets no deeper.
    if (node.name === 'runtime_unwind') return [];
    const known = RUNTIME[file] ?? taken;
    return known.flatMap((name) => (name === '*' ? thunks : name === '.init' ? [] : graph.has(name) ? [name] : []));
  };
}

/** gcc names the parts of a split function after it: `f.part.0`. */
export const plainName = (name: string) => name.replace(/[.@].*$/, '');

const ASSEMBLY = new Set([
  '_start',
  'colony_hypercall',
  'runtime_catch',
  'runtime_unwind',
  'runtime_invoke',
  'colony_set_thread_pointer',
]);

export const isRuntime = ({ name, source }: ImageNode): boolean =>
  ASSEMBLY.has(name) || (source?.startsWith(`${guestFolder}/`) ?? false);

function addressTaken(graph: ImageGraph): string[] {
  const taken = new Set<string>();
  for (const node of graph.values()) {
    for (const name of node.references) if (graph.get(name)?.kind === 'function') taken.add(name);
  }
  return [...taken].sort();
}
