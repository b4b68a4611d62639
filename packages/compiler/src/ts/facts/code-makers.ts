/**
 * Finds code that is made at run time: with `eval`, `Function`, and the constructors of functions, under any name that
 * can be followed. Names that cannot be followed throw in the guest, from which these constructors are removed:
 * `finish.ts`.
 */
import { bare, isClass, isFunction, memberName, type Node } from '../syntax/parse.js';
import type { Scopes } from '../syntax/scopes.js';
import { type Constants, keyOf } from '../values/constants.js';
import { GUEST_GLOBALS } from '../values/platform.js';
import type { Flows, Source, Use } from './flows.js';

export interface Made {
  readonly at: Node;
  /** The call of `Function('return this')`, which returns globalThis. */
  readonly global?: Node;
}

/** Members that make no code. */
const HARMLESS_KEYS = /^(?:prototype|name|length|toString|hasOwnProperty|isPrototypeOf|valueOf)$/;
const METHODS = /^(?:call|apply|bind)$/;
const NO_FUNCTIONS = /^(?:undefined|NaN|Infinity|globalThis|host|colony|console|Math|JSON|Reflect|crypto|performance)$/;

export class CodeMakers {
  constructor(
    private readonly scopes: Scopes,
    private readonly constants: Constants,
    private readonly flows: Flows,
  ) {}

  /** Returns the places at which `source`, which has the value of `eval` or `Function`, makes code. */
  of(name: string, source: Source): readonly Made[] {
    return this.flows.usesOf(source).flatMap((use) => (name === 'eval' ? this.#evaluates(use) : this.#makes(use)));
  }

  /** Returns the places at which `(function () {}).constructor` and the like make code. */
  hidden(): readonly { readonly from: Node; readonly made: Made }[] {
    return this.#constructors().flatMap((from) => this.of('Function', from).map((made) => ({ from, made })));
  }

  #evaluates(use: Use): Made[] {
    return use.kind === 'harmless' ? [] : [{ at: use.from }];
  }

  #makes(use: Use): Made[] {
    switch (use.kind) {
      case 'harmless':
        return [];
      case 'call':
      case 'new':
        return this.#returnsThis(use.node) ? this.#globalsFrom(use.node) : [{ at: use.from }];
      case 'member':
        // The method alone, as `Function.call`, is the one that all functions share.
        if (METHODS.test(use.key ?? '')) return this.#isCalled(use.node) ? [{ at: use.from }] : [];
        return use.key !== undefined && HARMLESS_KEYS.test(use.key) ? [] : [{ at: use.from }];
      case 'pattern':
        return use.key !== undefined && (HARMLESS_KEYS.test(use.key) || METHODS.test(use.key))
          ? []
          : [{ at: use.from }];
      case 'extends':
        return [{ at: use.from }];
      case 'escape':
        return this.#isReflected(use.from) ? [{ at: use.from }] : [];
    }
  }

  #isCalled(callee: Node): boolean {
    const call = this.scopes.parents.get(callee);
    return call?.type === 'CallExpression' && call.callee === callee;
  }

  #returnsThis(call: Node): boolean {
    if (call.type !== 'CallExpression' && call.type !== 'NewExpression') return false;
    const [text] = call.arguments;
    return call.arguments.length === 1 && this.constants.valueOf(text as Node) === 'return this';
  }

  /** Calls of the function that was made return the global object. */
  #globalsFrom(made: Node): Made[] {
    return this.flows.usesOf(made).flatMap((use) => (use.kind === 'call' ? [{ at: use.from, global: use.node }] : []));
  }

  /** True for an argument of a method of `Reflect`: `Reflect.construct(Function, ...)`, `Reflect.apply(Function, ...)`. */
  #isReflected(node: Node): boolean {
    const call = this.scopes.parents.get(node);
    if (call?.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return false;
    const { object } = call.callee;
    return object.type === 'Identifier' && object.name === 'Reflect' && this.scopes.meaningOf(object) === 'global';
  }

  #constructors(): Source[] {
    const sources: Source[] = [];
    for (const node of this.scopes.parents.keys()) {
      if (node.type === 'MemberExpression') {
        if (this.#isConstructor(node) && this.#isFunction(node.object)) sources.push(node);
      } else if (node.type === 'Property' && !node.computed && keyOf(node) === 'constructor') {
        const pattern = this.scopes.parents.get(node);
        const declarator = pattern?.type === 'ObjectPattern' ? this.scopes.parents.get(pattern) : undefined;
        const init = declarator?.type === 'VariableDeclarator' ? declarator.init : null;
        if (init !== null && this.#isFunction(init)) sources.push(node);
      }
    }
    return sources;
  }

  #isConstructor(node: Extract<Node, { type: 'MemberExpression' }>): boolean {
    const name = memberName(node);
    if (name !== undefined || !node.computed) return name === 'constructor';
    const isText = node.property.type === 'BinaryExpression' || node.property.type === 'TemplateLiteral';
    return isText && this.constants.valueOf(node.property) === 'constructor';
  }

  /** True for a function, in the forms that people write. An object's own `constructor` counts as one. */
  #isFunction(input: Node): boolean {
    const node = bare(input);
    switch (node.type) {
      case 'Identifier':
        return this.#namesFunction(node);
      case 'MemberExpression':
        return this.#isFunctionMember(node);
      case 'CallExpression': {
        const [first] = node.arguments;
        const isPrototype = memberName(node.callee) === 'getPrototypeOf' && first !== undefined;
        return isPrototype && this.#isFunction(first as Node);
      }
      default:
        return isFunction(node) || isClass(node);
    }
  }

  #namesFunction(name: Extract<Node, { type: 'Identifier' }>): boolean {
    const binding = this.scopes.meaningOf(name);
    if (binding === 'global') return GUEST_GLOBALS.has(name.name) && !NO_FUNCTIONS.test(name.name);
    if (binding === undefined) return false;
    if (isFunction(binding.node) || isClass(binding.node)) return true;
    const declarator = this.scopes.parents.get(binding.node);
    if (isClass(declarator)) return true;
    const init = declarator?.type === 'VariableDeclarator' ? declarator.init : null;
    return isFunction(init) || isClass(init) || (init?.type === 'MemberExpression' && this.#isConstructor(init));
  }

  #isFunctionMember(node: Extract<Node, { type: 'MemberExpression' }>): boolean {
    if (this.#isConstructor(node)) return true;
    const name = memberName(node);
    const object = bare(node.object);
    if (name === '__proto__') return this.#isFunction(object);
    if (name === 'prototype') return object.type === 'Identifier' && object.name === 'Function';
    // `[].filter`, `Math.max`, `Array.prototype.map`.
    if (name === undefined) return false;
    if (/^(?:ArrayExpression|ObjectExpression|Literal|TemplateLiteral)$/.test(object.type))
      return object.type !== 'ObjectExpression';
    if (object.type === 'Identifier') {
      return (
        this.scopes.meaningOf(object) === 'global' &&
        /^(?:Math|JSON|Reflect|Object|Array|String|Promise)$/.test(object.name)
      );
    }
    return object.type === 'MemberExpression' && memberName(object) === 'prototype' && this.#namesGlobal(object.object);
  }

  #namesGlobal(node: Node): boolean {
    return node.type === 'Identifier' && this.scopes.meaningOf(node) === 'global' && GUEST_GLOBALS.has(node.name);
  }
}
