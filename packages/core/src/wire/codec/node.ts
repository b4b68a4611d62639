/** UTF-8 on Node. Importing this file installs it. */
import { installUtf8 } from './limits.js';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

installUtf8({
  inline: 24,
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes, start, end) => strict.decode(bytes.subarray(start, end)),
  byteLength: (text) => Buffer.byteLength(text),
  write: (text, target, at) => asBuffer(target).write(text, at, 'utf8'),
});
