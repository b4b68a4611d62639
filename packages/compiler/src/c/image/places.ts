/** The places of functions, data and calls in the sources, as reports name them. */
import { basename, relative } from 'node:path';
import { guestFolder } from '@colony/guest';
import type { Place } from '../../source/place.js';
import { type Location, type Node, stringsIn, type Unit } from '../source/ast.js';
import type { ImageNode } from './graph.js';
import { isRuntime, plainName } from './indirect.js';

const RUNTIME = '@colony/guest';
const LIBRARY = '(C library)';
const GLUE = /\/c-glue\/[0-9a-f]+\//;

/** Names a file relative to the root or to Colony's own folder, so that the name is the same on every machine. */
export function shownFile(file: string, root: string): string {
  if (GLUE.test(file)) return `(generated) ${basename(file)}`;
  return file.startsWith(`${guestFolder}/`) ? `${RUNTIME}/${relative(guestFolder, file)}` : relative(root, file);
}

export const isGlue = (source: string | undefined) => GLUE.test(source ?? '');

/** Reads gcc's `file:line:column`. */
function placeIn(source: string, root: string): Place | undefined {
  const [, file, line, column = '1'] = /^(.*?):(\d+)(?::(\d+))?$/.exec(source) ?? [];
  return file === undefined ? undefined : { file: shownFile(file, root), line: Number(line), column: Number(column) };
}

const whole = (file: string): Place => ({ file, line: 0, column: 0 });

/** The places in one image. */
export class Places {
  readonly #data = new Map<string, Place>();
  /** Keyed by `function name`, and by name alone: the calls of an inlined function are in another function's code. */
  readonly #calls = new Map<string, Place>();

  constructor(
    private readonly root: string,
    units: readonly Unit[],
  ) {
    for (const { declarations } of units) for (const node of declarations) this.#read(node, undefined);
  }

  #read(node: Node, owner: string | undefined): void {
    const inner = node.kind === 'FunctionDecl' ? node.name : owner;
    if (node.kind === 'VarDecl' && node.name !== undefined) this.#note(this.#data, node.name, node.loc);
    if (node.kind === 'CallExpr') this.#readCall(node, inner);
    for (const child of node.inner ?? []) this.#read(child, inner);
  }

  #readCall(node: Node, owner: string | undefined): void {
    const [callee, name] = node.inner ?? [];
    if (callee === undefined || name === undefined || calledName(callee) !== 'colony_call_values') return;
    for (const text of stringsIn(name)) {
      this.#note(this.#calls, `${owner} ${text}`, node.range?.begin);
      this.#note(this.#calls, text, node.range?.begin);
    }
  }

  #note(places: Map<string, Place>, key: string, location: (Location & { expansionLoc?: Location }) | undefined): void {
    const { file, line, col = 1 } = location?.expansionLoc ?? location ?? {};
    if (file === undefined || line === undefined || places.has(key)) return;
    places.set(key, { file: shownFile(file, this.root), line, column: col });
  }

  /** @param user for data, the function that needs it */
  of(node: ImageNode, user?: ImageNode): Place {
    if (node.source !== undefined) return placeIn(node.source, this.root) ?? whole(node.source);
    if (node.kind === 'data' && user !== undefined) {
      const known = isRuntime(user) || isGlue(user.source) ? undefined : this.#data.get(plainName(node.name));
      return known ?? whole(this.of(user).file);
    }
    return whole(isRuntime(node) || node.kind === 'data' ? RUNTIME : LIBRARY);
  }

  /** Returns the place at which a function calls the host function `name`. */
  call(from: ImageNode, name: string): Place {
    return this.#calls.get(`${plainName(from.name)} ${name}`) ?? this.#calls.get(name) ?? this.of(from);
  }
}

function calledName(node: Node): string | undefined {
  if (node.kind === 'DeclRefExpr') return node.referencedDecl?.name;
  const [inner] = node.inner ?? [];
  return inner === undefined ? undefined : calledName(inner);
}
