/** Messages of a zygote, and of its children, which may send anything. */
import { ColonyError, DEFAULT_LIMITS, printable } from '@colony/core';
import { buildC, readImage } from '@colony/guest';
import { probePath } from '@colony/guest/probes';
import * as numbers from '@colony/guest/zygote';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChannelError, encodeFrame, FrameReader } from '../src/channel/index.js';
import { endError } from '../src/zygotes/end.js';
import { mostBytes, readEnded, requestHead, TYPE } from '../src/zygotes/protocol.js';
import { Run } from '../src/zygotes/run.js';

const { startTime: _, hypercalls: __, bytesIn: ___, bytesOut: ____, ...limits } = DEFAULT_LIMITS;

function report(kind: number, code: number, values: readonly bigint[], message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(numbers.SIZE_REPORT_HEAD + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, code, true);
  for (const [i, value] of values.entries()) view.setBigUint64(8 + 8 * i, value, true);
  bytes.set(message, numbers.SIZE_REPORT_HEAD);
  return bytes;
}

function ended(why: number, status: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(numbers.SIZE_ENDED_HEAD + rest.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, why, true);
  view.setInt32(4, status, true);
  bytes.set(rest, numbers.SIZE_ENDED_HEAD);
  return bytes;
}

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe("a zygote's channel", () => {
  it('passes on only frames that a zygote sends', () => {
    for (const type of [TYPE.result, TYPE.hypercall, TYPE.result | numbers.MORE, TYPE.hypercall | numbers.MORE]) {
      expect(mostBytes(type, 1) ?? 0).toBeGreaterThanOrEqual(numbers.SIZE_PIECE);
    }
    expect(mostBytes(TYPE.ended | numbers.MORE, 1)).toBe(undefined);
    for (const type of [0, TYPE.request, TYPE.reply, TYPE.kill, TYPE.setup, 16, 19, 21, 64, 128, 255]) {
      expect(mostBytes(type, 1), `type ${type}`).toBe(undefined);
    }
  });

  it('turns any bytes into frames or an error', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }), (chunks) => {
        const reader = new FrameReader(mostBytes, ({ type, payload }) => {
          expect(payload.length).toBeLessThanOrEqual(mostBytes(type, 0)!);
          if (type === TYPE.ended) readEnded(payload);
        });
        try {
          for (const chunk of chunks) reader.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(ChannelError);
        }
      }),
    );
  });

  it('writes a request as the zygote reads it', () => {
    const read = (head: Uint8Array) => new BigUint64Array(head.buffer);
    const none = Number.POSITIVE_INFINITY;
    expect([...read(requestHead({ memory: 4096, cpuTime: 1.5e6, output: 7, flags: 3 }))]).toStrictEqual([
      4096n,
      1_500_000n,
      7n,
      3n,
    ]);
    const [memory, cpuTime, output] = read(requestHead({ memory: none, cpuTime: none, output: none, flags: 0 }));
    expect(memory!, 'sums with it must not overflow').toBeLessThan(2n ** 47n);
    expect([cpuTime, output]).toStrictEqual([2n ** 64n - 1n, 2n ** 64n - 1n]);
  });
});

describe('the end of a child', () => {
  it('is a ColonyError with a printable text, whatever the child reports', async () => {
    const { image } = await buildC({ file: probePath('basic'), target: 'process' });
    const executable = { kind: 'native', path: '', key: '', info: readImage(image) } as const;
    const layout = { stack: 0x500000, stackTop: 0x540000, heap: 0x600000, heapReserve: 2 ** 30 };
    const anyReport = fc
      .tuple(fc.integer({ min: 0, max: 7 }), u32, fc.tuple(u64, u64, u64), fc.uint8Array({ maxLength: 200 }))
      .map(([kind, code, values, message]) => report(kind, code, values, message));
    const rest = fc.oneof(fc.constant(new Uint8Array(0)), anyReport, fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 }),
        fc.integer(),
        rest,
        fc.constantFrom('native', 'wasm'),
        (why, status, r, kind) => {
          const read = readEnded(ended(why, status, r));
          if (read === undefined) {
            expect(r.length > 0 && r.length < numbers.SIZE_REPORT_HEAD).toBeTruthy();
            return;
          }
          const error = endError(read, { limits, executable: { ...executable, kind: kind as 'native' }, layout });
          expect(ColonyError.is(error) && error.message !== '' && error.code !== 'ERR_INTERNAL').toBeTruthy();
          expect(error.message).toBe(printable(error.message));
        },
      ),
    );
    expect(readEnded(new Uint8Array(3))).toBe(undefined);
  });

  it('has the code of its cause', () => {
    const executable = { kind: 'native', path: '', key: '', info: { symbols: [] } } as never;
    const codeOf = (why: number, status: number, rest?: Uint8Array) =>
      endError(readEnded(ended(why, status, rest))!, { limits, executable, layout: undefined }).code;
    const none = [0n, 0n, 0n];
    const text = Buffer.from('why');
    const rows = [
      [numbers.END_CPU_TIME, 9, undefined, 'ERR_LIMIT_CPU_TIME'],
      [numbers.END_OUTPUT, 9, undefined, 'ERR_LIMIT_OUTPUT'],
      [numbers.END_PROTOCOL, 9, undefined, 'ERR_GUEST_PROTOCOL'],
      [numbers.END_NO_PROCESS, 0, undefined, 'ERR_BACKEND_UNAVAILABLE'],
      [numbers.END_ITSELF, 31, undefined, 'ERR_GUEST_FAULT'],
      [numbers.END_ITSELF, 9, undefined, 'ERR_GUEST_FAULT'],
      [numbers.END_ITSELF, 0, undefined, 'ERR_GUEST_FAULT'],
      [numbers.END_ITSELF, (numbers.EXIT_BASE + numbers.REPORT_PROTOCOL) << 8, undefined, 'ERR_GUEST_PROTOCOL'],
      [numbers.END_ITSELF, 0, report(numbers.REPORT_TRAP, 1, none, text), 'ERR_GUEST_TRAP'],
      [numbers.END_ITSELF, 0, report(numbers.REPORT_FAULT, 14, none, text), 'ERR_GUEST_FAULT'],
      [numbers.END_ITSELF, 0, report(numbers.REPORT_MEMORY, 0, [1n, 0n, 0n], text), 'ERR_LIMIT_MEMORY'],
      [numbers.END_ITSELF, 0, report(numbers.REPORT_OUTPUT, 0, none, text), 'ERR_LIMIT_OUTPUT'],
      [numbers.END_ITSELF, 0, report(numbers.REPORT_PROTOCOL, 0, none, text), 'ERR_GUEST_PROTOCOL'],
      [numbers.END_ITSELF, 0, report(77, 0, none, text), 'ERR_GUEST_PROTOCOL'],
    ] as const;
    for (const [why, status, rest, code] of rows) expect(codeOf(why, status, rest)).toBe(code);
  });
});

describe('a run', () => {
  it('joins pieces, and is ended by more bytes than its output may have', async () => {
    const make = (output: number) => {
      let killed = 0;
      const signal = new AbortController().signal;
      const request = { limits: { ...limits, output }, signal, onHypercall: () => [], parked: () => {} };
      return { run: new Run(request, { reply: () => {}, kill: () => killed++ }), killed: () => killed };
    };
    const whole = Uint8Array.from({ length: 60 }, (_, i) => i);
    const good = make(100);
    good.run.take(TYPE.result | numbers.MORE, whole.subarray(0, 30));
    good.run.take(TYPE.result, new Uint8Array([...new Uint8Array(8), ...whole.subarray(30)]));
    expect([...(await good.run.result).output]).toStrictEqual([...whole.subarray(8)]);
    const bad = make(50);
    for (let i = 0; i < 3; i++) bad.run.take(TYPE.result | numbers.MORE, whole.subarray(0, 30));
    await expect(bad.run.result).rejects.toMatchObject({ code: 'ERR_LIMIT_OUTPUT' });
    expect(bad.killed()).toBe(1);
  });

  it('receives the frames that the channel makes', () => {
    const frame = encodeFrame(5, TYPE.request, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect([...frame]).toStrictEqual([3, 0, 0, 0, 5, 0, 0, 0, 1, 1, 2, 3]);
  });
});
