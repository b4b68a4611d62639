/** Frames out of the bytes of a child: the same frames however the bytes come, none longer than it may be. */

import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import { ChannelError, type Frame, FrameReader } from '../src/channel/index.js';
import { mostBytes } from '../src/zygotes/protocol.js';
import { framesMutator, portions, streamOf } from './lib/frames.js';

const TYPES = [1, 2, 16, 17, 18, 19, 20, 128 + 17, 128 + 18, 255];

/** How it ends, and what came before. */
function framesOf(chunks: readonly Uint8Array[]): { frames: Frame[]; end: string } {
  const frames: Frame[] = [];
  const reader = new FrameReader(mostBytes, (frame) => frames.push(frame));
  try {
    for (const chunk of chunks) reader.push(chunk);
    return { frames, end: String(reader.pending) };
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    if (reader.pending) throw new Error('it is in the middle of a frame after an error');
    return { frames, end: error.message };
  }
}

function read(input: Uint8Array): unknown {
  const whole = framesOf([input]);
  const parts = framesOf(portions(input));
  if (whole.end !== parts.end || whole.frames.length !== parts.frames.length)
    throw new Error('portions change what comes out');
  for (const [i, { call, type, payload }] of whole.frames.entries()) {
    if (payload.length > mostBytes(type, call)!) throw new Error('a frame that is too long');
    if (Buffer.compare(payload, parts.frames[i]!.payload) !== 0) throw new Error('portions change a frame');
  }
  return whole;
}

export const reader = (): Reader => ({
  name: 'channel',
  what: "the frames of a jailed child's channel",
  seeds: [
    streamOf([{ call: 1, type: 17, payload: new Uint8Array(20) }]),
    streamOf([
      { call: 1, type: 128 + 18, payload: new Uint8Array(65536) },
      { call: 2, type: 18, payload: new Uint8Array(3) },
    ]),
    streamOf([
      { call: 3, type: 20, payload: new Uint8Array(60) },
      { call: 0, type: 17, payload: new Uint8Array(0) },
    ]),
  ],
  mutators: [framesMutator(TYPES, [0, 1, 2, 2 ** 32 - 1]), bytesMutator()],
  read,
  refusals: [],
  planted: (_input, value) => (value as ReturnType<typeof framesOf>).frames.length > 4,
  allowance: 2 ** 20,
});
