/**
 * Generates the C code between a frame and a virtine function. The code reads the arguments as they are declared, calls
 * the function, and writes its outputs. It is a separate file that includes the function's file, so that it knows all
 * types.
 */
import { headBound, isNumeric } from '../source/encoded.js';
import { outputsOf, type Parameter, type VirtineFunction } from '../source/signature.js';
import { bitFieldBits, type CType, type Field, impliedFields, isSingle, type Sizing } from '../source/types.js';

const quote = (text: string) => JSON.stringify(text);

/** Returns the source of the glue for one function. */
export function glueFor(virtine: VirtineFunction): string {
  return new Glue(virtine).source();
}

type Struct = CType & { kind: 'struct' };
type Buffer = CType & { kind: 'buffer' };
type Union = CType & { kind: 'union' };

class Glue {
  readonly #virtine: VirtineFunction;
  /** Readers and writers of struct types, by the type's spelling and direction. */
  readonly #helpers = new Map<string, string>();
  readonly #bodies: string[] = [];
  #lines: string[] = [];
  #names = 0;

  constructor(virtine: VirtineFunction) {
    this.#virtine = virtine;
  }

  source(): string {
    const thunk = this.#thunk();
    const { name, file } = this.#virtine;
    return [
      `// Made by the Colony compiler for ${name}.`,
      `#include ${quote(file)}`,
      '#include <colony/glue.h>',
      // Not inlined: reports could not distinguish an inlined function from the code around it.
      `__typeof__(${name}) ${name} __attribute__((noinline));`,
      '#define COLONY_BITS(x) ((__typeof__(x))-1 < (__typeof__(x))0 ? -8 * (int)sizeof(x) : 8 * (int)sizeof(x))',
      '#define COLONY_MOST(x) (~(uint64_t)0 >> (64 - 8 * sizeof(x) + (COLONY_BITS(x) < 0)))',
      ...this.#bodies,
      thunk,
      `COLONY_EXPORT_DECLARED(${name}, colony_thunk_${name});`,
      '',
    ].join('\n');
  }

  #emit(line: string): void {
    this.#lines.push(`  ${line}`);
  }

  #name(stem: string): string {
    this.#names++;
    return `colony_${stem}_${this.#names}`;
  }

  #thunk(): string {
    const { name, parameters } = this.#virtine;
    this.#lines = [];
    const passed = parameters.filter((parameter) => parameter.passed);
    this.#emit(`colony_count(colony_call_, ${quote(name)}, ${passed.length});`);
    passed.forEach((parameter, i) => {
      this.#emit(`struct cbor_item item_${parameter.name};`);
      this.#emit(`const struct colony_place place_${parameter.name} = {NULL, ${quote(name)}, ${i + 1}};`);
      this.#emit(`colony_next(&colony_call_->arguments, &item_${parameter.name});`);
    });
    for (const parameter of parameters) this.#declare(parameter);
    for (const parameter of passed) this.#readScalar(parameter);
    for (const parameter of passed) this.#readLength(parameter);
    for (const parameter of parameters) this.#readBuffer(parameter);
    this.#call();
    this.#write();
    const body = this.#lines.join('\n');
    return `static void colony_thunk_${name}(struct colony_declared *colony_call_) {\n${body}\n}`;
  }

  #declare({ name, type, c }: Parameter): void {
    if (type.kind === 'buffer') {
      this.#emit(`${itemC(type)} *in_${name};`);
      this.#emit(`uint64_t count_${name} = 0;`);
    } else if (type.kind === 'counter') this.#emit(`${type.of.c} in_${name} = 0;`);
    else if (type.kind === 'string') this.#emit(`const char *in_${name};`);
    else this.#emit(`${c.replace(/^(const|volatile)\s+/g, '')} in_${name};`);
  }

  #readScalar({ name, type }: Parameter): void {
    if (type.kind === 'buffer') return;
    this.#read(type.kind === 'counter' ? type.of : type, `in_${name}`, `item_${name}`, `&place_${name}`);
  }

  /**
   * Reads the length of a buffer from the value that was passed. Two buffers that share a count must have the same
   * length.
   */
  #readLength({ name, type }: Parameter): void {
    if (type.kind !== 'buffer') return;
    const { length } = type.sizing;
    const single = 'constant' in length && length.constant === 1;
    const count = single ? '1' : `colony_length(&item_${name}, &place_${name}, ${bitsOf(type.of)})`;
    this.#emit(`count_${name} = ${count};`);
    if ('constant' in length) {
      if (!single) this.#emit(`colony_same_length(&place_${name}, count_${name}, ${length.constant});`);
      return;
    }
    const first = this.#virtine.parameters.find((other) => counts(other, length.name))!;
    if (first.name !== name) {
      this.#emit(`colony_same_length(&place_${name}, count_${name}, count_${first.name});`);
      return;
    }
    this.#emit(`colony_check_capacity(&place_${name}, count_${name}, COLONY_MOST(in_${length.name}));`);
    this.#emit(`in_${length.name} = (__typeof__(in_${length.name}))count_${name};`);
  }

  #readBuffer(parameter: Parameter): void {
    const { name, type } = parameter;
    if (type.kind !== 'buffer') return;
    if (type.sizing.direction === 'out') {
      const { length } = type.sizing;
      const owner = 'name' in length ? this.#virtine.parameters.find((other) => other.name === length.name) : undefined;
      const place =
        owner?.passed === true
          ? `&place_${owner.name}`
          : `&(const struct colony_place){NULL, ${quote(this.#virtine.name)}, 0}`;
      if ('constant' in length) this.#emit(`count_${name} = ${length.constant};`);
      else {
        this.#emit(`colony_check_capacity(${place}, (uint64_t)in_${length.name}, COLONY_MOST(in_${length.name}));`);
        this.#emit(`count_${name} = (uint64_t)in_${length.name};`);
      }
      const room = this.#roomOf(parameter, place, `count_${name}`, `sizeof *in_${name}`);
      this.#emit(`in_${name} = ${room};`);
      return;
    }
    const isOwn = isBytes(type) && !type.constant && !isSingle(type.sizing);
    if (isOwn) this.#emit(`in_${name} = colony_own_bytes(&item_${name}, &place_${name}, ${type.of.signed ? -8 : 8});`);
    else this.#fill(type, `in_${name}`, `count_${name}`, `item_${name}`, `&place_${name}`);
  }

  /** Puts the last output directly into the frame that is sent, if the size of everything before it has a bound. */
  #roomOf(parameter: Parameter, place: string, count: string, size: string): string {
    const before = parameter === outputsOf(this.#virtine).at(-1) ? headBound(this.#virtine) : undefined;
    return before === undefined
      ? `colony_room(${place}, ${count}, ${size})`
      : `colony_last_room(${place}, ${count}, ${size}, ${before})`;
  }

  /** Fills a buffer with items from a CBOR item whose length is known. */
  #fill(type: Buffer, to: string, count: string, item: string, place: string): void {
    const { of, constant, sizing } = type;
    if (isBytes(type) && constant && sizing.direction === 'in' && !isSingle(sizing)) {
      this.#emit(`if (${item}.kind == CBOR_BYTES) ${to} = (void *)${item}.data;`);
      this.#emit(
        `else colony_read_integers(&${item}, ${place}, ${type.of.signed ? -8 : 8}, ${to} = colony_room(${place}, ${count}, 1));`,
      );
      return;
    }
    this.#emit(`${to} = colony_room(${place}, ${count}, sizeof *${to});`);
    if (isSingle(sizing)) this.#read(of, `(*${to})`, item, place);
    else this.#readItems(of, to, count, item, place);
  }

  #readItems(of: CType, to: string, count: string, item: string, place: string): void {
    if (of.kind === 'integer') this.#emit(`colony_read_integers(&${item}, ${place}, COLONY_BITS(*${to}), ${to});`);
    else if (of.kind === 'float') this.#emit(`colony_read_floats(&${item}, ${place}, ${of.bits}, ${to});`);
    else {
      const [element, at, i, inner] = ['each', 'at', 'i', 'place'].map((stem) => this.#name(stem)) as [
        string,
        string,
        string,
        string,
      ];
      this.#emit(`struct cbor_reader ${at} = ${item}.content;`);
      this.#emit(`for (uint64_t ${i} = 0; ${i} < ${count}; ${i}++) {`);
      this.#emit(`struct cbor_item ${element};`);
      this.#emit(`const struct colony_place ${inner} = {${place}, NULL, ${i}};`);
      this.#emit(`colony_next(&${at}, &${element});`);
      this.#read(of, `${to}[${i}]`, element, `&${inner}`);
      this.#emit('}');
    }
  }

  /** Reads one value into the lvalue `to`. */
  #read(type: CType, to: string, item: string, place: string): void {
    switch (type.kind) {
      case 'bool':
        this.#emit(`${to} = read_bool(&${item}, ${place});`);
        return;
      case 'integer':
      case 'enum':
        if (type.width !== undefined) {
          this.#readBits(bitFieldBits(type)!, to, item, place);
          return;
        }
        this.#emit(`${to} = (__typeof__(${to}))read_integer(&${item}, ${place}, COLONY_BITS(${to}));`);
        return;
      case 'float':
        this.#emit(`${to} = (__typeof__(${to}))read_number(&${item}, ${place});`);
        return;
      case 'string':
        this.#emit(`${to} = colony_string(&${item}, ${place});`);
        return;
      case 'bytes':
        this.#emit(`check_bytes(&${item}, ${place});`);
        this.#emit(`${to} = (colony_bytes){${item}.data, (size_t)${item}.value};`);
        return;
      case 'array':
        this.#sameCount(to, type.count);
        this.#emit(
          `colony_same_length(${place}, colony_length(&${item}, ${place}, ${bitsOf(type.of)}), ${type.count});`,
        );
        this.#readItems(type.of, to, String(type.count), item, place);
        return;
      case 'struct':
        this.#emit(`${this.#helper('read', type)}(&${item}, ${place}, &${to});`);
        return;
      default:
        throw new Error(`no reader for ${type.kind}`);
    }
  }

  /** An array whose length depends on `sizeof(long)` has fewer items on wasm32 than the compiler saw. */
  #sameCount(array: string, count: number): void {
    const why = `an array of ${count} items has another number of them on this target: write a number, or leave the target out of targets`;
    this.#emit(`_Static_assert(sizeof(${array}) == ${count} * sizeof(${array}[0]), ${quote(why)});`);
  }

  /** Checks that the stored value equals the value that was read: the width may differ on wasm32. */
  #readBits(bits: number, to: string, item: string, place: string): void {
    const value = this.#name('value');
    this.#emit(`const uint64_t ${value} = read_integer(&${item}, ${place}, ${bits});`);
    this.#emit(`${to} = ${value};`);
    this.#emit(
      `if ((uint64_t)${to} != ${value}) refuse_value(${place}, "RangeError", "a number that its bit-field holds", NULL);`,
    );
  }

  #helper(direction: 'read' | 'write', type: Struct): string {
    const key = `${direction} ${type.c}`;
    const known = this.#helpers.get(key);
    if (known !== undefined) return known;
    const name = this.#name(direction);
    this.#helpers.set(key, name);
    const outer = this.#lines;
    this.#lines = [];
    if (direction === 'read') this.#readFields(type);
    else this.#writeFields(type);
    const parameters =
      direction === 'read'
        ? `const struct cbor_item *item, const struct colony_place *place, ${type.c} *to`
        : `struct cbor_writer *out, const ${type.c} *from`;
    this.#bodies.push(`static void ${name}(${parameters}) {\n${this.#lines.join('\n')}\n}`);
    this.#lines = outer;
    return name;
  }

  #readFields({ fields }: Struct): void {
    this.#emit('colony_object(item, place);');
    // A function that reads a member other than the active one finds zeros.
    if (fields.some(({ type }) => type.kind === 'union')) this.#emit('__builtin_memset(to, 0, sizeof *to);');
    const implied = impliedFields(fields);
    for (const { name, type } of fields) {
      if (implied.has(name)) continue;
      if (name !== '') {
        this.#emit(`struct cbor_item item_${name};`);
        this.#emit(`const struct colony_place place_${name} = {place, ${quote(name)}, 0};`);
        this.#emit(`colony_field(item, place, ${quote(name)}, &item_${name});`);
      }
      if (type.kind === 'union') this.#readUnion(name, type);
      else if (type.kind !== 'buffer') this.#read(type, `to->${name}`, `item_${name}`, `&place_${name}`);
    }
    const counted = new Map<string, string>();
    for (const { name, type } of fields) {
      if (type.kind === 'buffer') this.#readBufferField(name, type, counted, fields);
    }
  }

  #readUnion(name: string, { tag, cases }: Union): void {
    const [object, place] = name === '' ? ['item', 'place'] : [`&item_${name}`, `&place_${name}`];
    const [names, which, value, inner] = [
      this.#name('names'),
      this.#name('which'),
      this.#name('value'),
      this.#name('place'),
    ];
    if (name !== '') this.#emit(`colony_object(${object}, ${place});`);
    this.#emit(`static const char *const ${names}[] = {${cases.map((member) => quote(member.name)).join(', ')}};`);
    this.#emit(`struct cbor_item ${value};`);
    this.#emit(`const uint64_t ${which} = colony_one_of(${object}, ${place}, ${names}, ${cases.length}, &${value});`);
    this.#emit(`const struct colony_place ${inner} = {${place}, ${names}[${which}], 0};`);
    this.#emit(`switch (${which}) {`);
    for (const [i, member] of cases.entries()) {
      this.#emit(`case ${i}: {`);
      this.#emit(`to->${tag} = ${literal(member.value)};`);
      this.#read(member.type, `to->${memberOf(name, member.name)}`, value, `&${inner}`);
      this.#emit('break;');
      this.#emit('}');
    }
    this.#emit('}');
  }

  #writeUnion(name: string, { tag, cases }: Union): void {
    if (name !== '') {
      this.#key(name);
      this.#emit('cbor_put_map(out, 1);');
    }
    this.#emit(`switch ((int64_t)from->${tag}) {`);
    for (const member of cases) {
      this.#emit(`case ${literal(member.value)}: {`);
      this.#key(member.name);
      this.#put(member.type, `from->${memberOf(name, member.name)}`);
      this.#emit('break;');
      this.#emit('}');
    }
    this.#emit(`default: colony_no_case(${quote(this.#virtine.name)}, ${quote(tag)}, (int64_t)from->${tag});`);
    this.#emit('}');
  }

  #readBufferField(name: string, type: Buffer, counted: Map<string, string>, fields: readonly Field[]): void {
    const { length } = type.sizing;
    const place = `&place_${name}`;
    const count = isSingle(type.sizing) ? '1' : `colony_length(&item_${name}, ${place}, ${bitsOf(type.of)})`;
    this.#emit(`uint64_t count_${name} = ${count};`);
    if ('constant' in length) {
      if (!isSingle(type.sizing)) this.#emit(`colony_same_length(${place}, count_${name}, ${length.constant});`);
    } else if (counted.has(length.name)) {
      this.#emit(`colony_same_length(${place}, count_${name}, count_${counted.get(length.name)});`);
    } else {
      counted.set(length.name, name);
      const counter = `to->${length.name}`;
      const bits = bitFieldBits(fields.find((field) => field.name === length.name)!.type);
      const most = bits === undefined ? `COLONY_MOST(${counter})` : mostOf(bits);
      this.#emit(`colony_check_capacity(${place}, count_${name}, ${most});`);
      this.#emit(`${counter} = ${bits === undefined ? `(__typeof__(${counter}))` : ''}count_${name};`);
    }
    const buffer = `buffer_${name}`;
    this.#emit(`${itemC(type)} *${buffer};`);
    this.#fill(type, buffer, `count_${name}`, `item_${name}`, place);
    this.#emit(`to->${name} = ${buffer};`);
  }

  #call(): void {
    const { name, parameters, result } = this.#virtine;
    const args = parameters.map(({ name: parameter, type }) =>
      type.kind === 'counter' ? `&in_${parameter}` : `in_${parameter}`,
    );
    const keep = result.kind === 'void' ? '' : `__typeof__(${name}(${args.join(', ')})) result = `;
    this.#emit(`${keep}${name}(${args.join(', ')});`);
  }

  #write(): void {
    const { result } = this.#virtine;
    const outputs = outputsOf(this.#virtine);
    this.#emit('struct cbor_writer *out = colony_call_->out;');
    this.#emit('cbor_put_array(out, 2);');
    this.#emit('cbor_put_natural(out, 0);');
    if (outputs.length === 0) {
      this.#put(result, 'result');
      return;
    }
    const hasResult = result.kind !== 'void';
    this.#emit(`cbor_put_map(out, ${outputs.length + (hasResult ? 1 : 0)});`);
    if (hasResult) {
      this.#key('result');
      this.#put(result, 'result');
    }
    for (const output of outputs) this.#writeOutput(output, output === outputs.at(-1));
  }

  #writeOutput({ name, type }: Parameter, isLast: boolean): void {
    const { sizing, of } = type as Buffer;
    this.#key(name);
    if (isSingle(sizing)) {
      this.#put(of, `(*in_${name})`);
      return;
    }
    const used = this.#used(sizing);
    const count =
      used === undefined
        ? `count_${name}`
        : `colony_used(${quote(this.#virtine.name)}, ${quote(name)}, ${used}, count_${name})`;
    if (isLast && isNumeric(of)) this.#emit(`colony_put_last(out, in_${name}, ${count}, ${bitsOf(of)});`);
    else this.#putItems(of, `in_${name}`, count);
  }

  /** The number of items that the function reports as written. A negative number reports an error, and counts as 0. */
  #used(sizing: Sizing): string | undefined {
    const counter = sizing.used ?? ('name' in sizing.length && sizing.length.pointer ? sizing.length : undefined);
    if (counter === undefined) return undefined;
    const value = counter === 'result' ? 'result' : `in_${counter.name}`;
    return `(${value} < 0 ? 0 : (uint64_t)${value})`;
  }

  #key(name: string): void {
    this.#emit(`cbor_put_text(out, ${quote(name)}, ${name.length});`);
  }

  #putItems(of: CType, from: string, count: string): void {
    if (isNumeric(of)) {
      this.#emit(`colony_put_items(out, ${from}, ${count}, ${bitsOf(of)});`);
      return;
    }
    const [n, i] = [this.#name('n'), this.#name('i')];
    this.#emit(`const uint64_t ${n} = ${count};`);
    this.#emit(`cbor_put_array(out, ${n});`);
    this.#emit(`for (uint64_t ${i} = 0; ${i} < ${n}; ${i}++) {`);
    this.#put(of, `${from}[${i}]`);
    this.#emit('}');
  }

  #put(type: CType, from: string): void {
    switch (type.kind) {
      case 'void':
        this.#emit('cbor_put_undefined(out);');
        return;
      case 'bool':
        this.#emit(`cbor_put_bool(out, ${from});`);
        return;
      case 'integer':
        this.#emit(type.signed ? `cbor_put_integer(out, ${from});` : `cbor_put_natural(out, ${from});`);
        return;
      case 'enum':
        this.#emit(`cbor_put_integer(out, (int64_t)${from});`);
        return;
      case 'float':
        this.#emit(`cbor_put_double(out, ${from});`);
        return;
      case 'string':
        this.#emit(`colony_put_string(out, ${from});`);
        return;
      case 'bytes':
        this.#emit(`cbor_put_bytes(out, ${from}.data, ${from}.len);`);
        return;
      case 'array':
        this.#sameCount(from, type.count);
        this.#putItems(type.of, from, String(type.count));
        return;
      case 'struct':
        this.#emit(`${this.#helper('write', type)}(out, &${from});`);
        return;
      default:
        throw new Error(`no writer for ${type.kind}`);
    }
  }

  #writeFields({ fields }: Struct): void {
    const implied = impliedFields(fields);
    const written = fields.filter(({ name }) => !implied.has(name));
    this.#emit(`cbor_put_map(out, ${written.length});`);
    for (const { name, type } of written) {
      if (type.kind === 'union') {
        this.#writeUnion(name, type);
        continue;
      }
      this.#key(name);
      if (type.kind !== 'buffer') {
        this.#put(type, `from->${name}`);
      } else if (isSingle(type.sizing)) {
        this.#emit(`if (from->${name} == NULL) cbor_put_null(out);`);
        this.#emit('else {');
        this.#put(type.of, `(*from->${name})`);
        this.#emit('}');
      } else {
        const { length } = type.sizing;
        this.#putItems(
          type.of,
          `from->${name}`,
          'constant' in length ? String(length.constant) : `(uint64_t)from->${length.name}`,
        );
      }
    }
  }
}

/** Names a member of the union `union`; an empty name stands for an anonymous union. */
const memberOf = (union: string, name: string): string => (union === '' ? name : `${union}.${name}`);

const literal = (value: string): string => `(int64_t)${BigInt.asUintN(64, BigInt(value))}u`;

/** The largest number of `bits` bits (negative: signed), as a C expression. */
const mostOf = (bits: number): string => `(~(uint64_t)0 >> ${64 - Math.abs(bits)}${bits < 0 ? ' >> 1' : ''})`;

const isBytes = (type: Buffer): type is Buffer & { of: CType & { kind: 'integer' } } =>
  type.of.kind === 'integer' && type.of.bits === 8;

const counts = ({ type }: Parameter, name: string): boolean =>
  type.kind === 'buffer' &&
  type.sizing.direction !== 'out' &&
  'name' in type.sizing.length &&
  type.sizing.length.name === name;

const itemC = ({ of }: Buffer): string => {
  if (of.kind === 'string') return 'const char *';
  if (of.kind === 'bool') return 'bool';
  if (of.kind === 'bytes') return 'colony_bytes';
  if (of.kind === 'array' || of.kind === 'union' || of.kind === 'void' || of.kind === 'buffer' || of.kind === 'counter')
    throw new Error(`no items of ${of.kind}`);
  return of.c;
};

/** Arguments `bits, floats` of the helpers of glue.h; `0, false` for items that no typed array holds. */
function bitsOf(type: CType): string {
  if (type.kind === 'float') return `${type.bits}, true`;
  if (type.kind === 'integer') return `${type.signed ? -type.bits : type.bits}, false`;
  return '0, false';
}
