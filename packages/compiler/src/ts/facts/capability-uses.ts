/** Finds the requests that a use of a capability makes, as far as the source shows them. */
import { resolve } from 'node:path/posix';
import {
  grantOfBuiltIn,
  grantOfGlobal,
  isWholeGrant,
  type KnownArgument,
  type WholeGrant,
} from '@colony/core/capabilities';
import type { CapabilityUse, UnknownGrant } from '../../policy/needs.js';
import { memberName, type Node } from '../syntax/parse.js';
import type { Scopes } from '../syntax/scopes.js';
import { prefixesOf, valuesOf } from '../values/choices.js';
import { type Constants, keyOf, UNKNOWN } from '../values/constants.js';
import { lacksMember } from '../values/platform.js';
import type { Flows, Source, Use } from './flows.js';

type Call = Extract<Node, { type: 'CallExpression' }>;

export interface Asked {
  readonly capability: CapabilityUse;
  readonly what: string;
  /** The place of the request, which may be far from the place that names the capability. */
  readonly at: Node;
}

type Ask = readonly [capability: CapabilityUse, what: string];

/** Members of `Date` that reveal nothing about the time. */
const TIMELESS = /^(?:UTC|parse|prototype|name|length)$/;

export class CapabilityUses {
  constructor(
    private readonly scopes: Scopes,
    private readonly constants: Constants,
    private readonly flows: Flows,
  ) {}

  /**
   * Returns the requests made through `source`, which has the value of the global `name`. Empty if it needs no grant.
   */
  of(name: string, source: Source): readonly Asked[] {
    const ask = this.#asker(name);
    if (ask === undefined) return [];
    return this.flows
      .usesOf(source)
      .flatMap((use) => ask(use).map(([capability, what]) => ({ capability, what, at: use.from })));
  }

  #asker(name: string): ((use: Use) => readonly Ask[]) | undefined {
    switch (name) {
      case 'Date':
        return (use) => this.#date(use);
      case 'Math':
        return (use) => this.#math(use);
      case 'fetch':
        return (use) => this.#fetch(use);
      case 'host':
        return (use) => this.#host(use);
      case 'colony':
        return (use) => this.#colony(use);
      default: {
        const grant = grantOfGlobal(name);
        return grant !== undefined && isWholeGrant(grant) ? (use) => this.#plain(name, grant, use) : undefined;
      }
    }
  }

  #plain(name: string, kind: WholeGrant, use: Use): readonly Ask[] {
    if (use.kind === 'harmless') return [];
    const key = keyIn(use);
    if (key !== undefined && (lacksMember(name, key) || key in {})) return [];
    return [[{ kind }, key === undefined ? name : `${name}.${key}`]];
  }

  #date(use: Use): readonly Ask[] {
    const clock = (what: string): readonly Ask[] => [[{ kind: 'clock' }, what]];
    switch (use.kind) {
      case 'harmless':
        return [];
      case 'new': {
        const [first] = argumentsIn(use.node);
        return first === undefined || first.type === 'SpreadElement' ? clock('new Date()') : [];
      }
      case 'member':
      case 'pattern':
        return use.key !== undefined && TIMELESS.test(use.key) ? [] : clock(`Date.${use.key ?? '[...]'}`);
      case 'call':
        return clock('Date()');
      default:
        return clock('Date');
    }
  }

  #math(use: Use): readonly Ask[] {
    const key = keyIn(use);
    if (use.kind === 'harmless' || (key !== undefined && key !== 'random')) return [];
    return [[{ kind: 'random' }, key === undefined ? 'Math, as a value' : 'Math.random']];
  }

  #fetch(use: Use): readonly Ask[] {
    if (use.kind === 'harmless') return [];
    const [url, init] = use.kind === 'call' ? argumentsIn(use.node) : [];
    const origins = url === undefined ? [] : prefixesOf(url, this.constants).map(originOf);
    if (origins.length === 0 || origins.includes(undefined)) return [[{ kind: 'unknown', of: 'fetch' }, 'fetch']];
    const methods = this.#methods(init);
    return [...new Set(origins as string[])].map((origin) =>
      methods === undefined
        ? [{ kind: 'fetch', origin }, `fetch ${origin}, with a method that is not constant`]
        : [{ kind: 'fetch', origin, methods }, `fetch ${origin}`],
    );
  }

  /** The last `method` property counts; a spread after it may override it. */
  #methods(init: Node | undefined): string[] | undefined {
    if (init === undefined) return ['GET'];
    if (init.type !== 'ObjectExpression') return this.#methodIn(init);
    for (const property of init.properties.toReversed()) {
      if (property.type === 'SpreadElement') {
        const methods = this.#methodIn(property.argument);
        if (methods === undefined) return undefined;
        // The spread has no method.
        if (methods.length > 0) return methods;
        continue;
      }
      const key = keyOf(property);
      if (key === undefined) return undefined;
      if (key === 'method') return methodsOf(valuesOf(property.value, this.constants));
    }
    return ['GET'];
  }

  /** Returns the methods of options that are a constant. */
  #methodIn(options: Node): string[] | undefined {
    const value = this.constants.valueOf(options);
    if (value === undefined || value === null) return [];
    if (value === UNKNOWN || typeof value !== 'object' || Array.isArray(value)) return undefined;
    return Object.hasOwn(value, 'method') ? methodsOf([value['method']]) : [];
  }

  #host(use: Use): readonly Ask[] {
    const unknown: Ask = [{ kind: 'unknown', of: 'hypercall' }, 'host, with a name that is not constant'];
    if (use.kind === 'harmless') return [];
    if (use.kind === 'pattern' && use.key !== undefined) return [hypercall(use.key, undefined)];
    const names = use.kind === 'member' ? this.#keysOf(use.node) : undefined;
    if (use.kind !== 'member' || names === undefined) return [unknown];
    const args = argumentsOf(this.#call(use.node), this.constants);
    return names.map((name) => hypercall(name, args));
  }

  /** Returns all values that the name can have. */
  #keysOf(node: Node): string[] | undefined {
    if (node.type !== 'MemberExpression') return undefined;
    const name = memberName(node);
    if (name !== undefined || !node.computed) return name === undefined ? undefined : [name];
    return namesOf(valuesOf(node.property, this.constants));
  }

  #member(node: Node): Extract<Node, { type: 'MemberExpression' }> | undefined {
    const parent = this.scopes.parents.get(node);
    return parent?.type === 'MemberExpression' && parent.object === node ? parent : undefined;
  }

  #call(callee: Node | undefined): Call | undefined {
    const parent = callee === undefined ? undefined : this.scopes.parents.get(callee);
    return parent?.type === 'CallExpression' && parent.callee === callee ? parent : undefined;
  }

  #colony(use: Use): readonly Ask[] {
    if (use.kind === 'harmless') return [];
    const key = keyIn(use);
    if (use.kind === 'member' && key === 'env') return this.#env(this.#call(use.node));
    const method = use.kind === 'member' ? this.#member(use.node) : undefined;
    const action = method === undefined ? undefined : memberName(method);
    if (key === 'env') return [[{ kind: 'unknown', of: 'env' }, 'colony.env']];
    const grant = key === undefined ? undefined : grantOfGlobal(`colony.${key}`);
    if (grant !== undefined && isWholeGrant(grant)) return [[{ kind: grant }, `colony.${key}`]];
    if (key !== 'fs' || action === undefined) return [[{ kind: 'unknown', of: 'fs.read' }, 'colony, as a value']];
    const kind = action === 'write' ? 'fs.write' : 'fs.read';
    const [path] = this.#call(method)?.arguments ?? [];
    const below = path === undefined ? [] : prefixesOf(path, this.constants).map(directoryOf);
    const what = `colony.fs.${action}`;
    if (below.length === 0 || below.includes(undefined)) return [[{ kind: 'unknown', of: kind }, what]];
    return [...new Set(below as string[])].map((directory) => [{ kind, path: directory }, what]);
  }

  #env(call: Call | undefined): readonly Ask[] {
    const [name] = call?.arguments ?? [];
    const names = name === undefined ? undefined : namesOf(valuesOf(name, this.constants));
    if (names === undefined) return [[{ kind: 'unknown', of: 'env' }, 'colony.env']];
    return names.map((variable) => [{ kind: 'env', name: variable }, `colony.env(${JSON.stringify(variable)})`]);
  }
}

/** Programs can call Colony's own hypercalls by name, too: `host['colony:env']`. */
function hypercall(name: string, args: KnownArgument[] | undefined): Ask {
  const grant = grantOfBuiltIn(name);
  const what = `host.${name}`;
  if (grant === undefined) return [{ kind: 'hypercall', name, ...(args === undefined ? {} : { args }) }, what];
  return [isWholeGrant(grant) ? { kind: grant } : { kind: 'unknown', of: grant as UnknownGrant }, what];
}

const keyIn = (use: Use) => (use.kind === 'member' || use.kind === 'pattern' ? use.key : undefined);

const argumentsIn = (node: Node): readonly Node[] =>
  node.type === 'CallExpression' || node.type === 'NewExpression' ? node.arguments : [];

/** Returns the names among the values; undefined names nothing. */
function namesOf(values: readonly unknown[] | typeof UNKNOWN): string[] | undefined {
  if (values === UNKNOWN) return undefined;
  const names = values.filter((value) => value !== undefined);
  return names.length > 0 && names.every((name) => typeof name === 'string') ? [...new Set(names)] : undefined;
}

/** Returns the HTTP methods; an undefined method means GET, the default. */
function methodsOf(values: readonly unknown[] | typeof UNKNOWN): string[] | undefined {
  if (values === UNKNOWN) return undefined;
  const methods = values.map((value) => value ?? 'GET');
  return methods.every((method) => typeof method === 'string')
    ? methods.map((method) => method.toUpperCase())
    : undefined;
}

function originOf({ text, whole }: { text: string; whole: boolean }): string | undefined {
  const match = /^https?:\/\/[^/?#\\]+(?=([/?#])?)/i.exec(text);
  if (match === null || (match[1] === undefined && !whole) || !URL.canParse(match[0])) return undefined;
  return new URL(match[0]).origin;
}

/** Returns the path if all of it is known, else the directory that its known start names. */
function directoryOf({ text, whole }: { text: string; whole: boolean }): string | undefined {
  if (whole) return resolve('/', text);
  const directory = text.slice(0, text.lastIndexOf('/'));
  const resolved = resolve('/', directory);
  return resolved === '/' ? undefined : resolved;
}

/** True for a value that a predicate can hold: a policy is JSON, which has no -0 and no infinity. */
const isJson = (value: unknown): value is string | number | boolean | null =>
  typeof value === 'number'
    ? Number.isFinite(value) && !Object.is(value, -0)
    : value === null || typeof value === 'string' || typeof value === 'boolean';

function argumentsOf(call: Call | undefined, constants: Constants): KnownArgument[] | undefined {
  if (call === undefined || call.arguments.some(({ type }) => type === 'SpreadElement')) return undefined;
  return call.arguments.map((argument) => {
    const values = valuesOf(argument, constants);
    return values !== UNKNOWN && values.every(isJson) ? { values } : 'any';
  });
}
