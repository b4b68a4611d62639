/** The codec's UTF-8, TextEncoder and TextDecoder, on top of the embedder's functions. */
import { installUtf8 } from '../wire/codec/limits.js';
import { defineGlobal, embedder } from './embedder.js';

const { utf8Encode, utf8Decode } = embedder;

installUtf8({
  inline: 6,
  encode: (text) => new Uint8Array(utf8Encode(text)),
  decode: (bytes, start, end) => utf8Decode(bytes.buffer as ArrayBuffer, bytes.byteOffset + start, end - start),
});

class GuestTextEncoder {
  readonly encoding = 'utf-8';
  encode(text = ''): Uint8Array {
    return new Uint8Array(utf8Encode(String(text).replace(/\p{Surrogate}/gu, '\ufffd')));
  }
}

class GuestTextDecoder {
  readonly encoding = 'utf-8';
  constructor(label = 'utf-8') {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`TextDecoder: only utf-8 is here, not ${label}`);
  }
  decode(bytes?: ArrayBuffer | ArrayBufferView): string {
    if (bytes === undefined) return '';
    if (!ArrayBuffer.isView(bytes)) return utf8Decode(bytes, 0, bytes.byteLength);
    return utf8Decode(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }
}

defineGlobal('TextEncoder', GuestTextEncoder);
defineGlobal('TextDecoder', GuestTextDecoder);
