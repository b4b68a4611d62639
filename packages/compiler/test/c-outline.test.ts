/** Files without a virtine are parsed as an outline. Its functions and calls must equal those of the whole tree. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Node, parse } from '../src/c/source/ast.js';

const folder = mkdtempSync(join(tmpdir(), 'colony-outline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = `
typedef int (*step)(int, const char *);
struct table { step first; void (*each)(void *, void (*)(int)); };
static int one(int n, const char *text) { return n + (text != 0); }
extern inline int two(int n, const char *text) { return (one)(n, text); }
int run(struct table *table, step given) {
  table->each(table, 0);
  return one(1, "a'b \`-CallExpr 'int'") + (*given)(2, "x") + given(3, 0) + (given ? given : two)(4, 0) + table->first(5, 0);
}
`;

interface Called {
  readonly functions: readonly string[];
  readonly calls: readonly string[];
}

/** Returns the chains of callees, and all functions with their types. */
function read(nodes: readonly Node[], names = { functions: [] as string[], calls: [] as string[] }): Called {
  for (const node of nodes) {
    if (node.kind === 'FunctionDecl') names.functions.push(`${node.name} ${node.type?.qualType}`);
    if (node.kind === 'CallExpr') names.calls.push(chain(node.inner?.[0]));
    read(node.inner ?? [], names);
  }
  return names;
}

function chain(node: Node | undefined): string {
  if (node === undefined) return '';
  const own = node.referencedDecl?.kind === 'FunctionDecl' ? 'function' : (node.kind ?? '');
  const around = node.kind === 'ImplicitCastExpr' || node.kind === 'ParenExpr';
  const type = node.type?.desugaredQualType ?? node.type?.qualType ?? '';
  return `${own} ${type}${around ? ` > ${chain(node.inner?.[0])}` : ''}`;
}

it('has the functions and calls of the whole tree, with their types', async () => {
  const [plain, marked] = [join(folder, 'plain.c'), join(folder, 'marked.c')];
  writeFileSync(plain, PROGRAM);
  writeFileSync(marked, `${PROGRAM}\nvirtine int marked(int n) { return n; }\n`);
  const outline = read((await parse(plain, folder, [])).declarations);
  const whole = read((await parse(marked, folder, [])).declarations);
  expect(outline.calls).toHaveLength(7);
  expect(outline.calls).toEqual(whole.calls);
  expect([...outline.functions, 'marked int (int)']).toEqual(whole.functions);
});
