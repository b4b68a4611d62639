/** TypeScript declarations for a C file: a function for each virtine, typed as C declares it, with its doc comment. */
import { basename } from 'node:path';
import type { Doc } from '../source/ast.js';
import { outputsOf, type VirtineFunction } from '../source/signature.js';
import { type CType, type Field, impliedFields, isSingle } from '../source/types.js';
import { checkNames, exported, safeName, TypeNames } from './names.js';

const HEAD = (virtines: readonly VirtineFunction[]) =>
  `// Made by Colony from ${[...new Set(virtines.map(({ file }) => basename(file)))].join(', ')}: an edit would be lost.`;

/** @throws ColonyError ERR_COMPILE for a name that the module needs itself. */
export function declarations(virtines: readonly VirtineFunction[]): string {
  checkNames(virtines);
  const writer = new Declarations(new TypeNames(virtines));
  const functions = virtines.map((virtine) => writer.virtine(virtine));
  const head = [
    HEAD(virtines),
    '/* eslint-disable */',
    "import type { CBindingOptions, CVirtine } from '@colony/compiler/c/runtime';",
    '/** Backend, host functions and a narrower policy for the contexts; before the first call. */',
    'export declare const configure: (options: CBindingOptions) => void;',
    '/** Ends the contexts. */',
    'export declare const dispose: () => Promise<void>;',
  ];
  return `${[...head, ...writer.types.values(), ...functions].join('\n')}\n`;
}

type Way = 'in' | 'out';
const TYPED: Readonly<Record<string, string>> = {
  '8': 'Uint8Array',
  '-8': 'Int8Array',
  '16': 'Uint16Array',
  '-16': 'Int16Array',
  '32': 'Uint32Array',
  '-32': 'Int32Array',
  '64': 'BigUint64Array',
  '-64': 'BigInt64Array',
};

class Declarations {
  readonly types = new Map<string, string>();

  constructor(private readonly names: TypeNames) {}

  virtine(virtine: VirtineFunction): string {
    const parameters = virtine.parameters
      .filter(({ passed }) => passed)
      .map(({ name, type }) => `${safeName(name)}: ${this.#parameter(type)}`);
    const type = `CVirtine<(${parameters.join(', ')}) => ${this.#result(virtine)}>`;
    return `${comment(virtine.doc, virtine)}${exported(virtine.name, (local) => `declare const ${local}: ${type};`)}`;
  }

  #parameter(type: CType): string {
    if (type.kind === 'counter') return this.#type(type.of, 'in');
    return this.#type(type, 'in');
  }

  #result(virtine: VirtineFunction): string {
    const outputs = outputsOf(virtine);
    const own = this.#type(virtine.result, 'out');
    if (outputs.length === 0) return own;
    const fields = outputs.map(({ name, type }) => `${name}: ${this.#type(type, 'out')}`);
    return `{ ${[...(virtine.result.kind === 'void' ? [] : [`result: ${own}`]), ...fields].join('; ')} }`;
  }

  #type(type: CType, way: Way): string {
    switch (type.kind) {
      case 'void':
        return 'undefined';
      case 'bool':
        return 'boolean';
      case 'integer':
        return (type.width ?? (type.bits || 64)) > 53 ? 'number | bigint' : 'number';
      case 'float':
        return 'number';
      case 'string':
        return way === 'in' ? 'string' : 'string | null';
      case 'bytes':
        return 'Uint8Array';
      case 'enum':
        return this.#enum(type);
      case 'struct':
        return this.#struct(type, way);
      case 'union':
        return this.#union(type, way);
      case 'array':
        return this.#items(type.of, way);
      case 'buffer':
        return isSingle(type.sizing) ? this.#type(type.of, way) : this.#items(type.of, way);
      case 'counter':
        return this.#type(type.of, way);
    }
  }

  #items(of: CType, way: Way): string {
    const item = this.#type(of, way);
    const list = item.includes('|') ? `(${item})[]` : `${item}[]`;
    const typed =
      of.kind === 'integer'
        ? TYPED[of.signed ? -of.bits : of.bits]
        : of.kind === 'float'
          ? `Float${of.bits}Array`
          : undefined;
    if (typed === undefined) return way === 'in' ? `readonly ${list}` : list;
    return way === 'in' ? `${typed} | readonly ${list}` : typed;
  }

  #enum(type: CType & { kind: 'enum' }): string {
    if (type.name === 'unnamed') return 'number';
    const members = type.members.map(({ name, value }) => `readonly ${name}: ${value}`);
    const name = this.names.of(type);
    const text = `${comment(type.doc)}export declare const ${name}: { ${members.join('; ')} };\nexport type ${name} = number;`;
    this.types.set(name, text);
    return name;
  }

  /** Inputs may have looser types than outputs: the struct gets two types if they differ. */
  #struct(type: CType & { kind: 'struct' }, way: Way): string {
    const [inward, outward] = [this.#body(type.fields, 'in'), this.#body(type.fields, 'out')];
    const body = way === 'in' ? inward : outward;
    if (type.name === 'unnamed') return body;
    const name = this.names.of(type, way === 'in' && inward !== outward ? '_in' : '');
    const declared = body.startsWith('{') ? `interface ${name} ${body}` : `type ${name} = ${body};`;
    this.types.set(name, `${comment(type.doc)}export ${declared}`);
    return name;
  }

  #body(fields: readonly Field[], way: Way): string {
    const implied = impliedFields(fields);
    const crossing = fields.filter(({ name }) => !implied.has(name));
    const own = crossing.filter(({ name }) => name !== '').map((field) => this.#field(field, way));
    // Members of anonymous unions belong to the struct itself.
    const unions = crossing.filter(({ name }) => name === '').map(({ type }) => `(${this.#type(type, way)})`);
    const object = `{\n${own.join('\n')}\n}`;
    return unions.length === 0 ? object : `(${[object, ...unions].join(' & ')})`;
  }

  #field({ name, type, doc }: Field, way: Way): string {
    return `${comment(doc)}  readonly ${name}: ${this.#type(type, way)};`;
  }

  /** Declares an object type for each member, which has that member and none of the others. */
  #union({ cases }: CType & { kind: 'union' }, way: Way): string {
    const objects = cases.map((one) => {
      const others = cases.filter((other) => other !== one).map(({ name }) => `  readonly ${name}?: never;`);
      return `{\n${[this.#field(one, way), ...others].join('\n')}\n}`;
    });
    return objects.join(' | ');
  }
}

export function comment(doc: Doc | undefined, virtine?: VirtineFunction): string {
  if (doc === undefined) return '';
  const passed = new Set(virtine?.parameters.filter((parameter) => parameter.passed).map(({ name }) => name));
  const params = Object.entries(doc.params)
    .filter(([name]) => virtine === undefined || passed.has(name))
    .map(([name, text]) => `@param ${safeName(name)} ${text}`);
  const returns = doc.returns === undefined ? [] : [`@returns ${doc.returns}`];
  const lines = [...doc.text.split('\n'), ...params, ...returns]
    .flatMap((line) => line.split('\n'))
    .filter((line, i) => line !== '' || i > 0);
  return `/**\n${lines.map((line) => ` * ${line.replaceAll('*/', '*\\/')}`.trimEnd()).join('\n')}\n */\n`;
}
