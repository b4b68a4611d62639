/** TypeScript for a component's world, or for a core module: the functions that can be called, and those that the host has to give. */
import { ColonyError } from '@colony/core';
import { prepareHere } from '../prepare/index.js';
import type { ValueType as CoreType, Signature } from '../prepare/prepared.js';
import { Checks, TYPED_ARRAYS } from './wit/check.js';
import { callNames, camel, isPlain } from './wit/names.js';
import { resolved, type TypeIndex, type ValueType, type World, type WorldFunction } from './wit/types.js';
import { readWorld } from './wit/world.js';

/** Types can contain each other so that their text has no end worth waiting for. */
const MOST_PARTS = 100_000;
const COMPONENT_LAYER = 0x0d;

const PRIMITIVES: Readonly<Record<string, string>> = { bool: 'boolean', char: 'string', string: 'string' };
const WIDE: readonly string[] = ['s64', 'u64'];
/** Names that the text itself uses. */
const TAKEN: readonly string[] = [
  'Exports',
  'Imports',
  'Promise',
  ...Object.values(TYPED_ARRAYS).map(({ name }) => name),
];
const RESERVED =
  /^(arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/;

const quoted = (text: string) => `'${text}'`;
const property = (name: string) => (/^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : quoted(name));
const parameter = (name: string) => (RESERVED.test(name) ? `${name}_` : name);
const pascal = (kebab: string) => camel(`-${kebab}`);
const indented = (text: string) => text.replace(/^(?=.)/gm, '  ');

/** Writes types, each named one once. */
class Types {
  readonly #world: World;
  /** Texts by name, in the order in which they were needed. */
  readonly #named = new Map<string, string>();
  readonly #names = new Map<TypeIndex, string>();
  #parts = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get declarations(): string[] {
    return [...this.#named].map(([name, text]) => `export type ${name} = ${text};`);
  }

  /** The text by which a type is used. */
  of(index: TypeIndex): string {
    if (++this.#parts > MOST_PARTS) throw new ColonyError('ERR_COMPILE', 'the types of this component are too many');
    const type = this.#world.types[index]!;
    if (type.kind === 'alias') return this.#name(index, type.name, type.of);
    return this.#text(type);
  }

  #name(index: TypeIndex, wanted: string, of: TypeIndex): string {
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    const text = this.of(of);
    const base = pascal(wanted);
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}${number}`;
      const other = this.#named.get(name);
      if (TAKEN.includes(name) || (other !== undefined && other !== text)) continue;
      this.#named.set(name, text);
      this.#names.set(index, name);
      return name;
    }
  }

  #text(type: Exclude<ValueType, { kind: 'alias' }>): string {
    switch (type.kind) {
      case 'record':
        return `{\n${indented(type.fields.map(([name, of]) => this.#field(name, of)).join('\n'))}\n}`;
      case 'flags':
        return `{ ${type.names.map((name) => `${property(camel(name))}?: boolean`).join('; ')} }`;
      case 'enum':
        return type.cases.map(quoted).join(' | ');
      case 'variant':
        return this.#cases(type.cases);
      case 'result':
        return this.#cases([
          ['ok', type.ok],
          ['err', type.err],
        ]);
      case 'tuple':
        return `[${type.of.map((of) => this.of(of)).join(', ')}]`;
      case 'option':
        return resolved(this.#world, type.of).kind === 'option'
          ? this.#cases([
              ['none', null],
              ['some', type.of],
            ])
          : `${this.of(type.of)} | undefined`;
      case 'list':
        return this.#list(type.of);
      case 'handle':
        return 'never';
      default:
        return PRIMITIVES[type.kind] ?? (WIDE.includes(type.kind) ? 'bigint' : 'number');
    }
  }

  #field(name: string, of: TypeIndex): string {
    return `${property(camel(name))}${mayBeMissing(this.#world, of) ? '?' : ''}: ${this.of(of)};`;
  }

  #cases(cases: readonly (readonly [string, TypeIndex | null])[]): string {
    return cases
      .map(([tag, of]) => (of === null ? `{ tag: ${quoted(tag)} }` : `{ tag: ${quoted(tag)}; val: ${this.of(of)} }`))
      .join(' | ');
  }

  #list(of: TypeIndex): string {
    const { kind } = resolved(this.#world, of);
    if (Object.hasOwn(TYPED_ARRAYS, kind)) return TYPED_ARRAYS[kind as keyof typeof TYPED_ARRAYS].name;
    const item = this.of(of);
    return /^\w+$/.test(item) ? `${item}[]` : `(${item})[]`;
  }
}

/** Is `undefined` one of its values? An option of an option is a tagged object. */
function mayBeMissing(world: World, index: TypeIndex): boolean {
  const type = resolved(world, index);
  return type.kind === 'option' && resolved(world, type.of).kind !== 'option';
}

/** `(id: number) => Item`, and what its error case holds. */
function signature(world: World, types: Types, { parameters, result }: WorldFunction, async: boolean) {
  const last = parameters.findLastIndex(([, type]) => !mayBeMissing(world, type));
  const list = parameters.map(
    ([name, type], i) => `${parameter(camel(name))}${i > last ? '?' : ''}: ${types.of(type)}`,
  );
  const type = result === null ? undefined : resolved(world, result);
  const ok = type?.kind === 'result' ? type.ok : result;
  const error = type?.kind !== 'result' ? undefined : type.err === null ? 'undefined' : types.of(type.err);
  const value = ok === null ? 'void' : types.of(ok);
  return { text: `(${list.join(', ')}) => ${async ? `${value} | Promise<${value}>` : value}`, error };
}

function functions(world: World, types: Types, items: readonly WorldFunction[], async: boolean): string[] {
  const checks = new Checks(world);
  const crosses = ({ parameters, result }: WorldFunction) =>
    ![...parameters.map(([, type]) => type), ...(result === null ? [] : [result])].some((type) =>
      checks.holdsHandle(type),
    );
  const names = callNames(items);
  return items.flatMap((item, index) => {
    if (!crosses(item)) return [];
    const { text, error } = signature(world, types, item, async);
    const comment = error === undefined ? '' : `/** Throws, with \`${error.replace(/\s+/g, ' ')}\`. */\n`;
    return [`${comment}${property(names[index]!.name)}: ${text};`];
  });
}

const block = (name: string, comment: string, members: readonly string[]) =>
  `/** ${comment} */\nexport type ${name} = {${members.map((member) => `\n${indented(member)}`).join('')}${members.length > 0 ? '\n' : ''}};`;

const EXPORTED = 'What can be called: `component<Exports>(...)`.';
const IMPORTED = 'Host functions that it imports: `hypercalls`, each with a grant in `policy.hypercalls`.';

function ofComponent(bytes: Uint8Array): string[] {
  const world = readWorld(bytes);
  const types = new Types(world);
  const exported = functions(world, types, world.exports.filter(isPlain), false);
  const asked = world.imports.filter((item) => isPlain(item) && item.owner?.startsWith('wasi:') !== true);
  const imported = functions(world, types, asked, true);
  return [block('Exports', EXPORTED, exported), block('Imports', IMPORTED, imported), ...types.declarations];
}

/** Integers of 64 bits come as numbers where those are exact. */
const CORE_TYPES: Partial<Record<CoreType, string>> = {
  i32: 'number',
  i64: 'number | bigint',
  f32: 'number',
  f64: 'number',
};

function coreSignature({ parameters, results }: Signature, async: boolean): string {
  const list = parameters.map((type, i) => `a${i}: ${CORE_TYPES[type] ?? 'never'}`).join(', ');
  const value = results.length === 0 ? 'void' : results.map((type) => CORE_TYPES[type] ?? 'never').join(', ');
  return `(${list}) => ${async ? `${value} | Promise<${value}>` : value}`;
}

const coreName = (name: string) => JSON.stringify(name);

function ofModule(bytes: Uint8Array): string[] {
  const { facts } = prepareHere(bytes);
  const exported = facts.exports.map((item) => `${coreName(item.name)}: ${coreSignature(item, false)};`);
  const imported = facts.imports.map(
    (item) => `${coreName(`${item.module}.${item.name}`)}: ${coreSignature(item, true)};`,
  );
  return [block('Exports', EXPORTED.replace('component', 'wasm'), exported), block('Imports', IMPORTED, imported)];
}

/**
 * A `.d.ts` with the types `Exports` and `Imports`. @throws ColonyError ERR_COMPILE, ERR_UNSUPPORTED
 */
export function declarations(bytes: Uint8Array, filename: string): string {
  const isComponent = bytes[4] === COMPONENT_LAYER;
  const parts = isComponent ? ofComponent(bytes) : ofModule(bytes);
  return `// Types of ${filename.replace(/[\r\n]/g, ' ')}, made by \`colony types\`.\n\n${parts.join('\n\n')}\n`;
}
