/**
 * Of files that have no virtine and ask nothing of the host only functions and calls matter, with their types. clang's
 * tree as JSON is some twenty times as large as the same as text, and with macros of macros more than can be read
 * (libpng's pngrutil.c: over 256 MB).
 */
import type { Node } from './ast.js';

/** `| |-CallExpr 0x5581 <line:3:1, col:9> 'int'`: the kind, and all that follows. */
const LINE = /^[ |`]*-(\w+) (.*)$/;
const TYPE = /'([^']*)'(?::'([^']*)')?/;
/**
 * Where a function is declared: its name is the word before its type, and after that come only `extern` and the like.
 */
const FUNCTION = /(\w+) '([^']*)'(?::'[^']*')?[\w ]*$/;

/** Functions and calls in what `-ast-dump` writes, one after the other: whose they are does not matter. */
export function outlineOf(text: string): Node[] {
  const lines = text.split('\n').map((line) => LINE.exec(line));
  const nodes: Node[] = [];
  for (const [i, line] of lines.entries()) {
    if (line?.[1] === 'FunctionDecl') {
      const match = FUNCTION.exec(line[2]!);
      if (match !== null) nodes.push({ kind: 'FunctionDecl', name: match[1]!, type: { qualType: match[2]! } });
    } else if (line?.[1] === 'CallExpr') nodes.push({ kind: 'CallExpr', inner: calleeAt(lines, i + 1) });
  }
  return nodes;
}

/** What is called is the first child: the next line; so is what a cast or a parenthesis is around. */
function calleeAt(lines: readonly (RegExpExecArray | null)[], at: number): Node[] {
  const line = lines[at];
  if (line == null) return [];
  const [, kind, rest] = line;
  const [, qualType = '', desugaredQualType] = TYPE.exec(rest!) ?? [];
  const type = { qualType, ...(desugaredQualType !== undefined && { desugaredQualType }) };
  const around = kind === 'ImplicitCastExpr' || kind === 'ParenExpr';
  const referenced = kind === 'DeclRefExpr' && / Function 0x/.test(rest!) ? { kind: 'FunctionDecl' } : undefined;
  return [
    {
      ...{ kind: kind!, type, inner: around ? calleeAt(lines, at + 1) : [] },
      ...(referenced !== undefined && { referencedDecl: referenced }),
    },
  ];
}
