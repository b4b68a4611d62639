/** What a use of a capability asks for, as far as the source tells. */
import { resolve } from 'node:path/posix';
import type { KnownArgument, Wish } from '../../policy/needs.js';
import { memberName, type Node } from '../parse.js';
import type { Scopes } from '../scopes.js';
import { type Constants, keyOf, UNKNOWN } from './constants.js';

type Call = Extract<Node, { type: 'CallExpression' }>;

export interface Asked {
  readonly wish: Wish;
  readonly what: string;
}

export class Wishes {
  constructor(
    private readonly scopes: Scopes,
    private readonly constants: Constants,
  ) {}

  /** `node` stands for the global `name`. Nothing where it needs no grant. */
  of(name: string, node: Node): readonly Asked[] {
    switch (name) {
      case 'console':
        return [{ wish: { kind: 'console' }, what: this.#shown(name, node) }];
      case 'performance':
        return [{ wish: { kind: 'clock' }, what: this.#shown(name, node) }];
      case 'crypto':
        return [{ wish: { kind: 'random' }, what: this.#shown(name, node) }];
      case 'Date':
        return this.#date(node);
      case 'Math':
        return this.#math(node);
      case 'fetch':
        return [this.#fetch(node)];
      case 'host':
        return this.#host(node);
      case 'colony':
        return this.#colony(node);
      default:
        return [];
    }
  }

  #member(node: Node): Extract<Node, { type: 'MemberExpression' }> | undefined {
    const parent = this.scopes.parents.get(node);
    return parent?.type === 'MemberExpression' && parent.object === node ? parent : undefined;
  }

  #call(callee: Node | undefined): Call | undefined {
    const parent = callee === undefined ? undefined : this.scopes.parents.get(callee);
    return parent?.type === 'CallExpression' && parent.callee === callee ? parent : undefined;
  }

  #shown(name: string, node: Node): string {
    const member = this.#member(node);
    const key = member === undefined ? undefined : memberName(member);
    return key === undefined ? name : `${name}.${key}`;
  }

  #date(node: Node): Asked[] {
    const parent = this.scopes.parents.get(node);
    const clock = (what: string): Asked[] => [{ wish: { kind: 'clock' }, what }];
    if (parent?.type === 'NewExpression' && parent.callee === node) {
      return parent.arguments.length === 0 || parent.arguments[0]?.type === 'SpreadElement' ? clock('new Date()') : [];
    }
    if (parent?.type === 'BinaryExpression' || parent?.type === 'UnaryExpression') return [];
    const member = this.#member(node);
    if (member === undefined) return clock('Date');
    const key = memberName(member);
    return key === 'UTC' || key === 'parse' || key === 'prototype' || key === 'name'
      ? []
      : clock(`Date.${key ?? '[...]'}`);
  }

  #math(node: Node): Asked[] {
    const member = this.#member(node);
    const key = member === undefined ? undefined : memberName(member);
    if (key !== undefined && key !== 'random') return [];
    return [{ wish: { kind: 'random' }, what: key === undefined ? 'Math, as a value' : 'Math.random' }];
  }

  #fetch(node: Node): Asked {
    const [url, init] = this.#call(node)?.arguments ?? [];
    const origin = url === undefined ? undefined : originOf(this.constants.prefixOf(url));
    if (origin === undefined) return { wish: { kind: 'unknown', of: 'fetch' }, what: 'fetch' };
    const methods = this.#methods(init);
    return { wish: { kind: 'fetch', origin, ...(methods === undefined ? {} : { methods }) }, what: `fetch ${origin}` };
  }

  #methods(init: Node | undefined): string[] | undefined {
    if (init === undefined) return ['GET'];
    if (init.type !== 'ObjectExpression') return undefined;
    for (const property of init.properties) {
      if (property.type !== 'Property' || keyOf(property) === undefined) return undefined;
      if (keyOf(property) !== 'method') continue;
      const values = this.constants.valuesOf(property.value);
      if (values === UNKNOWN || !values.every((each) => typeof each === 'string')) return undefined;
      return values.map((each) => each.toUpperCase());
    }
    return ['GET'];
  }

  #host(node: Node): Asked[] {
    const member = this.#member(node);
    const parent = this.scopes.parents.get(node);
    const name = member === undefined ? undefined : this.#key(member);
    if (member !== undefined && name !== undefined) {
      const args = argumentsOf(this.#call(member), this.constants);
      return [{ wish: { kind: 'hypercall', name, ...(args === undefined ? {} : { args }) }, what: `host.${name}` }];
    }
    if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'ObjectPattern') {
      const names = parent.id.properties.map((each) => (each.type === 'Property' ? keyOf(each) : undefined));
      if (!names.includes(undefined)) {
        return names.map((each) => ({ wish: { kind: 'hypercall', name: each! }, what: `host.${each}` }));
      }
    }
    return [{ wish: { kind: 'unknown', of: 'hypercall' }, what: 'host, with a name that is not constant' }];
  }

  #key(member: Extract<Node, { type: 'MemberExpression' }>): string | undefined {
    if (!member.computed) return memberName(member);
    const value = this.constants.valueOf(member.property);
    return typeof value === 'string' ? value : undefined;
  }

  #colony(node: Node): Asked[] {
    const member = this.#member(node);
    const key = member === undefined ? undefined : memberName(member);
    if (key === 'env') {
      const [name] = this.#call(member)?.arguments ?? [];
      const value = name === undefined ? UNKNOWN : this.constants.valueOf(name);
      if (typeof value === 'string')
        return [{ wish: { kind: 'env', name: value }, what: `colony.env(${JSON.stringify(value)})` }];
      return [{ wish: { kind: 'unknown', of: 'env' }, what: 'colony.env' }];
    }
    const method = member === undefined ? undefined : this.#member(member);
    const action = method === undefined ? undefined : memberName(method);
    if (key !== 'fs' || action === undefined) {
      return [{ wish: { kind: 'unknown', of: 'fs.read' }, what: 'colony, as a value' }];
    }
    const kind = action === 'write' ? 'fs.write' : 'fs.read';
    const [path] = this.#call(method)?.arguments ?? [];
    const below = path === undefined ? undefined : directoryOf(this.constants.prefixOf(path));
    const what = `colony.fs.${action}`;
    return [{ wish: below === undefined ? { kind: 'unknown', of: kind } : { kind, path: below }, what }];
  }
}

function originOf({ text, whole }: { text: string; whole: boolean }): string | undefined {
  const match = /^https?:\/\/[^/?#\\]+(?=([/?#])?)/i.exec(text);
  if (match === null || (match[1] === undefined && !whole) || !URL.canParse(match[0])) return undefined;
  return new URL(match[0]).origin;
}

/** The path itself where all of it is known, else the directory that its known start names. */
function directoryOf({ text, whole }: { text: string; whole: boolean }): string | undefined {
  if (whole) return resolve('/', text);
  const directory = text.slice(0, text.lastIndexOf('/'));
  const resolved = resolve('/', directory);
  return resolved === '/' ? undefined : resolved;
}

/** What a predicate can hold: a policy is JSON, which has no -0 and no infinity. */
const isJson = (value: unknown): value is string | number | boolean | null =>
  typeof value === 'number'
    ? Number.isFinite(value) && !Object.is(value, -0)
    : value === null || typeof value === 'string' || typeof value === 'boolean';

function argumentsOf(call: Call | undefined, constants: Constants): KnownArgument[] | undefined {
  if (call === undefined || call.arguments.some(({ type }) => type === 'SpreadElement')) return undefined;
  return call.arguments.map((argument) => {
    const values = constants.valuesOf(argument);
    return values !== UNKNOWN && values.every(isJson) ? { values } : 'any';
  });
}
