/** The framing of the channel between the host and each kind of child. */
export { ChannelError, FrameReader } from './decode.js';
export { encodeFrame } from './encode.js';
export { type Frame, HEADER, type MostBytes, TYPE } from './types.js';
