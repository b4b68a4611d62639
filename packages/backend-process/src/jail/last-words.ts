/** The end of a child's stderr, safe to show. */
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { printable } from '@colony/core';

const MOST_BYTES = 4096;

/** Keeps the last bytes of a stream that may never end. @returns the present text, without control characters. */
export function lastWords(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk.subarray(-MOST_BYTES)]).subarray(-MOST_BYTES);
  });
  stream.on('error', () => {});
  return () => printable(stripVTControlCharacters(tail.toString('utf8'))).trim();
}
