/** Writes the guest's half of a module: the captured parts, and an entry that takes arguments and captured values. */
import { basename } from 'node:path';
import MagicString, { Bundle } from 'magic-string';
import type { Capture } from '../capture/capture.js';
import type { Import } from '../capture/imports.js';
import { pragmasOf } from '../capture/jsx.js';
import { DIRECTIVE } from '../syntax/mark.js';
import { decoratorsBefore, isFunction, type Node, type Parsed } from '../syntax/parse.js';
import { type Binding, closest, type Scopes } from '../syntax/scopes.js';
import type { VirtineSite } from '../virtines/find.js';
import { isAsyncInNameOnly } from './synchronous.js';

export interface Slice {
  readonly code: string;
  /** Names whose values are passed with each call, in this order. */
  readonly captured: readonly string[];
  /** Whether the entry takes `(args, captured)` instead of the arguments themselves. */
  readonly wrapped: boolean;
}

/** Name of the program's only export. */
export const ENTRY = 'call';
/** Its name inside the program. */
export const ENTRY_NAME = '__colony_call';

export function sliceModule(
  parsed: Parsed,
  scopes: Scopes,
  site: VirtineSite,
  sites: readonly VirtineSite[],
  capture: Capture,
): Slice {
  // The bundler resolves the name relative to the file's folder.
  const source = new MagicString(parsed.text, { filename: basename(parsed.lines.file) });
  for (const other of sites)
    if (other.options !== undefined) source.remove(commaBefore(other, parsed), other.options.end);
  markOwn(source, site);
  const { start } = site.target;
  if (isAsyncInNameOnly(site, scopes, capture)) source.remove(start, start + 'async'.length);
  const bundle = new Bundle({ separator: '\n' });
  const text = (content: string) => bundle.addSource({ content: new MagicString(content), filename: '' });
  const copy = (node: Node, before = '', after = '') =>
    bundle.addSource({ content: source.snip(node.start, node.end).prepend(before).append(after) });
  const isTop = (binding: Binding) => binding.top;
  const pragmas = pragmasOf(parsed);
  if (pragmas !== '') text(`/** ${pragmas} */`);
  text(importText(capture, parsed));
  for (const binding of capture.marshalled.filter(isTop)) text(`let ${binding.name};`);
  for (const { node, keyword } of capture.pieces) {
    // Ends the statement, because its semicolon may belong to the next line of the module.
    if (isNameless(node)) copy(node, `(${decorationOf(node, parsed)}`, ');');
    else if (keyword === undefined)
      copy(node, decorationOf(node, parsed), /Expression|Statement$/.test(node.type) ? ';' : '');
    else copy(node, `${keyword} `, ';');
  }
  const wrapped = capture.marshalled.length > 0 || capture.locals.length > 0;
  if (wrapped) {
    text(`const ${ENTRY_NAME} = (__colony_args, __colony_captured) => {`);
    capture.marshalled.forEach((binding, index) => {
      text(`${isTop(binding) ? '' : 'const '}${binding.name} = __colony_captured[${index}];`);
    });
    for (const { name, value } of capture.locals) copy(value, `const ${name} = `, ';');
    copy(site.target, 'return (', ')(...__colony_args);');
    text('};');
  } else {
    const own = ownAlias(site, capture, scopes);
    if (own === undefined) copy(site.target, `const ${ENTRY_NAME} = (`, ');');
    else text(`const ${ENTRY_NAME} = ${own};`);
  }
  text(`export { ${ENTRY_NAME} as ${ENTRY} };`);
  const map = bundle.generateMap({ hires: 'boundary', includeContent: false });
  const inline = Buffer.from(JSON.stringify(map)).toString('base64');
  const code = `${bundle.toString()}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`;
  return { code, captured: capture.marshalled.map(({ name }) => name), wrapped };
}

/** Replaces `virtine` where the virtine refers to itself: inside, it is an ordinary function. */
const OWN =
  '((fn) => Object.assign(async (...args) => fn(...args), { sync: fn, batch: async (rows) => { const all = []; for (const row of rows) all.push(await fn(...row)); return all; }, ready: async () => {}, dispose: async () => {} }))';

/** Unmarks the program's own virtine, so that any mark in the bundle is another virtine. */
function markOwn(source: MagicString, { target, call }: VirtineSite): void {
  if (call !== undefined) source.overwrite(call.callee.start, call.callee.end, OWN);
  else if (isFunction(target) && target.body?.type === 'BlockStatement') {
    const directive = target.body.body.find(
      (statement) => 'directive' in statement && statement.directive === DIRECTIVE,
    );
    if (directive !== undefined) source.remove(directive.start, directive.end);
  }
}

/** The offset of the comma before the options, after the function's parentheses and comments. */
function commaBefore({ call, target }: VirtineSite, { text }: Parsed): number {
  const end = call?.arguments[0]?.end ?? target.end;
  return end + /^(?:[\s)]|\/\*[\s\S]*?\*\/|\/\/.*)*/.exec(text.slice(end))![0].length;
}

/** The decorators before `export`: `@a export class A {}`. */
function decorationOf(node: Node, { text }: Parsed): string {
  const decorators = decoratorsBefore(node).map(({ start, end }) => text.slice(start, end));
  return decorators.map((decorator) => `${decorator} `).join('');
}

/** Whether it has no name: `export default class {}` is not a statement without its `export`. */
const isNameless = (node: Node) => 'id' in node && node.id === null && node.type.endsWith('Declaration');

/** A recursive `const f = virtine(...)` is in the program already. */
function ownAlias(site: VirtineSite, capture: Capture, scopes: Scopes): string | undefined {
  const { own } = site;
  if (own === undefined) return undefined;
  const declarator = closest(own.node, scopes.parents, (node): node is Node => node.type === 'VariableDeclarator');
  if (!capture.pieces.some(({ node }) => node === declarator)) return undefined;
  return site.kind === 'wrap' ? `${own.name}.sync` : own.name;
}

function importText({ imports, loaded }: Capture, parsed: Parsed): string {
  const sourceOf = ({ source, end }: Import) => parsed.text.slice(source.start, end).replace(/;\s*$/, '');
  const named = [...imports].flatMap(({ name, node: at, tracked }) => {
    if (tracked.type !== 'Import') return [];
    const { importNode, node } = tracked;
    const from = sourceOf(importNode as Import);
    if (node.type === 'ImportDefaultSpecifier') return [{ at, line: `import ${name} from ${from};` }];
    if (node.type === 'ImportNamespaceSpecifier') return [{ at, line: `import * as ${name} from ${from};` }];
    const imported = parsed.text.slice(node.imported.start, node.imported.end);
    return [{ at, line: `import { ${imported} as ${name} } from ${from};` }];
  });
  const bare = loaded.map((at) => ({ at, line: `import ${sourceOf(at)};` }));
  // Source order is the order in which modules are evaluated.
  const ordered = [...named, ...bare].sort((a, b) => a.at.start - b.at.start);
  return ordered.map(({ line }) => line).join('\n');
}
