/** Programs in machine code: residue, forbidden accesses, false arguments. Needs probe programs. */
import assert from 'node:assert/strict';
import { type Context, type ErrorCode, printable } from '@colony/core';
import fc from 'fast-check';
import { assertClean, errorOf, fails, outcome } from '../expect.js';
import type { Facts, Natives, Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { theme } from './define.js';

const needs = (name: keyof Natives) => ({
  needs: ({ natives }: Facts) => natives[name] !== undefined,
  needsWhat: `the native probe program "${name}" was not given`,
});

type Leave = readonly [string, ...unknown[]];
const HEAP = 300_000;

/**
 * Places where a call may leave a secret, and how the call may end: 0 returns, 1 faults, 2 loops, 3 a bad hypercall.
 */
const LEAVES: readonly Leave[] = [
  ['leave_bss'],
  ['leave_data'],
  ['leave_stack'],
  ['leave_heap', HEAP],
  ['leave_heap', 4 * HEAP],
  ['leave_registers', 0],
  ['leave_registers', 1],
  ['leave_registers', 2],
  ['leave_registers', 3],
];
const LOOKS: readonly Leave[] = [['look_bss'], ['look_data'], ['look_stack'], ['look_heap', HEAP], ['look_registers']];

/** A bit of `look_registers`: an FS base, which is the thread pointer of a program with a libc. */
const THREAD_POINTER = 1 << 18;
const cleared = (bits: unknown) => (bits as number) & ~THREAD_POINTER;

/** The entries of a list that the probe supports: a program may lack those for registers or pages. */
function offered(context: Context, list: readonly Leave[]): readonly Leave[] {
  const there = list.filter(([name]) => context.exports?.includes(name) !== false);
  assert.ok(there.length >= 4, "the probe program lacks the law's export");
  return there;
}

/**
 * Limits of calls that leave something behind, because they may loop for ever. Calls that search get generous limits.
 */
const SHORT = { wallTime: 40, cpuTime: 1000 };

async function nothingFound(context: Context, after: string): Promise<void> {
  for (const [look, ...args] of offered(context, LOOKS)) {
    assert.equal(cleared(await context.call(look, ...args)), 0, `${look} found what ${after} left`);
    if (context.capabilities.callSync)
      assert.equal(cleared(context.callSync(look, ...args)), 0, `${look} found what ${after} left (callSync)`);
  }
}

async function leave(context: Context, [name, ...args]: Leave, sync: boolean): Promise<void> {
  const brief = context.with({ limits: SHORT });
  await outcome(() =>
    sync && context.capabilities.callSync ? brief.callSync(name, ...args) : brief.call(name, ...args),
  );
}

async function residue(t: Tools): Promise<void> {
  const context = await t.context({ program: t.natives.secrets! });
  for (const way of offered(context, LEAVES)) {
    await leave(context, way, false);
    await leave(context, way, true);
    await nothingFound(context, way.join(' '));
  }
}

async function residueAcross(t: Tools): Promise<void> {
  const program = t.natives.secrets!;
  const contexts = await Promise.all([0, 1, 2].map(() => t.context({ program })));
  const act = fc.record({
    who: fc.nat(2),
    leave: fc.option(fc.constantFrom(...offered(contexts[0]!, LEAVES))),
    sync: fc.boolean(),
    wait: fc.boolean(),
  });
  await t.property(
    fc.array(act, { minLength: 2, maxLength: 10 }),
    async (acts) => {
      const going: Promise<void>[] = [];
      for (const act of acts) {
        const context = contexts[act.who]!;
        const work =
          act.leave === null ? nothingFound(context, 'a concurrent call') : leave(context, act.leave, act.sync);
        going.push(work);
        if (act.wait) await work;
      }
      await Promise.all(going);
      for (const context of contexts) await nothingFound(context, JSON.stringify(acts));
    },
    { weight: 0.4 },
  );
}

/** A shell serves programs of others after this one. */
async function residueInShells(t: Tools): Promise<void> {
  const other = await t.context({ program: t.natives.memory!, policy: { limits: { memory: '64 MiB' } } });
  const secrets = await t.context({ program: t.natives.secrets! });
  for (const way of LEAVES) {
    await other.call('dirty_pages', 700);
    await leave(secrets, way, false);
    await other.call('dirty_heap', 500);
    await nothingFound(secrets, `another program and ${way.join(' ')}`);
  }
}

async function numbers(t: Tools): Promise<void> {
  const context = await t.context({ program: t.natives.basic! });
  assert.equal(await context.call('add', 2, -5), -3);
  assert.equal(await context.call('echo_string', 'grüße 😀'), 'grüße 😀');
  await t.property(
    fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.double(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    async ([bytes, number, big]) => {
      assert.deepEqual(await context.call('echo', bytes), bytes);
      assert.deepStrictEqual(await context.call('echo_f64', number), number);
      assert.equal(BigInt((await context.call('echo_i64', big)) as unknown as bigint), big);
    },
  );
  for (const args of [[], [1], [1, 2, 3], ['1', 2], [1.5, 2], [2 ** 31, 0], [1n << 70n, 0]]) {
    await fails('ERR_GUEST_THROWN', () => context.call('add', ...args));
  }
  assert.equal(await context.call('count'), 1);
  assert.equal(await context.call('count'), 1);
}

const FAULTS: readonly Leave[] = [
  ['read_at', 0],
  ['read_at', 0x1000],
  ['read_at', 0x7fff_ffff_f000n],
  ['read_at', 1n << 62n],
  ['write_at', 8],
  ['jump_to', 0],
  ['jump_to', 1n << 46n],
  ['write_text'],
  ['write_rodata'],
  ['execute_data'],
  ['execute_stack'],
  ['execute_heap'],
  ['recurse'],
  ['write_below_stack', 1 << 18],
  ['write_beyond_heap'],
];

/**
 * In linear memory, the first addresses belong to the guest, and so do addresses that a 32-bit pointer truncates to
 * them.
 */
const OWN_IN_LINEAR_MEMORY = new Set<unknown>([0, 8, 0x1000, 1n << 62n]);

async function faults(t: Tools): Promise<void> {
  const context = await t.context({ program: t.natives.memory! });
  const linear = t.capabilities.boundary === 'wasm';
  const accesses = linear ? FAULTS.filter(([name, at]) => name === 'jump_to' || !OWN_IN_LINEAR_MEMORY.has(at)) : FAULTS;
  for (const [name, ...args] of offered(context, accesses)) {
    const error = await fails(['ERR_GUEST_FAULT', 'ERR_GUEST_TRAP'], () => context.call(name, ...args), name);
    if (error.code === 'ERR_GUEST_FAULT') assert.ok(error.details.fault?.kind, `${name}: no description of the fault`);
    assert.equal(await context.call('dirty_pages', 1), 1, `after ${name}`);
  }
  await fails('ERR_LIMIT_MEMORY', () => context.call('allocate_without_end'));
}

const LIES = [
  'length_huge',
  'length_signed',
  'length_wraps',
  'length_beyond_region',
  'pointer_end',
  'pointer_over_end',
  'pointer_negative',
  'out_end',
  'out_negative',
  'pointer_null',
  'pointer_unmapped',
  'pointer_noncanonical',
  'pointer_kernel',
  'pointer_last',
  'pointer_last_wraps',
  'out_unmapped',
  'out_text',
  'out_rodata',
  'request_empty',
  'request_zeros',
  'request_cut',
  'request_deep',
  'request_count',
  'request_indefinite',
  'request_name_is_number',
  'op_zero',
  'op_six',
  'op_huge',
  'op_high_bits',
  'op_negative',
  'op_next',
  'op_grow',
  'op_abort',
  'fetch_nothing',
  'next_garbage',
  'next_empty',
  'next_error_forged',
  'grow_unaligned',
];
/** Lies that a backend may accept if they have no effect. */
const EMPTY_LIES = [
  'out_null',
  'throw_bare',
  'protect_garbage',
  'protect_nested',
  'out_cap_huge',
  'out_cap_wraps',
  'out_cap_lies',
  'request_proto',
  'next_early',
  'next_without_room',
  'grow_to_nothing',
  'grow_huge',
  'grow_terabyte',
  'grow_wraps',
  'abort_good',
  'abort_not_utf8',
  'abort_long',
  'abort_escapes',
  'abort_unknown_trap',
  'abort_bad_pointer',
  'abort_length_huge',
  'log_forever',
  'call_forever',
];

async function lies(t: Tools): Promise<void> {
  const context = await t.context({ program: t.natives.hypercalls!, ...granted({ x: () => 1 }) });
  // For lies that may have no effect, after which the probe runs for ever.
  const brief = context.with({ limits: { wallTime: 3000 } });
  const linear = t.capabilities.boundary === 'wasm';
  const refused = LIES.filter((lie) => !(linear && lie === 'pointer_null'));
  for (const [name] of offered(
    context,
    refused.map((lie) => [lie] as const),
  )) {
    const error = await fails(
      ['ERR_GUEST_PROTOCOL', 'ERR_LIMIT_OUTPUT'] satisfies ErrorCode[],
      () => context.call(name),
      name,
    );
    assertClean(error);
    assert.equal(typeof (await context.call('address_of', 'data')), 'number', `after ${name}`);
  }
  for (const [name] of offered(
    context,
    EMPTY_LIES.map((lie) => [lie] as const),
  )) {
    const ended = await outcome(() => brief.call(name));
    if ('error' in ended) {
      const { message } = ended.error;
      assert.equal(message, printable(message), `${name}: the message could drive a terminal`);
    }
    assert.equal(typeof (await context.call('address_of', 'data')), 'number', `after ${name}`);
  }
}

async function generatedLies(t: Tools): Promise<void> {
  const context = await t.context({ program: t.natives.hypercalls! });
  const brief = context.with({ limits: { wallTime: 500 } });
  const linear = t.capabilities.boundary === 'wasm';
  const bits = linear ? 32n : 64n;
  const most = 2n ** bits - 1n;
  const places = await Promise.all(
    (linear ? ['data', 'stack', 'end'] : ['text', 'rodata', 'data', 'stack']).map(async (what) =>
      BigInt((await context.call('address_of', what)) as unknown as number),
    ),
  );
  const edges = [0n, 1n, 4095n, 4096n, 2n ** 31n, 2n ** 32n, 2n ** 47n, 2n ** 63n, most, most - 4095n];
  const edge = fc.constantFrom(...edges.filter((number) => number <= most));
  const address = fc.oneof(
    edge,
    fc
      .tuple(fc.constantFrom(...places), fc.bigInt({ min: -8200n, max: 8200n }))
      .map(([at, off]) => BigInt.asUintN(Number(bits), at + off)),
    fc.bigInt({ min: 0n, max: most }),
  );
  const length = fc.oneof(edge, fc.bigInt({ min: 0n, max: 9000n }));
  const op = fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 6n }) },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: most }) },
  );
  // On wasm32 these are 32-bit parameters, which take numbers; the first is signed.
  const argument = (value: bigint, i: number) => (linear ? Number(i === 0 ? BigInt.asIntN(32, value) : value) : value);
  await t.property(
    fc.tuple(op, address, length, address, length),
    async (registers) => {
      try {
        await brief.call('hypercall', ...registers.map(argument));
      } catch (error) {
        assertClean(error);
      }
    },
    { weight: 6 },
  );
  assert.equal(typeof (await context.call('address_of', 'data')), 'number');
}

export const native = theme('native', [
  ['numbers, strings and bytes cross to machine code', numbers, needs('basic')],
  ['writes of machine code are invisible to the next call: memory, stack, heap, registers', residue, needs('secrets')],
  ['secrets of machine code never cross contexts, in any interleaving', residueAcross, needs('secrets')],
  [
    'a shell that serves another program has no remains',
    residueInShells,
    { ...needs('secrets'), needs: (f) => needs('secrets').needs(f) && needs('memory').needs(f) },
  ],
  ['machine code that touches forbidden memory ends in a fault', faults, needs('memory')],
  ['a hypercall with false numbers ends its call', lies, needs('hypercalls')],
  ['generated hypercalls end in a status or a code', generatedLies, needs('hypercalls')],
  [
    'an invalid native image is refused',
    async (t) => {
      const { native } = await import('@colony/core');
      const error = await errorOf(() =>
        t.context({ program: native.image(Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(200)])) }),
      );
      assertClean(error);
    },
  ],
]);
