/** Reads the declarations of a C file from clang's syntax tree. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ColonyError } from '@colony/core';
import {
  type Compilation,
  checkBeforehand,
  findClangToolchain,
  findCToolchain,
  guestFolder,
  readsOf,
  runTool,
} from '@colony/guest';
import { outlineOf } from './outline.js';

/** A node of clang's tree as `-ast-dump=json` writes it. Only the properties that Colony reads are listed. */
export interface Node {
  readonly id?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly type?: { readonly qualType: string; readonly desugaredQualType?: string };
  readonly loc?: Location & { readonly expansionLoc?: Location };
  readonly range?: { readonly begin?: Location & { readonly expansionLoc?: Location } };
  readonly inner?: readonly Node[];
  readonly value?: string;
  readonly text?: string;
  readonly param?: string;
  readonly storageClass?: string;
  readonly inline?: boolean;
  readonly variadic?: boolean;
  readonly isBitfield?: boolean;
  readonly isImplicit?: boolean;
  readonly tagUsed?: string;
  readonly completeDefinition?: boolean;
  readonly decl?: { readonly id: string };
  readonly ownedTagDecl?: { readonly id: string };
  readonly referencedDecl?: { readonly kind: string; readonly name?: string };
  readonly castKind?: string;
}

export interface Location {
  offset?: number;
  file?: string;
  line?: number;
  col?: number;
}

export interface Unit {
  readonly file: string;
  readonly declarations: readonly Node[];
  /** Absolute paths of the files that its declarations come from. */
  readonly files: ReadonlySet<string>;
}

/** Makes clang read a program as gcc will: with the same headers and the same sizes. */
async function compilationOf(file: string, root: string, flags: readonly string[]): Promise<Compilation> {
  const [{ compiler, include }, { musl }] = await Promise.all([findClangToolchain(), findCToolchain()]);
  const libc = musl?.include ?? join(guestFolder, 'runtime/include');
  const headers = [join(guestFolder, 'include'), libc, include];
  const includes = headers.flatMap((path) => ['-isystem', path]);
  const mark = ['-DCOLONY_ANALYSIS', '-include', join(guestFolder, 'include/colony/mark.h')];
  const own = ['--target=x86_64-linux-musl', '-std=gnu17', '-w', '-nostdinc', '-fno-color-diagnostics'];
  return {
    compiler: compiler.path,
    file,
    flags: [...own, ...includes, `-I${dirname(file)}`, ...flags, `-I${root}`, ...mark],
    system: [...headers, guestFolder],
  };
}

/** Files with virtines or host calls need more than an outline has. */
const WHOLE = /\b(?:virtine|colony_call\w*)\b/;

/**
 * Parses a file: all of it if it has virtines or calls to the host, else an outline.
 * @throws ColonyError ERR_COMPILE with clang's messages.
 */
export async function parse(file: string, root: string, flags: readonly string[]): Promise<Unit> {
  const unit = await compilationOf(file, root, flags);
  const sources = { files: [file], flags, folders: [root] };
  await checkBeforehand(sources, unit);
  const whole = WHOLE.test(await readFile(file, 'utf8'));
  const args = ['-Xclang', whole ? '-ast-dump=json' : '-ast-dump', ...unit.flags, '-fsyntax-only', file];
  const reads = [...readsOf(sources), ...unit.system];
  const output = await runTool({ file: unit.compiler, args, reads });
  if (output.code !== 0) {
    if (output.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
      throw new ColonyError(
        'ERR_COMPILE',
        `${file}: its syntax tree is larger than can be read; put the virtines into a file that includes fewer headers`,
      );
    throw new ColonyError('ERR_COMPILE', output.stderr.trim().slice(0, 4000));
  }
  // The build reports the headers of a file without virtines.
  if (!whole) return { file, declarations: outlineOf(output.stdout), files: new Set([file]) };
  const tree = JSON.parse(output.stdout) as Node;
  const files = new Set<string>();
  locate(tree, {}, files);
  return { file, declarations: tree.inner ?? [], files };
}

/** Gives every place its file and line. clang writes them only if they differ from the last ones that it wrote. */
function locate(value: unknown, last: { file?: string; line?: number }, files: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) locate(item, last, files);
    return;
  }
  const at = value as Location;
  if (at.offset !== undefined && at.col !== undefined) {
    if (at.file !== undefined) {
      last.file = at.file;
      files.add(at.file);
    }
    if (at.line !== undefined) last.line = at.line;
    if (last.file !== undefined) at.file = last.file;
    if (last.line !== undefined) at.line = last.line;
  }
  for (const [key, inner] of Object.entries(value)) if (key !== 'includedFrom') locate(inner, last, files);
}

/** Returns `file:line:column` with the path as clang writes it, for messages and as a key. */
export function placeOf(node: Node): string {
  const at = node.loc?.expansionLoc ?? node.loc;
  return `${at?.file}:${at?.line}:${at?.col}`;
}

/** Returns the words of `colony_in(n)` and the like: [`in`, `n`]. */
export function annotationsOf(node: Node): string[][] {
  return (node.inner ?? [])
    .filter(({ kind }) => kind === 'AnnotateAttr')
    .map((attribute) => (attribute.inner ?? []).flatMap((argument) => stringsIn(argument).slice(0, 1)));
}

/** Returns the string literals in the node, in source order. */
export function stringsIn(node: Node): string[] {
  if (node.kind === 'StringLiteral' && node.value !== undefined) return [JSON.parse(node.value) as string];
  return (node.inner ?? []).flatMap(stringsIn);
}

export interface Doc {
  readonly text: string;
  readonly params: Readonly<Record<string, string>>;
  readonly returns?: string;
}

/** Reads a doc comment as clang parsed it. */
export function docOf(node: Node): Doc | undefined {
  const comment = node.inner?.find(({ kind }) => kind === 'FullComment');
  if (comment === undefined) return undefined;
  const blocks = comment.inner ?? [];
  const paragraphs = blocks
    .filter(({ kind }) => kind === 'ParagraphComment')
    .map(textOf)
    .filter(Boolean);
  const params = blocks
    .filter(({ kind }) => kind === 'ParamCommandComment')
    .map((block) => [block.param ?? '', textOf(block)] as const);
  const returns = blocks.find(({ kind, name }) => kind === 'BlockCommandComment' && /^returns?$/.test(name ?? ''));
  const text = paragraphs.join('\n\n');
  return { text, params: Object.fromEntries(params), ...(returns && { returns: textOf(returns) }) };
}

function textOf(node: Node): string {
  const lines: string[] = [];
  const collect = (at: Node) => {
    if (at.text !== undefined) lines.push(at.text.trim());
    for (const inner of at.inner ?? []) collect(inner);
  };
  collect(node);
  return lines.join('\n').trim();
}
