import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, decode, encode, DEFAULT_CODEC_LIMITS as LIMITS } from '../src/wire/codec/public.js';
import * as frames from '../src/wire/node.js';

const bytes = (value: unknown) => concat(encode(value)).slice();
const protocol = expect.objectContaining({ code: 'ERR_GUEST_PROTOCOL' });

describe('frames', () => {
  it('are as contracts.md defines them', () => {
    expect(decode(concat(frames.encodeLoad('a.js', 'x', { 'b.js': 'y' })))).toEqual([0, 'a.js', 'x', { 'b.js': 'y' }]);
    expect(decode(concat(frames.encodeCall('f', [1], LIMITS)))).toEqual([1, 'f', [1]]);
    expect(decode(concat(frames.encodeBatch('f', [[1], [2]], LIMITS)))).toEqual([2, 'f', [[1], [2]]]);
    expect(decode(concat(frames.encodeReply(5, LIMITS)))).toEqual([0, 5]);
    expect(frames.decodeHypercall(bytes(['f', [1]]), LIMITS)).toEqual({ name: 'f', args: [1] });
  });
  it('paths in refusals name the user’s value', () => {
    expect(() => frames.encodeCall('f', [{ cb() {} }], LIMITS)).toThrow(
      expect.objectContaining({ details: { path: 'args[0].cb' } }),
    );
    expect(() => frames.encodeBatch('f', [[1], [Symbol('s')]], LIMITS)).toThrow(
      expect.objectContaining({ details: { path: 'rows[1][0]' } }),
    );
  });
  it('stacks of the host stay there', () => {
    const [, , args] = decode(concat(frames.encodeCall('f', [new Error('e')], LIMITS))) as [number, string, Error[]];
    expect(args[0]!.stack).toBe('Error: e');
  });
  it.each([
    [5],
    [[]],
    [[0]],
    [[2, 1]],
    [[1, null]],
    [[1, {}]],
    [[1, { name: 'a', message: 5 }]],
    [[1, { name: 'a', message: 'b', stack: {} }]],
  ])('a result of %j is refused', (value) => {
    expect(() => frames.decodeResult(bytes(value), LIMITS)).toThrow(protocol);
  });
  it('any bytes of a guest have an outcome or ERR_GUEST_PROTOCOL', () => {
    const any = fc.oneof(
      fc.uint8Array(),
      fc.anything({ withMap: true, withSet: true, withTypedArray: true }).map((value) => {
        try {
          return bytes([fc.sample(fc.nat(1), 1)[0], value]);
        } catch {
          return new Uint8Array(0);
        }
      }),
    );
    fc.assert(
      fc.property(any, (frame) => {
        for (const read of [
          frames.decodeResult,
          frames.decodeHypercall,
          frames.decodeLoadResult,
          (f: Uint8Array) => frames.decodeBatchResult(f, 1, LIMITS),
        ]) {
          try {
            read(frame, LIMITS);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_GUEST_PROTOCOL' });
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
