/** C types that can cross, resolved from their spelling in declarations. */
import { ColonyError } from '@colony/core';
import { annotationsOf, type Doc, docOf, type Node, placeOf, stringsIn, type Unit } from './ast.js';

export type Direction = 'in' | 'out' | 'inout';

/** The annotation of a pointer. */
export interface Sizing {
  readonly direction: Direction;
  /** A number of items, or the name of the value that holds it. `pointer`: the name points to the value. */
  readonly length: { readonly constant: number } | { readonly name: string; readonly pointer: boolean };
  /** The number of items that come back: a name as above, or the function's result. */
  readonly used?: { readonly name: string; readonly pointer: boolean } | 'result';
}

/** True for a pointer to one item, not to a row of items. */
export const isSingle = ({ length }: Sizing): boolean => 'constant' in length && length.constant === 1;

export interface Field {
  /** Empty for an anonymous union: its members belong to the struct itself. */
  readonly name: string;
  readonly type: CType;
  readonly doc?: Doc;
}

/** A member of a union that is active if the tag has this value, in decimal. */
export interface Case extends Field {
  readonly value: string;
}

export type CType =
  | { readonly kind: 'void' }
  | { readonly kind: 'bool' }
  /**
   * `c` is the type as C spells it. `bits` is 0 for `long`, whose size differs on wasm32. `width` is set for a
   * bit-field.
   */
  | {
      readonly kind: 'integer';
      readonly c: string;
      readonly bits: number;
      readonly signed: boolean;
      readonly width?: number;
    }
  | { readonly kind: 'float'; readonly c: string; readonly bits: 32 | 64 }
  | {
      readonly kind: 'enum';
      readonly c: string;
      readonly name: string;
      readonly members: readonly { readonly name: string; readonly value: number }[];
      readonly width?: number;
      readonly doc?: Doc;
    }
  | { readonly kind: 'string' }
  | { readonly kind: 'bytes' }
  | {
      readonly kind: 'struct';
      readonly c: string;
      readonly name: string;
      readonly fields: readonly Field[];
      readonly doc?: Doc;
    }
  /** A union in a struct: the field `tag` beside it selects the active member. */
  | { readonly kind: 'union'; readonly tag: string; readonly cases: readonly Case[] }
  | { readonly kind: 'array'; readonly of: CType; readonly count: number }
  | {
      readonly kind: 'buffer';
      readonly of: CType;
      /** True if the function may not write to it. */
      readonly constant: boolean;
      readonly sizing: Sizing;
    }
  /** A count that a function reads and writes through a pointer; only beside a buffer annotated with `*name`. */
  | { readonly kind: 'counter'; readonly of: CType & { kind: 'integer' } };

const INTEGERS: Readonly<Record<string, readonly [number, boolean]>> = {
  char: [8, true],
  'signed char': [8, true],
  'unsigned char': [8, false],
  short: [16, true],
  'unsigned short': [16, false],
  int: [32, true],
  'unsigned int': [32, false],
  long: [0, true],
  'unsigned long': [0, false],
  'long long': [64, true],
  'unsigned long long': [64, false],
  // From <stdint.h>: long on x86-64, and long long on wasm32.
  int64_t: [64, true],
  uint64_t: [64, false],
  int_least64_t: [64, true],
  uint_least64_t: [64, false],
};

interface Alias {
  readonly spelling: string;
  readonly owner?: string | undefined;
}

interface Owner {
  readonly of: 'parameter' | 'field';
  readonly name: string;
  readonly annotations: readonly string[][];
  /** Names that annotations beside it use as `*name`. */
  readonly counters: ReadonlySet<string>;
}

/** The types of one translation unit. */
export class Types {
  readonly #aliases = new Map<string, Alias>();
  readonly #tags = new Map<string, Node>();
  readonly #open = new Set<string>();

  constructor(unit: Unit) {
    for (const node of unit.declarations) this.#declare(node);
  }

  #declare(node: Node): void {
    if (node.kind === 'TypedefDecl' && node.name !== undefined) {
      const spelling = node.type?.qualType ?? '';
      this.#aliases.set(node.name, { spelling, owner: ownedTag(node) });
    } else if (node.kind === 'RecordDecl' || node.kind === 'EnumDecl') {
      const word = node.kind === 'EnumDecl' ? 'enum' : node.tagUsed;
      if (node.id !== undefined) this.#tags.set(node.id, node);
      if (node.name !== undefined && (node.kind === 'EnumDecl' || node.completeDefinition))
        this.#tags.set(`${word} ${node.name}`, node);
      if (node.name === undefined) this.#tags.set(`at ${placeOf(node)}`, node);
      for (const inner of node.inner ?? []) this.#declare(inner);
    }
  }

  /**
   * Returns the type that crosses for a parameter or field.
   * @throws ColonyError ERR_COMPILE
   */
  crossing(spelling: string, owner: Owner, where: string): CType {
    const text = unqualified(spelling);
    const pointee = pointeeOf(text) ?? (owner.of === 'parameter' ? arrayOf(text)?.element : undefined);
    const alias = pointee === undefined ? this.#aliases.get(text) : undefined;
    if (alias !== undefined && pointeeOf(unqualified(alias.spelling)) !== undefined)
      return this.crossing(alias.spelling, owner, where);
    if (pointee !== undefined) return this.#pointer(pointee, owner, where);
    if (owner.annotations.length > 0)
      refuse(where, `is not a pointer, so colony_${owner.annotations[0]![0]} has no meaning here`);
    return this.value(text, where);
  }

  #pointer(pointee: string, owner: Owner, where: string): CType {
    const [annotation] = owner.annotations;
    const constant = /^const\b|\bconst$/.test(pointee.trim());
    if (annotation === undefined) {
      if (constant && this.#isChar(pointee)) return { kind: 'string' };
      if (pointee.includes('('))
        refuse(where, 'is a pointer to a function, which cannot cross; pass a number and choose the function by it');
      const counter = owner.counters.has(owner.name) ? this.value(unqualified(pointee), where) : undefined;
      if (counter?.kind === 'integer') return { kind: 'counter', of: counter };
      throw unsized(where, owner, pointee);
    }
    const sizing = readSizing(annotation, where);
    if (constant && sizing.direction !== 'in')
      refuse(
        where,
        `is a pointer to const: it cannot be colony_${sizing.direction}; write colony_in, or leave out const`,
      );
    const bare = unqualified(pointee);
    const of: CType = bare === 'void' ? byte : this.#item(bare, where);
    return { kind: 'buffer', of, constant, sizing };
  }

  #item(spelling: string, where: string): CType {
    const pointee = pointeeOf(spelling);
    if (pointee !== undefined && /\bconst\b/.test(pointee) && this.#isChar(pointee)) return { kind: 'string' };
    return this.#sized(this.value(spelling, where), where);
  }

  /** Refuses `long` as an item: buffers and arrays become typed arrays, which must be the same on every backend. */
  #sized(type: CType, where: string): CType {
    if (type.kind === 'integer' && type.bits === 0)
      refuse(where, `has items of type ${type.c}, which has 64 bits natively and 32 on wasm32: use int64_t or int32_t`);
    return type;
  }

  #isChar(spelling: string): boolean {
    const text = unqualified(spelling);
    const alias = this.#aliases.get(text);
    return (
      text === 'char' ||
      (alias !== undefined && pointeeOf(alias.spelling) === undefined && this.#isChar(alias.spelling))
    );
  }

  /** Resolves a type that is not a pointer. */
  value(spelling: string, where: string, named?: string): CType {
    const text = unqualified(spelling);
    const c = named ?? text;
    const array = arrayOf(text);
    if (array !== undefined) {
      if (array.count === 0)
        refuse(where, 'is an array without a size; give it one, or use a pointer with colony_in(n)');
      const item = named && `__typeof__((*(${named} *)0)[0])`;
      return { kind: 'array', of: this.#sized(this.value(array.element, where, item), where), count: array.count };
    }
    if (text === 'void') return { kind: 'void' };
    if (text === '_Bool' || text === 'bool') return { kind: 'bool' };
    if (text === 'colony_bytes') return { kind: 'bytes' };
    if (text === 'float') return { kind: 'float', c, bits: 32 };
    if (text === 'double') return { kind: 'float', c, bits: 64 };
    const integer = INTEGERS[text];
    if (integer !== undefined) return { kind: 'integer', c, bits: integer[0], signed: integer[1] };
    if (pointeeOf(text) !== undefined) throw unsized(where, { of: 'field', name: 'it' }, pointeeOf(text)!);
    return this.#named(text, c, where);
  }

  #named(text: string, c: string, where: string): CType {
    const tag = this.#tagOf(text);
    if (tag !== undefined) return this.#tag(tag.tag, c, where, tag.alias);
    const alias = this.#aliases.get(text);
    if (alias !== undefined && alias.spelling !== text) return this.value(alias.spelling, where, c);
    return refuse(where, `has the type ${text}, which cannot cross${hintFor(text)}`);
  }

  /** Finds the declaration of a struct, enum or union: by its tag, its place, or the typedef that is its only name. */
  #tagOf(text: string): { readonly tag: Node; readonly alias?: string } | undefined {
    const unnamed = /^(?:struct|enum|union) (?:\w+::)*\((?:unnamed|anonymous)(?: struct| enum| union)? at (.*)\)$/.exec(
      text,
    );
    const tag = this.#tags.get(unnamed === null ? text : `at ${unnamed[1]}`);
    if (tag !== undefined) return { tag };
    const owner = this.#aliases.get(text)?.owner;
    const owned = owner === undefined ? undefined : this.#tags.get(owner);
    return owned !== undefined && owned.name === undefined ? { tag: owned, alias: text } : undefined;
  }

  /** Finds the union of this name, through typedefs of typedefs. */
  #unionOf(spelling: string): Node | undefined {
    const text = unqualified(spelling);
    const tag = this.#tagOf(text)?.tag;
    if (tag !== undefined) return tag.tagUsed === 'union' ? tag : undefined;
    const alias = this.#aliases.get(text);
    return alias === undefined || alias.spelling === text ? undefined : this.#unionOf(alias.spelling);
  }

  #tag(tag: Node, c: string, where: string, alias?: string): CType {
    const name = tag.name ?? alias ?? 'unnamed';
    if (tag.kind === 'EnumDecl') return { kind: 'enum', c, name, members: enumeratorsOf(tag), ...docPart(tag) };
    if (tag.tagUsed === 'union')
      refuse(
        where,
        `is a union (${name}): its active member is unknown; put it into a struct with a field that is its tag (kind), ` +
          'and write `colony_tagged(kind)` before the union there, and `colony_case(VALUE)` before each of its members',
      );
    const key = tag.id ?? c;
    if (this.#open.has(key)) refuse(where, `is a struct ${name} within itself: such data cannot cross; use an array`);
    this.#open.add(key);
    try {
      return { kind: 'struct', c, name, fields: this.#fields(tag, c, name), ...docPart(tag) };
    } finally {
      this.#open.delete(key);
    }
  }

  #fields(tag: Node, c: string, owner: string): Field[] {
    const members = membersOf(tag);
    const counters = countersOf(members.map(({ node }) => node));
    const fields = every(members, (member) => {
      const field = this.#field(member, `((${c} *)0)->`, owner, counters);
      if (wordsOf(member.node, 'case') !== undefined)
        refuse(field.where, 'is not a member of a union, so colony_case has no meaning here');
      return field;
    });
    every(fields, ({ type, where }) => {
      checkCounted(type, fields, where);
      checkTag(type, fields, where);
    });
    return fields.map(({ name, type, doc }) => ({ name, type, ...(doc && { doc }) }));
  }

  #union(union: Node, tag: string, access: string, owner: string): CType {
    const cases = every(directMembers(union), (member): Case => {
      const where = whereOf(member.node, owner);
      const value = caseOf(member.node);
      if (value === undefined)
        refuse(where, `has no value of ${tag} for which it counts; write \`colony_case(VALUE)\` before it`);
      if (member.node.isImplicit)
        refuse(where, 'is anonymous in a union: give it a name, by which JavaScript can choose it');
      const { name, type, doc } = this.#field(member, access, owner, new Set());
      if (type.kind === 'buffer' || type.kind === 'union')
        refuse(where, 'is a pointer or a union within a union: put it into its own struct, with its tag or length');
      return { name, type, value, ...(doc && { doc }) };
    });
    return { kind: 'union', tag, cases };
  }

  /** @param access the C prefix of a member's name that needs no value */
  #field(
    { node, record }: Member,
    access: string,
    owner: string,
    counters: ReadonlySet<string>,
  ): Field & { readonly where: string } {
    const name = node.name ?? '';
    const where = whereOf(node, owner);
    // A macro can put two records at one place: the nearest one belongs to the field.
    if (record !== undefined) this.#tags.set(`at ${placeOf(record)}`, record);
    const spelling = node.type?.qualType ?? '';
    if (/^const\b/.test(spelling) && pointeeOf(spelling) === undefined)
      refuse(where, 'is const and cannot be filled; leave out const');
    const tag = tagOf(node, where);
    if (tag !== undefined) {
      const union = this.#unionOf(spelling);
      if (union === undefined) refuse(where, 'is not a union, so colony_tagged has no meaning here');
      const inner = node.isImplicit ? access : `${access}${name}.`;
      return { name, type: this.#union(union, tag, inner, owner), where, ...docPart(node) };
    }
    const annotations = sizingsOf(node);
    if ((node.isBitfield || isUnnamed(spelling)) && annotations.length > 0)
      refuse(
        where,
        pointeeOf(spelling) === undefined
          ? `is not a pointer, so colony_${annotations[0]![0]} has no meaning here`
          : 'points to a struct without a name; give it one',
      );
    const type = node.isBitfield
      ? this.#bitField(node, spelling, where)
      : isUnnamed(spelling)
        ? this.value(spelling, where, `__typeof__(${access}${name})`)
        : this.crossing(spelling, { of: 'field', name, annotations, counters }, where);
    if (type.kind === 'counter') refuse(where, 'is a pointer to a count; in a struct, let the count be a field');
    if (type.kind === 'buffer' && type.sizing.direction !== 'in')
      refuse(where, 'is in a struct: only colony_in has a meaning there');
    return { name, type, where, ...docPart(node) };
  }

  /** C has no `sizeof` and no `typeof` of a bit-field: its width and its sign come from the tree. */
  #bitField(node: Node, spelling: string, where: string): CType {
    const type = this.value(spelling, where);
    if (type.kind !== 'integer' && type.kind !== 'enum') return type;
    const width = Number(node.inner?.find(({ kind }) => kind === 'ConstantExpr')?.value);
    if (!(width > 0)) refuse(where, 'is a bit-field whose width is not known; write a number');
    return { ...type, width };
  }
}

const byte: CType = { kind: 'integer', c: 'unsigned char', bits: 8, signed: false };
/** An unnamed bit-field is padding: nothing can read or write it. */
const isPadding = ({ isBitfield, name }: Node): boolean => isBitfield === true && name === undefined;
const isUnnamed = (spelling: string): boolean => /\((?:unnamed|anonymous)\b/.test(spelling);

interface Member {
  readonly node: Node;
  /** The unnamed type that is written at the member, if it has one. */
  readonly record?: Node | undefined;
}

/** Fields of a struct and of its anonymous structs, whose members C treats as its own. */
const membersOf = (tag: Node): Member[] =>
  directMembers(tag).flatMap((member) =>
    member.node.isImplicit && member.record?.tagUsed === 'struct' && annotationsOf(member.node).length === 0
      ? membersOf(member.record)
      : [member],
  );

function directMembers(tag: Node): Member[] {
  const members: Member[] = [];
  let record: Node | undefined;
  for (const node of tag.inner ?? []) {
    if ((node.kind === 'RecordDecl' || node.kind === 'EnumDecl') && node.name === undefined) record = node;
    if (node.kind === 'FieldDecl' && !isPadding(node)) members.push({ node, record });
  }
  return members;
}

/** @throws ColonyError ERR_COMPILE for a pointer whose count is not a field beside it. */
function checkCounted(type: CType, fields: readonly Field[], where: string): void {
  if (type.kind !== 'buffer' || 'constant' in type.sizing.length) return;
  const { name } = type.sizing.length;
  const counter = fields.find((field) => field.name === name);
  if (counter === undefined) refuse(where, `names ${name} as its counter, but there is no such field`);
  if (counter.type.kind !== 'integer') refuse(where, `names ${name} as its counter, which is not an integer`);
}

/** Advice for a type that cannot cross. */
function hintFor(text: string): string {
  if (/^(struct|union) /.test(text)) return ': it is only declared here; include its definition';
  if (text === 'long double') return ' without loss: take a double, or text, and convert it in the function';
  if (/\b__int128\b/.test(text)) return ': take two numbers of 64 bits (uint64_t)';
  if (/\b_Complex\b/.test(text)) return ': take a struct of two numbers';
  return '';
}

const whereOf = (node: Node, owner: string): string =>
  `${placeOf(node)}: the field ${node.name ?? '(unnamed)'} of ${owner}`;

/** @throws ColonyError ERR_COMPILE for a parameter with an annotation that only a union in a struct can have. */
export function checkUntagged(node: Node, where: string): void {
  if (wordsOf(node, 'tagged') !== undefined || wordsOf(node, 'case') !== undefined)
    refuse(where, 'has colony_tagged or colony_case, which are for a union in a struct; pass such a struct');
}

const wordsOf = (node: Node, wanted: string): readonly string[] | undefined =>
  annotationsOf(node).find(([word]) => word === wanted);

/** The name of the field that selects a union's active member. */
function tagOf(node: Node, where: string): string | undefined {
  const text = wordsOf(node, 'tagged')?.[1];
  if (text !== undefined && !/^[A-Za-z_]\w*$/.test(text))
    refuse(where, `has colony_tagged(${text}): write the name of a field beside it`);
  return text;
}

/** The value of `colony_case(VALUE)`, as clang computed it. */
function caseOf(node: Node): string | undefined {
  const attribute = (node.inner ?? []).find(
    (inner) => inner.kind === 'AnnotateAttr' && inner.inner?.some((argument) => stringsIn(argument)[0] === 'case'),
  );
  return attribute?.inner?.find(({ value }) => value !== undefined && /^-?\d+$/.test(value))?.value;
}

/** @throws ColonyError ERR_COMPILE for a union whose named field cannot select its active member. */
function checkTag(type: CType, fields: readonly Field[], where: string): void {
  if (type.kind !== 'union') return;
  const { tag, cases } = type;
  const field = fields.find(({ name }) => name === tag);
  if (field === undefined) refuse(where, `names ${tag} as its tag, but there is no such field`);
  const others = fields.filter((other) => impliedBy(other.type) === tag);
  if (others.length > 1) refuse(where, `names ${tag} as its tag, which is the tag or the length of another field, too`);
  const seen = new Set<string>();
  for (const { name, value } of cases) {
    if (!holds(field.type, BigInt(value)))
      refuse(where, `has ${name} for the value ${value}, which ${tag} (an integer, an enum or a bool) cannot have`);
    if (seen.has(value)) refuse(where, `has two members for the value ${value} of ${tag}`);
    seen.add(value);
  }
}

/** The field that another field implies: an array implies its length, and a member's name implies the tag. */
function impliedBy(type: CType): string | undefined {
  if (type.kind === 'union') return type.tag;
  return type.kind === 'buffer' && 'name' in type.sizing.length ? type.sizing.length.name : undefined;
}

/** Fields that other fields imply: they do not cross. */
export const impliedFields = (fields: readonly Field[]): Set<string> =>
  new Set(fields.flatMap(({ type }) => impliedBy(type) ?? []));

function holds(type: CType, value: bigint): boolean {
  if (type.kind === 'bool') return value === 0n || value === 1n;
  if (type.kind === 'enum' && !type.members.some((member) => BigInt(member.value) === value)) return false;
  if (type.kind !== 'integer' && type.kind !== 'enum') return false;
  // `long` has 32 bits on wasm32.
  const bits = bitFieldBits(type) ?? (type.kind === 'enum' ? -64 : (type.signed ? -1 : 1) * (type.bits || 32));
  return value === (bits < 0 ? BigInt.asIntN(-bits, value) : BigInt.asUintN(bits, value));
}

const docPart = (node: Node): { doc?: Doc } => {
  const doc = docOf(node);
  return doc === undefined ? {} : { doc };
};

/** Returns the names that the annotations of the nodes use as `*name`. */
export function countersOf(nodes: readonly Node[]): Set<string> {
  const words = nodes.flatMap((node) => annotationsOf(node)).flatMap(([, text = '']) => text.split(','));
  return new Set(
    words
      .map((word) => word.trim())
      .filter((word) => word.startsWith('*'))
      .map((word) => word.slice(1).trim()),
  );
}

/**
 * The number of bits of a bit-field, negative if it is signed; undefined for other types, whose size the C compiler
 * knows.
 */
export function bitFieldBits(type: CType): number | undefined {
  if ((type.kind !== 'integer' && type.kind !== 'enum') || type.width === undefined) return undefined;
  const signed = type.kind === 'integer' ? type.signed : type.members.some(({ value }) => value < 0);
  return signed ? -type.width : type.width;
}

export const sizingsOf = (node: Node): string[][] =>
  annotationsOf(node).filter(([word]) => word === 'in' || word === 'out' || word === 'inout');

function readSizing([word, text = '']: readonly string[], where: string): Sizing {
  const direction = word as Direction;
  const parts = text.split(',').map((part) => part.trim());
  const [length = '', used, ...rest] = parts;
  const bad = () =>
    refuse(
      where,
      `has colony_${word}(${text}): write a parameter's name, *name or a number, and optionally the used part`,
    );
  if (rest.length > 0) bad();
  const name = (part: string) => {
    const match = /^(\*?)\s*([A-Za-z_]\w*)$/.exec(part);
    return match === null ? bad() : { name: match[2]!, pointer: match[1] === '*' };
  };
  const size = /^\d+$/.test(length) ? { constant: Number(length) } : name(length);
  if ('constant' in size && size.constant === 0) bad();
  if (used === undefined) return { direction, length: size };
  if (direction === 'in') refuse(where, 'is colony_in, of which nothing comes back: leave out the second word');
  return { direction, length: size, used: used === 'result' ? 'result' : name(used) };
}

function enumeratorsOf(tag: Node): { name: string; value: number }[] {
  let next = 0;
  return (tag.inner ?? [])
    .filter(({ kind }) => kind === 'EnumConstantDecl')
    .map((node) => {
      const written = node.inner?.find(({ value }) => value !== undefined)?.value;
      const value = written === undefined ? next : Number(written);
      next = value + 1;
      return { name: node.name ?? '', value };
    });
}

function ownedTag(node: Node): string | undefined {
  for (const inner of node.inner ?? []) {
    const id = inner.ownedTagDecl?.id ?? inner.decl?.id ?? ownedTag(inner);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Removes the qualifiers of the type itself. Those before a star belong to the pointee, and stay. */
const unqualified = (spelling: string): string => {
  const text = spelling.replace(/(\s*\b(const|volatile|restrict|__restrict))+$/, '').trim();
  return text.endsWith('*') || text.includes('(*')
    ? text
    : text.replace(/^((const|volatile|restrict|_Atomic)\s+)+/, '');
};

function pointeeOf(spelling: string): string | undefined {
  const text = unqualified(spelling);
  const match = /^(.*)\*$/.exec(text);
  if (match !== null) return match[1]!.trim();
  const toFunction = /\(\*\)?.*\(/.test(text) || /\(\*/.test(text);
  return toFunction ? text : undefined;
}

function arrayOf(spelling: string): { element: string; count: number } | undefined {
  const match = /^(.*?)\s*\[(\d*)\]((?:\[\d*\])*)$/.exec(spelling);
  if (match === null) return undefined;
  return { element: `${match[1]}${match[3]}`, count: Number(match[2] || 0) };
}

/** Applies `work` to all items. If any fail, throws one error with all of their messages. */
export function every<T, R>(items: readonly T[], work: (item: T) => R): R[] {
  const problems: ColonyError[] = [];
  const results: R[] = [];
  for (const item of items) {
    try {
      results.push(work(item));
    } catch (error) {
      if (!ColonyError.is(error)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0)
    throw new ColonyError('ERR_COMPILE', [...new Set(problems.map(({ message }) => message))].join('\n'));
  return results;
}

export function refuse(where: string, why: string): never {
  throw new ColonyError('ERR_COMPILE', `${where} ${why}`);
}

function unsized(where: string, owner: Pick<Owner, 'of' | 'name'>, pointee: string): ColonyError {
  const star = `${pointee.trim()} *${owner.name === 'it' ? '' : owner.name}`;
  return new ColonyError(
    'ERR_COMPILE',
    `${where} is a pointer without a size (${star.trim()}): write \`colony_in(n) ${star.trim()}\`, colony_out(n) or colony_inout(n), ` +
      `where n is the ${owner.of} that counts its items, \`*n\`, or a number (1: a single item)`,
  );
}
