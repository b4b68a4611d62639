/** Components that give false values to the glue, which is host code. Each is named after its attempt. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { PreparedComponent } from '../../src/components/program.js';
import { failure } from '../../src/thread/failure.js';
import { ALLOCATOR, assemble, build, call, callIn, componentGuest, LIMITS, prepared, TestHost } from './lib.js';

/** WIT and core signatures of the functions with false values. */
const SIGNATURES = {
  text: ['(text: string) -> string', '(param i32 i32) (result i32)'],
  bytes: ['() -> list<u8>', '(result i32)'],
  words: ['() -> list<string>', '(result i32)'],
  bits: ['() -> list<bool>', '(result i32)'],
  letter: ['() -> char', '(result i32)'],
  yes: ['() -> bool', '(result i32)'],
  go: ['()', ''],
} as const;

interface Lie {
  readonly what: string;
  readonly as: keyof typeof SIGNATURES;
  /** Body of the function, in WAT. Default: returns an empty string or list. */
  readonly does?: string;
  /** Bodies of `cabi_realloc`, and of its post-return function. */
  readonly realloc?: string;
  readonly after?: string;
  readonly args?: unknown[];
  readonly code: string;
}

/** Two words at 16: the pointer and length of a result. */
const gives = (pointer: number, length: number) =>
  `(i32.store (i32.const 16) (i32.const ${pointer})) (i32.store (i32.const 20) (i32.const ${length})) (i32.const 16)`;

const PAGES = 512;
const END = PAGES * 65536;
const PROTOCOL = 'ERR_GUEST_PROTOCOL';
const TRAP = 'ERR_GUEST_TRAP';
const TIME = 'ERR_LIMIT_WALL_TIME';
const OUTPUT = 'ERR_LIMIT_OUTPUT';
/** 65,536 pairs of (0, 1 MiB): 64 GiB of strings. */
const FILL = `(local $i i32) (loop $l
  (i32.store (i32.add (i32.const 1048576) (i32.mul (local.get $i) (i32.const 8))) (i32.const 0))
  (i32.store (i32.add (i32.const 1048580) (i32.mul (local.get $i) (i32.const 8))) (i32.const 1048576))
  (local.set $i (i32.add (local.get $i) (i32.const 1)))
  (br_if $l (i32.lt_u (local.get $i) (i32.const 65536))))`;

const LIES: readonly Lie[] = [
  {
    what: 'realloc gives a pointer beyond the memory',
    as: 'text',
    realloc: `i32.const ${END}`,
    args: ['abc'],
    code: PROTOCOL,
  },
  { what: 'realloc gives a negative pointer', as: 'text', realloc: 'i32.const -4', args: ['abc'], code: PROTOCOL },
  { what: 'realloc gives the last bytes', as: 'text', realloc: `i32.const ${END - 2}`, args: ['abc'], code: PROTOCOL },
  { what: 'realloc traps', as: 'text', realloc: 'unreachable', args: ['abc'], code: TRAP },
  { what: 'realloc never returns', as: 'text', realloc: '(loop $l (br $l)) i32.const 0', args: ['abc'], code: TIME },
  { what: 'a string beyond the memory', as: 'text', does: gives(END - 1, 2), code: PROTOCOL },
  { what: 'a string of negative length', as: 'text', does: gives(0, -1), code: PROTOCOL },
  {
    what: 'a string that is not UTF-8',
    as: 'text',
    does: `(i32.store (i32.const 64) (i32.const -1)) ${gives(64, 3)}`,
    code: PROTOCOL,
  },
  { what: 'a list beyond the memory', as: 'bytes', does: gives(END - 1, 2), code: PROTOCOL },
  { what: 'a list of negative length', as: 'bytes', does: gives(16, -8), code: PROTOCOL },
  { what: 'a list at a negative place', as: 'bytes', does: gives(-8, 4), code: PROTOCOL },
  { what: 'a list of strings beyond the memory', as: 'words', does: gives(END - 64, 2 ** 29), code: PROTOCOL },
  { what: 'a result beyond the memory', as: 'words', does: 'i32.const -8', code: PROTOCOL },
  { what: 'a surrogate as a char', as: 'letter', does: 'i32.const 0xd800', code: PROTOCOL },
  { what: 'a char beyond Unicode', as: 'letter', does: 'i32.const 0x110000', code: PROTOCOL },
  { what: 'a bool that is neither', as: 'yes', does: 'i32.const 2', code: PROTOCOL },
  { what: 'a trap after the result was taken', as: 'text', after: 'unreachable', code: TRAP },
  { what: 'a loop after the result was taken', as: 'text', after: '(loop $l (br $l))', code: TIME },
  { what: 'recursion without end', as: 'go', does: 'call $deep', code: TRAP },
  { what: 'a loop without end', as: 'go', does: '(loop $l (br $l))', code: TIME },
  {
    what: 'memory beyond the limit',
    as: 'go',
    does: '(drop (memory.grow (i32.const 1000)))',
    code: 'ERR_LIMIT_MEMORY',
  },
  {
    what: 'many strings that are all the same megabyte',
    as: 'words',
    does: `${FILL} ${gives(1048576, 65536)}`,
    code: OUTPUT,
  },
  {
    what: 'the same for a host function',
    as: 'go',
    does: `${FILL} (call $show (i32.const 1048576) (i32.const 65536))`,
    code: OUTPUT,
  },
  {
    what: 'more records than a message may have',
    as: 'go',
    does: '(call $rows (i32.const 0) (i32.const 30000000))',
    code: OUTPUT,
  },
  { what: 'more bytes than a message may have', as: 'bytes', does: gives(0, 17 * 2 ** 20), code: OUTPUT },
];

const WIT = `package t:t;
interface host { record row { a: bool } show: func(text: list<string>); rows: func(rows: list<row>); }
world w {
  import host;
  export mode: func(lie: u32);
  export bits: func(length: u32) -> list<bool>;
  export bytes: func(length: u32) -> list<u8>;
  export lists: func(length: u32) -> list<list<u8>>;
  ${LIES.map(({ as }, i) => `export lie${i}: func${SIGNATURES[as][0]};`).join('\n')}
}`;

const list = '(i32.store (i32.const 16) (i32.const 1024)) (i32.store (i32.const 20) (local.get 0)) (i32.const 16)';
const HONEST: Partial<Record<Lie['as'], string>> = { text: gives(0, 0) };

const WAT = `(module
  (import "t:t/host" "show" (func $show (param i32 i32)))
  (import "t:t/host" "rows" (func $rows (param i32 i32)))
  (memory (export "memory") ${PAGES})
  (global $mode (mut i32) (i32.const -1))
  (func (export "mode") (param i32) (global.set $mode (local.get 0)))
  (func $deep (call $deep))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    ${LIES.map(({ realloc }, i) => (realloc === undefined ? '' : `(if (i32.eq (global.get $mode) (i32.const ${i})) (then (return ${fold(realloc)})))`)).join('\n')}
    i32.const 1024)
  (func (export "bits") (param i32) (result i32) ${list})
  (func (export "bytes") (param i32) (result i32) ${list})
  (func (export "lists") (param i32) (result i32) ${list})
  ${LIES.map(
    ({ as, does = HONEST[as]!, after }, i) => `
  (func (export "lie${i}") ${SIGNATURES[as][1]} ${does})
  ${after === undefined ? '' : `(func (export "cabi_post_lie${i}") (param i32) ${after})`}`,
  ).join('\n')})`;

/** Plain instructions as one folded expression. */
function fold(plain: string): string {
  return `(block (result i32) ${plain})`;
}

describe('a component lies to the glue', () => {
  let program: PreparedComponent;
  beforeAll(async () => {
    program = await prepared(await build(WIT, WAT));
  });

  const ended = (host: TestHost, name: string, args: readonly unknown[], mode = -1): string => {
    const guest = componentGuest(program, host);
    if (mode >= 0) callIn(guest, host, 'mode', mode);
    try {
      return JSON.stringify(callIn(guest, host, name, ...args)).slice(0, 100);
    } catch (error) {
      return failure(error, host.limits).code;
    }
  };

  for (const [index, { what, code, args = [] }] of LIES.entries()) {
    it(what, () => {
      const host = new TestHost(
        { 'host.rows': () => {} },
        { memory: 64 * 2 ** 20, wallTime: code === TIME ? 100 : 20_000 },
      );
      const before = process.memoryUsage().rss;
      expect(ended(host, `lie${index}`, LIES[index]!.as === 'text' ? [args[0] ?? ''] : args, index)).toBe(code);
      expect(process.memoryUsage().rss - before).toBeLessThan(600 * 2 ** 20);
      expect(host.asked).toStrictEqual([]);
    });
  }

  it('a long list is interrupted while the glue reads it', () => {
    const host = new TestHost({}, { memory: 64 * 2 ** 20, wallTime: 2 });
    expect(ended(host, 'bits', [4_000_000])).toBe(TIME);
  });

  it('a small limit bounds what the glue reads', () => {
    const host = new TestHost({}, { memory: 64 * 2 ** 20, output: 1000 });
    expect(ended(host, 'bits', [100_000])).toBe(OUTPUT);
    expect(ended(host, 'bytes', [1001])).toBe(OUTPUT);
    // Each empty list is an object on the host's side.
    expect(ended(host, 'lists', [100_000])).toBe(OUTPUT);
    expect(callIn(componentGuest(program, host), host, 'bytes', 900)).toStrictEqual([0, new Uint8Array(900)]);
  });
});

describe('a component’s names', () => {
  const named = (name: string) => `(component
    (core module $m (func (export "${name}") (result i32) i32.const 1))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "${name}")))
    (export "f" (func $f)))`;

  it.each(["a'];process.exit(7);['", 'weird\\\\', 'a\\nb', 'a`b', 'a\\"b', 'a\\u{2028}b'])(
    'core name %s does not become code',
    async (name) => {
      const bytes = await assemble(named(name));
      await expect(prepared(bytes)).rejects.toMatchObject({
        code: 'ERR_COMPILE',
        message: expect.stringMatching(/name that could be code|not as expected/),
      });
    },
  );

  it('core imports do not become code', async () => {
    const bytes = await assemble(`(component
      (import "ho-st" (func $h (result u32)))
      (core func $hh (canon lower (func $h)))
      (core module $m (import "a'b" "c'd" (func $x (result i32))) (func (export "f") (result i32) call $x))
      (core instance $i (instantiate $m (with "a'b" (instance (export "c'd" (func $hh))))))
      (func $f (result u32) (canon lift (core func $i "f")))
      (export "f" (func $f)))`);
    await expect(prepared(bytes)).rejects.toMatchObject({ code: 'ERR_COMPILE' });
  });

  it('jco has no other name for a function called eval', async () => {
    const program = await prepared(
      await build('package t:t; world w { export eval: func(); }', '(module (func (export "eval")))'),
    );
    expect(() => call(program, 'eval')).toThrow(expect.objectContaining({ code: 'ERR_COMPILE' }));
  });

  it('names of the language’s globals are ordinary ones', async () => {
    const words = ['process', 'import', 'constructor', 'fetch', 'function', 'to-string', 'proto'];
    const wit = `package t:t; world w {
      record process { %constructor: u8, to-string: u8 }
      ${words.map((word) => `export %${word}: func(value: process) -> process;`).join('\n')} }`;
    const wat = `(module ${ALLOCATOR} ${words
      .map(
        (word) => `
      (func (export "${word}") (param i32 i32) (result i32)
        (i32.store8 (i32.const 8) (local.get 0)) (i32.store8 (i32.const 9) (local.get 1)) (i32.const 8))`,
      )
      .join('')})`;
    const program = await prepared(await build(wit, wat));
    for (const word of words) {
      const name = word === 'to-string' ? 'toString' : word;
      expect(call(program, name, { constructor: 1, toString: 2 })).toStrictEqual([0, { constructor: 1, toString: 2 }]);
    }
  });
});

describe('handles', () => {
  const COMPONENT = `(component
    (core module $dtor (func (export "dtor") (param i32)))
    (core instance $d (instantiate $dtor))
    (type $r (resource (rep i32) (dtor (func $d "dtor"))))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core func $rep (canon resource.rep $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (func (export "many") (param i32) (loop $l
        (drop (call $new (i32.const 5)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $l (local.get 0))))
      (func (export "pairs") (param i32) (loop $l
        (call $drop (call $new (i32.const 5)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $l (local.get 0))))
      (func (export "dropped") (param i32) (call $drop (local.get 0)))
      (func (export "twice") (local $h i32)
        (local.set $h (call $new (i32.const 5))) (call $drop (local.get $h)) (call $drop (local.get $h)))
      (func (export "rep") (result i32) (call $rep (call $new (i32.const 77)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "drop" (func $drop)) (export "rep" (func $rep))))))
    (func (export "many") (param "n" u32) (canon lift (core func $i "many")))
    (func (export "pairs") (param "n" u32) (canon lift (core func $i "pairs")))
    (func (export "dropped") (param "h" u32) (canon lift (core func $i "dropped")))
    (func (export "twice") (canon lift (core func $i "twice")))
    (func (export "rep") (result u32) (canon lift (core func $i "rep"))))`;

  it('are made by the component, valid once, and limited in number', async () => {
    const program = await prepared(await assemble(COMPONENT));
    const ended = (name: string, ...args: unknown[]) => {
      try {
        return call(program, name, ...args);
      } catch (error) {
        return failure(error, LIMITS).code;
      }
    };
    expect(ended('rep')).toStrictEqual([0, 77]);
    expect(ended('many', 60_000)).toStrictEqual([0, undefined]);
    expect(ended('many', 70_000)).toBe('ERR_GUEST_PROTOCOL');
    expect(ended('pairs', 200_000)).toStrictEqual([0, undefined]);
    expect(ended('twice')).toBe('ERR_GUEST_PROTOCOL');
    for (const handle of [0, 1, 2, 5000, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff]) {
      expect(ended('dropped', handle), `handle ${handle}`).toBe('ERR_GUEST_PROTOCOL');
    }
  });

  it('do not cross', async () => {
    const wit = `package t:t; interface api { resource blob { constructor(n: u32); } take: func(b: blob); make: func() -> option<blob>; plain: func() -> u8; }
      world w { export api; }`;
    const wat = `(module ${ALLOCATOR}
      (func (export "t:t/api#[constructor]blob") (param i32) (result i32) i32.const 1)
      (func (export "t:t/api#take") (param i32)) (func (export "t:t/api#make") (result i32) i32.const 8)
      (func (export "t:t/api#plain") (result i32) i32.const 9))`;
    const program = await prepared(await build(wit, wat));
    expect(call(program, 'api.plain')).toStrictEqual([0, 9]);
    for (const [name, args] of [
      ['api.take', [{}]],
      ['api.make', []],
    ] as const) {
      const [tag, info] = call(program, name, ...args);
      expect(tag).toBe(1);
      expect((info as { code: string }).code).toBe('ERR_NOT_SERIALIZABLE');
      expect((info as Error).message).toMatch(/handle to (the|a) resource/);
    }
    expect((call(program, 'api.[constructor]blob', 1)[1] as Error).message).toMatch(/exports no function/);
  });
});

describe('bytes that are not a component', () => {
  it('fail with a code for any bytes', async () => {
    const whole = await assemble('(component)');
    const good = await build(
      'package t:t; world w { export f: func(a: string) -> option<u8>; }',
      `(module ${ALLOCATOR} (func (export "f") (param i32 i32) (result i32) i32.const 0))`,
    );
    const codes = new Set<string>();
    for (let i = 0; i < 400; i++) {
      const bytes = good.slice();
      // Beyond the header; one mutation at a time, from a fixed sequence.
      const at = 8 + ((i * 7919) % (bytes.length - 8));
      bytes[at] = (bytes[at]! + 1 + ((i * 31) % 255)) & 0xff;
      codes.add(await codeOf(() => prepareWorld(bytes)));
    }
    for (const code of codes) expect(['none', 'ERR_COMPILE', 'ERR_UNSUPPORTED'], code).toContain(code);
    expect(await codeOf(() => prepareWorld(whole))).toBe('none');
  });

  it('are refused or have fewer parts if truncated anywhere', async () => {
    const good = await build(
      'package t:t; world w { export f: func() -> u8; }',
      '(module (func (export "f") (result i32) i32.const 0))',
    );
    for (let length = 8; length < good.length; length++) {
      const code = await codeOf(() => prepareWorld(good.subarray(0, length)));
      expect(['none', 'ERR_COMPILE', 'ERR_UNSUPPORTED'], `${length}: ${code}`).toContain(code);
    }
    await expect(prepared(good.subarray(0, good.length - 3))).rejects.toMatchObject({ code: 'ERR_COMPILE' });
  });
});

async function prepareWorld(bytes: Uint8Array): Promise<void> {
  const { readWorld } = await import('../../src/components/wit/world.js');
  readWorld(bytes);
}

async function codeOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
