/**
 * The frames of a child's channel: sent frames arrive, however they are split, and other bytes are never taken for
 * frames.
 */
import { readSettings } from '@colony/conformance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChannelError, encodeFrame, type Frame, FrameReader, HEADER } from '../src/channel/index.js';

const { seed, runs } = readSettings();
const frame = fc.record({
  call: fc.nat(2 ** 32 - 1),
  type: fc.nat(255),
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** Splits the bytes into pieces of the given lengths, repeatedly. */
function pieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    out.push(bytes.subarray(at, at + length));
    at += length;
  }
  return out;
}

function collect(most: (type: number, call: number) => number | undefined) {
  const frames: Frame[] = [];
  return { frames, reader: new FrameReader(most, (frame) => void frames.push(frame)) };
}

describe(`channel (seed ${seed})`, () => {
  it('returns the sent frames, in any pieces', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (sent, cuts) => {
          const { frames, reader } = collect(() => 300);
          const bytes = Buffer.concat(sent.map(({ call, type, payload }) => encodeFrame(call, type, [payload])));
          for (const piece of pieces(bytes, cuts)) reader.push(piece);
          expect(frames).toStrictEqual(sent.map((frame) => ({ ...frame })));
          expect(reader.pending).toBe(false);
        },
      ),
      { seed, numRuns: runs * 8 },
    );
  });

  it('turns any bytes into permitted frames, or ends with an error and reads nothing after it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (bytes, cut) => {
        const { frames, reader } = collect((type, call) => (type < 128 && call < 2 ** 31 ? 64 : undefined));
        let failed = false;
        for (const piece of pieces(bytes, [cut])) {
          const before = frames.length;
          try {
            reader.push(piece);
          } catch (error) {
            expect(error).toBeInstanceOf(ChannelError);
            failed = true;
          }
          if (failed) expect(frames.length).toBeGreaterThanOrEqual(before);
        }
        const total = frames.reduce((sum, { payload }) => sum + HEADER + payload.length, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
        for (const frame of frames) expect(frame.type < 128 && frame.payload.length <= 64).toBeTruthy();
        const after = frames.length;
        if (failed) reader.push(encodeFrame(1, 1, [new Uint8Array(3)]));
        if (failed) expect(frames.length, 'a reader that failed took another frame').toBe(after);
      }),
      { seed, numRuns: runs * 20 },
    );
  });

  it('reports whether a frame is too long or not permitted', () => {
    const kind = (type: number, length: number) => {
      const { reader } = collect((type) => (type === 1 ? 10 : undefined));
      const header = encodeFrame(0, type, []);
      new DataView(header.buffer).setUint32(0, length, true);
      try {
        reader.push(header);
      } catch (error) {
        return (error as ChannelError).kind;
      }
      return 'taken';
    };
    expect([kind(1, 10), kind(1, 11), kind(2, 0)]).toStrictEqual(['taken', 'too-long', 'unexpected']);
  });

  it('spends no memory on announced bytes', () => {
    const { reader } = collect(() => 2 ** 32);
    const header = encodeFrame(0, 1, []);
    new DataView(header.buffer).setUint32(0, 2 ** 31, true);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 50; i++) {
      const each = new FrameReader(
        () => 2 ** 32,
        () => {},
      );
      each.push(header);
    }
    reader.push(header);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect(reader.pending).toBe(true);
  });

  it('a payload is a copy', () => {
    const { frames, reader } = collect(() => 100);
    const bytes = encodeFrame(7, 1, [new Uint8Array([1, 2, 3])]);
    reader.push(bytes);
    bytes.fill(0);
    expect(frames[0]?.payload).toStrictEqual(new Uint8Array([1, 2, 3]));
  });
});
