/** Finds the functions of a module that are virtines. */
import type { Rule } from '../../refusals/index.js';
import type { Refusal } from '../../refusals/refusal.js';
import { DIRECTIVE, isDirective, RUNTIME } from '../syntax/mark.js';
import { bare, type FunctionNode, isFunction, type Node, type Parsed } from '../syntax/parse.js';
import { type Binding, boundTo, closest, type Scopes, specifierName, userOf } from '../syntax/scopes.js';
import { initialiserOf } from '../values/purity.js';

type Call = Extract<Node, { type: 'CallExpression' }>;

export interface VirtineSite {
  readonly kind: 'directive' | 'wrap';
  readonly name: string;
  /** The function, or the name of it. */
  readonly target: Node;
  /** The call `virtine(...)` of a wrap. */
  readonly call: Call | undefined;
  readonly options: Node | undefined;
  /** The declaration at the top level whose value it is. */
  readonly own: Binding | undefined;
}

export const GENERATOR = 'a generator cannot be a virtine: its values do not cross one by one';
export const GENERATOR_ADVICE = 'return an array, or a promise of one';

export interface Search {
  readonly sites: readonly VirtineSite[];
  readonly refusals: readonly Refusal[];
}

export function findVirtines(parsed: Parsed, scopes: Scopes): Search {
  const refusals: Refusal[] = [];
  const sites: VirtineSite[] = [];
  const refuse = (rule: Rule, node: Node, name: string, message: string, advice: string) => {
    const place = parsed.lines.at(node.start);
    refusals.push({ rule, virtine: name, subject: name, message, advice, chain: [], ...place });
  };
  for (const node of scopes.special) {
    if (isFunction(node) && hasDirective(node)) {
      const site = fromDirective(node, scopes, refuse);
      if (site !== undefined) sites.push(site);
    } else if (node.type === 'CallExpression' && isVirtineCall(node, scopes)) {
      const site = fromCall(node, scopes, refuse);
      if (site !== undefined) sites.push(site);
    }
  }
  checkLoose(scopes, refuse);
  return { sites, refusals };
}

type Refuse = (rule: Rule, node: Node, name: string, message: string, advice: string) => void;

function hasDirective(node: FunctionNode): boolean {
  const body = node.body;
  if (body?.type !== 'BlockStatement') return false;
  return body.body.some((statement) => statement.type === 'ExpressionStatement' && statement.directive === DIRECTIVE);
}

function fromDirective(node: FunctionNode, scopes: Scopes, refuse: Refuse): VirtineSite | undefined {
  const name = nameOf(node, scopes);
  const parent = scopes.parents.get(node);
  if (
    parent?.type === 'MethodDefinition' ||
    (parent?.type === 'Property' && (parent.method || parent.kind !== 'init'))
  ) {
    refuse('placement', node, name, `"${DIRECTIVE}" is in a method`, 'move its body to a function and call that');
  } else if (node.generator) {
    refuse('placement', node, name, GENERATOR, GENERATOR_ADVICE);
  } else if (!node.async) {
    const advice = 'write `async` before the function, or wrap it: `virtine(function ...)`';
    refuse('not-async', node, name, 'its calls return promises, but the function is not async', advice);
  } else {
    return { kind: 'directive', name, target: node, call: undefined, options: undefined, own: ownOf(node, scopes) };
  }
  return undefined;
}

/** Whether it calls the runtime's `virtine`, under any local name. */
export function isVirtineCall(node: Call, scopes: Scopes): boolean {
  const { callee } = node;
  const name = callee.type === 'MemberExpression' ? callee.object : callee;
  if (name.type !== 'Identifier') return false;
  const imported = importedName(scopes.bindings.get(name.name));
  if (imported === undefined || !refersTo(name, scopes)) return false;
  if (callee.type === 'Identifier') return imported === 'virtine';
  return imported === '*' && callee.type === 'MemberExpression' && !callee.computed && propertyIs(callee, 'virtine');
}

const propertyIs = (node: Extract<Node, { type: 'MemberExpression' }>, name: string) =>
  node.property.type === 'Identifier' && node.property.name === name;

const refersTo = (name: Node, scopes: Scopes) =>
  scopes.references.find(({ node }) => node === name)?.binding?.kind === 'import';

/** The name that a binding imports from the runtime: 'virtine', 'host', '*'. */
function importedName(binding: Binding | undefined): string | undefined {
  if (binding?.tracked.type !== 'Import' || binding.tracked.importNode.source.value !== RUNTIME) return undefined;
  const specifier = binding.tracked.node;
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  if (specifier.type !== 'ImportSpecifier') return 'default';
  return specifierName(specifier);
}

function fromCall(call: Call, scopes: Scopes, refuse: Refuse): VirtineSite | undefined {
  const [target, options] = call.arguments.map(bare);
  const name = nameOf(call, scopes, target);
  if (target === undefined || (!isFunction(target) && target.type !== 'Identifier')) {
    refuse('placement', call, name, 'virtine() got no function', 'pass a function, or the name of one, directly');
  } else if (isGenerator(target, scopes)) {
    refuse('placement', call, name, GENERATOR, GENERATOR_ADVICE);
  } else {
    return { kind: 'wrap', name, target, call, options, own: ownOf(call, scopes) };
  }
  return undefined;
}

/** Whether the function, or the one that the name stands for in this module, is a generator. */
export function isGenerator(target: Node, scopes: Scopes): boolean {
  const binding = target.type === 'Identifier' ? boundTo(target, scopes) : undefined;
  const named = binding === undefined ? undefined : initialiserOf(binding, scopes);
  if (named?.type === 'Identifier' && named !== target) return isGenerator(named, scopes);
  return [target, named].some((candidate) => isFunction(candidate) && candidate.generator);
}

function checkDirective(node: Node, scopes: Scopes, refuse: Refuse): void {
  const around = closest(node, scopes.parents, isFunction);
  if (around === undefined) {
    refuse('placement', node, 'module', `"${DIRECTIVE}" is outside of a function`, 'put it into each function');
  } else if (!('directive' in node) || node.directive !== DIRECTIVE) {
    const advice = `make it the first statement of the function: '${DIRECTIVE}';`;
    refuse('placement', node, nameOf(around, scopes), `"${DIRECTIVE}" has no effect here`, advice);
  }
}

function nameOf(node: Node, scopes: Scopes, target?: Node): string {
  if ('id' in node && node.id?.type === 'Identifier') return node.id.name;
  const parent = userOf(node, scopes.parents).outer;
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  if ((parent?.type === 'Property' || parent?.type === 'MethodDefinition') && parent.key.type === 'Identifier') {
    return parent.key.name;
  }
  if (parent?.type === 'AssignmentExpression' && parent.left.type === 'Identifier') return parent.left.name;
  if (target?.type === 'Identifier') return target.name;
  if (target !== undefined && 'id' in target && target.id?.type === 'Identifier') return target.id.name;
  if (parent?.type === 'ExportDefaultDeclaration') return 'default';
  const around = parent === undefined ? undefined : closest(parent, scopes.parents, isFunction);
  return around === undefined ? 'anonymous' : nameOf(around, scopes);
}

function ownOf(node: Node, scopes: Scopes): Binding | undefined {
  const declares = (binding: Binding) =>
    binding.node === node || scopes.parents.get(binding.node) === userOf(node, scopes.parents).outer;
  const name = nameOf(node, scopes);
  const binding = scopes.bindings.get(name);
  return binding !== undefined && binding.kind !== 'import' && declares(binding) ? binding : undefined;
}

/** Refuses `virtine` as a value, and directives that do not start a function: they would have no effect. */
function checkLoose(scopes: Scopes, refuse: Refuse): void {
  for (const node of scopes.special) if (isDirective(node)) checkDirective(node, scopes, refuse);
  for (const { node, binding } of scopes.references) {
    if (importedName(binding) !== 'virtine') continue;
    const parent = scopes.parents.get(node);
    if (parent?.type === 'CallExpression' && parent.callee === node) continue;
    if (parent?.type.startsWith('TS') || parent?.type === 'ExportSpecifier') continue;
    refuse('placement', node, 'virtine', '`virtine` is used as a value', 'call it directly: `virtine(function ...)`');
  }
}
