/** Resolves names to declarations, and lists the reads and writes of each. */
import { isReferenceIdentifier, ScopeTracker, type ScopeTrackerNode, walk } from 'oxc-walker';
import { bare, type Node, type Program } from './parse.js';

export interface Reference {
  readonly name: string;
  readonly node: Node;
  /** Absent for a global of the platform. */
  readonly binding: Binding | undefined;
  readonly writes: boolean;
}

export type BindingKind = 'import' | 'function' | 'class' | 'variable' | 'parameter' | 'arguments' | 'other';

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** Declared at the top level of the module. */
  readonly top: boolean;
  /** The identifier or function that declares it. */
  readonly node: Node;
  readonly tracked: ScopeTrackerNode;
  readonly references: Reference[];
}

export interface Scopes {
  readonly program: Program;
  /** In source order. */
  readonly references: readonly Reference[];
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly parents: ReadonlyMap<Node, Node>;
  /** Nodes of these types, in source order. */
  readonly special: readonly Node[];
  /** The meaning of a name; undefined for a declaration without references. */
  readonly meaningOf: (name: Node) => Binding | 'global' | undefined;
}

/** Types of nodes that are collected besides names. */
const SPECIAL: ReadonlySet<string> = new Set([
  'ThisExpression',
  'Super',
  'MetaProperty',
  'ImportExpression',
  'AwaitExpression',
  'CallExpression',
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ExpressionStatement',
  'JSXElement',
  'JSXFragment',
]);

/** Resolves every name of a module. `bindings` holds those of the top level. */
export function analyseScopes(program: Program): Scopes {
  const scopeTracker = new ScopeTracker({ preserveExitedScopes: true });
  walk(program, { scopeTracker });
  scopeTracker.freeze();
  const known = new Map<ScopeTrackerNode, Binding>();
  const parents = new Map<Node, Node>();
  const references: Reference[] = [];
  const special: Node[] = [];
  walk(program, {
    scopeTracker,
    enter(node, parent) {
      if (parent !== null) parents.set(node, parent);
      if (SPECIAL.has(node.type)) special.push(node);
      if (isReExport(node)) return this.skip();
      if (!isName(node, parent)) return;
      if (node.type === 'Identifier' && !isReferenceIdentifier(node, parent) && !isOther(node, parents)) return;
      const tracked = scopeTracker.getDeclaration(node.name);
      // A name in a declaring pattern looks like a reference.
      if (tracked?.node === node) return;
      const binding = tracked === null ? undefined : bindingOf(tracked, node.name, known);
      const reference = { name: node.name, node, binding, writes: isWritten(node, parents) };
      if (isDeclarationAgain(node, parents)) return;
      references.push(reference);
      binding?.references.push(reference);
    },
  });
  const bindings = topLevel(scopeTracker, program, known);
  return { program, references, parents, special, bindings, meaningOf: meanings(references) };
}

/** Computed at the first use: most modules never need it. */
function meanings(references: readonly Reference[]): Scopes['meaningOf'] {
  let known: Map<Node, Binding | 'global'> | undefined;
  return (name) => {
    if (known === undefined) {
      known = new Map(references.map(({ node, binding }) => [node, binding ?? 'global']));
      for (const { binding } of references) if (binding !== undefined) known.set(binding.node, binding);
    }
    return known.get(name);
  };
}

type Name = Extract<Node, { type: 'Identifier' | 'JSXIdentifier' }>;

/** `<Name/>` and `<name.Part/>` read the name; `<name/>` and attributes do not. */
function isName(node: Node, parent: Node | null): node is Name {
  if (node.type !== 'JSXIdentifier') return node.type === 'Identifier';
  if (parent?.type === 'JSXMemberExpression') return parent.object === node;
  return /^[^a-z]/.test(node.name) && parent?.type !== 'JSXAttribute';
}

/** `N` in `import a = N.b.c`. */
function isOther(node: Node, parents: ReadonlyMap<Node, Node>): boolean {
  let inner = node;
  let outer = parents.get(inner);
  while (outer?.type === 'TSQualifiedName' && outer.left === inner) {
    inner = outer;
    outer = parents.get(inner);
  }
  return outer?.type === 'TSImportEqualsDeclaration' && outer.moduleReference === inner;
}

const isReExport = (node: Node) =>
  (node.type === 'ExportNamedDeclaration' && node.source !== null) || node.type === 'ExportAllDeclaration';

/** `var a; var a;`: the tracker keeps one of them. */
function isDeclarationAgain(node: Node, parents: ReadonlyMap<Node, Node>): boolean {
  const top = patternTop(node, parents);
  const parent = parents.get(top);
  return parent?.type === 'VariableDeclarator' && parent.id === top && parent.init === null;
}

function bindingOf(tracked: ScopeTrackerNode, name: string, known: Map<ScopeTrackerNode, Binding>): Binding {
  let binding = known.get(tracked);
  if (binding === undefined) {
    const top = tracked.scope === '';
    binding = { name, kind: kindOf(tracked), top, node: tracked.node as Node, tracked, references: [] };
    known.set(tracked, binding);
  }
  return binding;
}

function kindOf(tracked: ScopeTrackerNode): BindingKind {
  switch (tracked.type) {
    case 'Import':
      return 'import';
    case 'Function':
      return 'function';
    case 'Variable':
      return 'variable';
    case 'FunctionParam':
    case 'CatchParam':
      return 'parameter';
    case 'FunctionArguments':
      return 'arguments';
    default:
      return 'other';
  }
}

/** Adds names without references, which are bindings, too. */
function topLevel(tracker: ScopeTracker, program: Program, known: Map<ScopeTrackerNode, Binding>) {
  const bindings = new Map<string, Binding>();
  for (const binding of known.values()) if (binding.top) bindings.set(binding.name, binding);
  for (const name of declaredNames(program)) {
    const tracked = bindings.has(name) ? null : tracker.getDeclaration(name);
    if (tracked !== null) bindings.set(name, bindingOf(tracked, name, known));
  }
  return bindings;
}

function declaredNames(program: Program): string[] {
  return program.body.flatMap((statement) => {
    const inner = 'declaration' in statement && statement.declaration ? statement.declaration : statement;
    if (inner.type === 'VariableDeclaration') return inner.declarations.flatMap(({ id }) => patternNames(id));
    if (inner.type === 'ImportDeclaration') return inner.specifiers.map(({ local }) => local.name);
    return 'id' in inner && inner.id?.type === 'Identifier' ? [inner.id.name] : [];
  });
}

/** Names that a pattern declares. */
export function patternNames(pattern: Node | null): string[] {
  return patternIdentifiers(pattern).map(({ name }) => name);
}

/** The identifiers that a pattern declares. */
export function patternIdentifiers(pattern: Node | null): Extract<Node, { type: 'Identifier' }>[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern];
    case 'AssignmentPattern':
      return patternIdentifiers(pattern.left);
    case 'RestElement':
      return patternIdentifiers(pattern.argument);
    case 'TSParameterProperty':
      return patternIdentifiers(pattern.parameter);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => patternIdentifiers(element));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        patternIdentifiers(property.type === 'Property' ? property.value : property),
      );
    default:
      return [];
  }
}

/** The outermost pattern around the name. */
function patternTop(node: Node, parents: ReadonlyMap<Node, Node>): Node {
  let inner = node;
  for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
    const within =
      outer.type === 'ArrayPattern' ||
      outer.type === 'ObjectPattern' ||
      outer.type === 'RestElement' ||
      (outer.type === 'AssignmentPattern' && outer.left === inner) ||
      (outer.type === 'Property' && outer.value === inner && parents.get(outer)?.type === 'ObjectPattern') ||
      outer.type === 'TSAsExpression' ||
      outer.type === 'TSNonNullExpression';
    if (!within) break;
    inner = outer;
  }
  return inner;
}

/** Whether the name, or a pattern around it, is assigned to. */
export function isWritten(node: Node, parents: ReadonlyMap<Node, Node>): boolean {
  const top = patternTop(node, parents);
  const parent = parents.get(top);
  switch (parent?.type) {
    case 'AssignmentExpression':
    case 'ForInStatement':
    case 'ForOfStatement':
      return parent.left === top;
    case 'UpdateExpression':
      return true;
    case 'VariableDeclarator':
      return parent.id === top && parent.init !== null;
    default:
      return false;
  }
}

/** Whether the member access is deleted: `delete x.y`. */
export function isDeleted(node: Node, parents: ReadonlyMap<Node, Node>): boolean {
  const { outer } = userOf(node, parents);
  return outer?.type === 'UnaryExpression' && outer.operator === 'delete';
}

/** The node around `node`, beyond assertions and `?.`, and the outermost of these. */
export function userOf(
  node: Node,
  parents: ReadonlyMap<Node, Node>,
): { readonly inner: Node; readonly outer: Node | undefined } {
  let inner = node;
  let outer = parents.get(inner);
  while (outer !== undefined && bare(outer) !== outer) {
    inner = outer;
    outer = parents.get(inner);
  }
  return { inner, outer };
}

/** The declaration that a name refers to, or is; undefined for a global. */
export function boundTo(name: Node, { meaningOf }: Scopes): Binding | undefined {
  const meaning = meaningOf(name);
  return meaning === 'global' ? undefined : meaning;
}

/** Whether the name ever has another value. */
export const isReassigned = ({ references }: Binding): boolean => references.some(({ writes }) => writes);

/** The name in the module that it is imported from. */
export const specifierName = ({ imported }: Extract<Node, { type: 'ImportSpecifier' }>): string =>
  imported.type === 'Identifier' ? imported.name : imported.value;

export const within = (node: Node, outer: { start: number; end: number }) =>
  node.start >= outer.start && node.end <= outer.end;

/** The nearest matching node: `node` itself, or one around it. */
export function closest<T extends Node>(
  node: Node,
  parents: ReadonlyMap<Node, Node>,
  fits: (node: Node) => node is T,
): T | undefined {
  for (let at: Node | undefined = node; at !== undefined; at = parents.get(at)) if (fits(at)) return at;
  return undefined;
}
