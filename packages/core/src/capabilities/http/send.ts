/** Sends one HTTP request to addresses that were decided. Nothing here resolves a name. */
import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Signal } from '../../platform-types.js';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array | undefined;
  /** Addresses of the URL's host, tried in this order. */
  readonly addresses: readonly LookupAddress[];
  readonly signal: Signal;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** The decoded body. */
  readonly body: Readable;
}

/** Milliseconds without a byte after which a request fails, if the call has no deadline of its own. */
const SILENCE = 300_000;

/**
 * Sends a request. Each one has its own connection, because a reused connection could lead to an address that only
 * another policy permits.
 */
export async function sendHttp(request: HttpRequest): Promise<HttpResponse> {
  const response = await send(request);
  const headers = new Headers();
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2)
    headers.append(response.rawHeaders[at]!, response.rawHeaders[at + 1]!);
  const { statusCode: status = 0, statusMessage: statusText = '' } = response;
  const isEmpty = request.method === 'HEAD' || status === 204 || status === 304;
  const body = isEmpty ? response : decoded(response, headers.get('content-encoding') ?? '');
  return { status, statusText, headers, body };
}

function send({ url, method, headers, body, addresses, signal }: HttpRequest): Promise<IncomingMessage> {
  const lookup: LookupFunction = (_name, { all }, done) => {
    if (all === true) done(null, [...addresses]);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  };
  const options = { method, headers: Object.fromEntries(headers), agent: false, lookup, signal };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, resolve);
    request.on('error', reject);
    request.setTimeout(SILENCE, () => request.destroy(new Error(`no answer for ${SILENCE / 1000} seconds`)));
    request.end(body);
  });
}

/** Most encodings of one body. Each multiplies the cost of decoding. */
const MAX_ENCODINGS = 5;
/** A body that ends early is returned as far as it came, as in browsers. */
const ZLIB = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };
const DECODERS = new Map([
  ['gzip', () => createGunzip(ZLIB)],
  ['x-gzip', () => createGunzip(ZLIB)],
  ['deflate', () => createInflate(ZLIB)],
  ['br', () => createBrotliDecompress(BROTLI)],
]);

/** A body with an unknown encoding stays as it is. */
function decoded(response: IncomingMessage, encoding: string): Readable {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const decoders = names.reverse().flatMap((name) => DECODERS.get(name) ?? []);
  if (decoders.length !== names.length || names.length > MAX_ENCODINGS) return response;
  // An error destroys all of them and reaches the reader of the last one.
  return decoders.reduce<Readable>((from, make) => pipeline(from, make(), () => {}), response);
}
