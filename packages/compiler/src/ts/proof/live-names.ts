/**
 * Finds the names that a finished program may reach, a second time. It has its own rules for scopes and for the code
 * that runs, so that a fault of the analysis in `facts` does not hide itself. It runs nothing and trusts no name.
 */
import { visitorKeys } from 'oxc-parser';
import { hasEffects } from '../facts/classes.js';
import { helpersIn, moduleIn } from '../facts/helpers.js';
import { type FunctionNode, isClass, isFunction, type Node, type Parsed } from '../syntax/parse.js';

/** A name, `import()` or `import.meta` that may run. */
export interface LiveName {
  readonly name: string;
  readonly node: Node;
  readonly parent: Node;
  /** Its declaration; undefined for a global. */
  readonly declared: Node | undefined;
}

/** Code that runs only when something refers to its name. */
interface Sleeper {
  readonly names: Reference[];
  awake: boolean;
}

interface Declared {
  readonly node: Node;
  readonly sleepers: Sleeper[];
}

interface Scope {
  readonly names: Map<string, Declared>;
  readonly outer: Scope | undefined;
  /** The scope that `var` declares in. */
  readonly vars: Scope | undefined;
}

interface Reference {
  readonly name: string;
  readonly node: Node;
  readonly parent: Node;
  readonly scope: Scope;
}

export function liveNames(parsed: Parsed): readonly LiveName[] {
  return new Reader(parsed).read();
}

class Reader {
  readonly #isModule: (name: string) => boolean;

  constructor(private readonly parsed: Parsed) {
    const helpers = helpersIn(parsed);
    this.#isModule = (name) => helpers.get(name)?.helper === 'module';
  }

  read(): readonly LiveName[] {
    const main: Sleeper = { names: [], awake: true };
    const { program } = this.parsed;
    const scope = open(undefined, true);
    for (const statement of program.body) this.#visit(statement, program, scope, main);
    return wake(main);
  }

  #visit(node: Node, parent: Node, scope: Scope, sleeper: Sleeper): void {
    switch (node.type) {
      case 'Identifier':
        sleeper.names.push({ name: node.name, node, parent, scope });
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        if (isFunction(node)) this.#function(node, scope, sleeper);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.#class(node, scope, sleeper);
        return;
      case 'VariableDeclaration':
        this.#variables(node, scope, sleeper);
        return;
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
        this.#children(node, open(scope, false), sleeper);
        return;
      case 'StaticBlock':
        this.#children(node, open(scope, true), sleeper);
        return;
      case 'CatchClause':
        this.#catch(node, scope, sleeper);
        return;
      default:
        this.#other(node, parent, scope, sleeper);
    }
  }

  /** Handles nodes that contain names without a reference. */
  #other(node: Node, parent: Node, scope: Scope, sleeper: Sleeper): void {
    const visit = (child: Node) => this.#visit(child, node, scope, sleeper);
    switch (node.type) {
      case 'MemberExpression':
        visit(node.object);
        if (node.computed) visit(node.property);
        return;
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
        if (node.computed) visit(node.key);
        if (node.value !== null) visit(node.value);
        if ('decorators' in node) node.decorators.forEach(visit);
        return;
      case 'LabeledStatement':
        visit(node.body);
        return;
      case 'MetaProperty':
        if (node.meta.name === 'import') sleeper.names.push({ name: 'import.meta', node, parent, scope });
        return;
      case 'ExportNamedDeclaration':
        if (node.declaration !== null) visit(node.declaration);
        for (const { local } of node.source === null ? node.specifiers : []) visit(local as Node);
        return;
      case 'ImportExpression':
        sleeper.names.push({ name: 'import', node, parent, scope });
        this.#children(node, scope, sleeper);
        return;
      case 'ImportDeclaration':
        for (const { local } of node.specifiers) declare(scope, local.name, local);
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'ExportAllDeclaration':
        return;
      default:
        this.#children(node, scope, sleeper);
    }
  }

  #children(node: Node, scope: Scope, sleeper: Sleeper): void {
    for (const key of visitorKeys[node.type] ?? []) {
      const child = (node as unknown as Record<string, Node | (Node | null)[] | null | undefined>)[key];
      if (Array.isArray(child)) {
        for (const item of child) if (item !== null) this.#visit(item, node, scope, sleeper);
      } else if (child) this.#visit(child, node, scope, sleeper);
    }
  }

  #function(node: FunctionNode, scope: Scope, sleeper: Sleeper): void {
    let inner = sleeper;
    let around = scope;
    if (node.type === 'FunctionDeclaration' && node.id !== null) {
      inner = asleep();
      declare(scope, node.id.name, node.id, inner);
    } else if (node.type === 'FunctionExpression' && node.id !== null) {
      around = open(scope, false);
      declare(around, node.id.name, node.id);
    }
    const own = open(around, true);
    if (node.type !== 'ArrowFunctionExpression') declare(own, 'arguments', node);
    for (const parameter of node.params) this.#pattern(parameter as Node, own, own, inner);
    if (node.body === null) return;
    // Default values of parameters do not see the variables of the body.
    const body = open(own, true);
    if (node.body.type === 'BlockStatement') this.#children(node.body, body, inner);
    else this.#visit(node.body, node, body, inner);
  }

  #class(node: Node, scope: Scope, sleeper: Sleeper): void {
    if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return;
    const isDeclared = node.type === 'ClassDeclaration' && node.id !== null;
    const inner = isDeclared && !hasEffects(node) ? asleep() : sleeper;
    const own = open(scope, false);
    if (node.id !== null) {
      if (isDeclared) declare(scope, node.id.name, node.id, inner);
      declare(own, node.id.name, node.id, inner);
    }
    for (const decorator of node.decorators) this.#visit(decorator, node, scope, sleeper);
    if (node.superClass !== null) this.#visit(node.superClass, node, own, inner);
    this.#children(node.body, own, inner);
  }

  #variables(node: Extract<Node, { type: 'VariableDeclaration' }>, scope: Scope, sleeper: Sleeper): void {
    const target = node.kind === 'var' ? (scope.vars ?? scope) : scope;
    for (const { id, init } of node.declarations) {
      const waits = id.type === 'Identifier' && init !== null && this.#waits(init);
      const inner = waits ? asleep() : sleeper;
      this.#pattern(id, target, scope, sleeper, waits ? inner : undefined);
      if (init !== null) this.#visit(init, node, scope, inner);
    }
  }

  /** True if making the value does nothing. */
  #waits(init: Node): boolean {
    return isFunction(init) || (isClass(init) && !hasEffects(init)) || moduleIn(init, this.#isModule) !== undefined;
  }

  #catch(node: Extract<Node, { type: 'CatchClause' }>, scope: Scope, sleeper: Sleeper): void {
    const own = open(scope, false);
    if (node.param !== null) this.#pattern(node.param, own, own, sleeper);
    this.#visit(node.body, node, own, sleeper);
  }

  /** Declares the names of a pattern, and visits the expressions that it evaluates. */
  #pattern(node: Node, target: Scope, scope: Scope, sleeper: Sleeper, value?: Sleeper): void {
    const inner = (child: Node) => this.#pattern(child, target, scope, sleeper);
    switch (node.type) {
      case 'Identifier':
        declare(target, node.name, node, value);
        return;
      case 'AssignmentPattern':
        inner(node.left);
        this.#visit(node.right, node, scope, sleeper);
        return;
      case 'RestElement':
        inner(node.argument);
        return;
      case 'ArrayPattern':
        for (const element of node.elements) if (element !== null) inner(element);
        return;
      case 'ObjectPattern':
        for (const property of node.properties) inner(property);
        return;
      case 'Property':
        if (node.computed) this.#visit(node.key, node, scope, sleeper);
        inner(node.value);
        return;
      default:
        this.#visit(node, node, scope, sleeper);
    }
  }
}

const asleep = (): Sleeper => ({ names: [], awake: false });

function open(outer: Scope | undefined, isFunctions: boolean): Scope {
  const scope = { names: new Map<string, Declared>(), outer, vars: outer?.vars };
  if (isFunctions) scope.vars = scope;
  return scope;
}

function declare(scope: Scope, name: string, node: Node, sleeper?: Sleeper): void {
  let declared = scope.names.get(name);
  if (declared === undefined) {
    declared = { node, sleepers: [] };
    scope.names.set(name, declared);
  }
  if (sleeper !== undefined) declared.sleepers.push(sleeper);
}

function lookUp({ name, scope }: Reference): Declared | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    const declared = at.names.get(name);
    if (declared !== undefined) return declared;
  }
  return undefined;
}

/** Collects the references of code that runs at the start, and of all code that these references reach. */
function wake(main: Sleeper): LiveName[] {
  const live: LiveName[] = [];
  const queue = [main];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const reference of next.names) {
      const declared = lookUp(reference);
      const { name, node, parent } = reference;
      live.push({ name, node, parent, declared: declared?.node });
      for (const sleeper of declared?.sleepers ?? []) {
        if (sleeper.awake) continue;
        sleeper.awake = true;
        queue.push(sleeper);
      }
    }
  }
  return live;
}
