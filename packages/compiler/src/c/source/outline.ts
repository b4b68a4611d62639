/**
 * Parses clang's text dump into functions and calls, with their types. Files without virtines and host calls need no
 * more. The tree as JSON is some twenty times as large. With macros that expand to macros it is too large to read
 * (libpng's pngrutil.c: over 256 MB).
 */
import type { Node } from './ast.js';

/** `| |-CallExpr 0x5581 <line:3:1, col:9> 'int'`: the kind, and the rest of the line. */
const LINE = /^[ |`]*-(\w+) (.*)$/;
const TYPE = /'([^']*)'(?::'([^']*)')?/;
/** A function declaration: its name is the word before its type, and only words such as `extern` follow the type. */
const FUNCTION = /(\w+) '([^']*)'(?::'[^']*')?[\w ]*$/;

/** Returns the functions and calls of a text dump as one flat list: their nesting does not matter. */
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

/**
 * Returns the callee of a call: its first child, on the next line. Casts and parentheses are unwrapped the same way.
 */
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
