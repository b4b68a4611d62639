/** The framing that all cells' channels share. */
export { ChannelError, FrameReader } from './decode.js';
export { encodeFrame } from './encode.js';
export { type Frame, HEADER, type MostBytes, TYPE } from './types.js';
