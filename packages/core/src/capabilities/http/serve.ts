/**
 * HTTP to granted origins and methods. A name is resolved once for each request, its addresses are decided, and only
 * these are connected to. Every redirect is decided again, including its addresses. Bodies are bounded.
 */
import dns, { type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { UrlLike } from '../../platform-types.js';
import type { ServedCall } from '../section.js';
import { readUrl } from '../subjects.js';
import { literalAddress } from './addresses.js';
import { type HttpResponse, sendHttp } from './send.js';

const NAME = 'colony:fetch';
const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Headers that are not sent on to another origin. */
const PRIVATE = ['authorization', 'cookie', 'proxy-authorization'];

/** Headers that define where a message ends and who receives it. Only the host sets them. */
const FRAMING: ReadonlySet<string> = new Set(
  'connection expect host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);
/** The same as in browsers. */
const FORBIDDEN_METHODS: readonly string[] = ['CONNECT', 'TRACE', 'TRACK'];

/** Most characters of all names and values; servers accept fewer. `fetch` needs up to half a microsecond for each. */
const MAX_HEADERS = 65536;

interface GuestRequest {
  url: string;
  method: string;
  headers: [string, string][];
  body: string | Uint8Array | undefined;
}

function readRequest(input: unknown): GuestRequest {
  const parts = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  const { url, method, headers, body } = parts;
  if (typeof url !== 'string' || typeof method !== 'string')
    throw new TypeError('fetch: a url and a method are needed');
  const pairs = readHeaders(Array.isArray(headers) ? headers : []);
  const bytes = body instanceof ArrayBuffer ? new Uint8Array(body) : body;
  if (bytes !== undefined && typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
    throw new TypeError('fetch: the body is a string or bytes');
  }
  const upper = method.toUpperCase();
  if (FORBIDDEN_METHODS.includes(upper)) throw new TypeError(`fetch: the method ${upper} is not allowed`);
  if (bytes !== undefined && ['GET', 'HEAD'].includes(upper)) throw new TypeError(`fetch: ${upper} has no body`);
  return { url, method: upper, headers: pairs, body: bytes };
}

function readHeaders(headers: readonly unknown[]): [string, string][] {
  let size = 0;
  for (const pair of headers) {
    const [name, value, ...rest]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof name !== 'string' || typeof value !== 'string' || rest.length > 0)
      throw new TypeError('fetch: headers are pairs of strings');
    size += name.length + value.length + 1;
    if (size > MAX_HEADERS) throw new RangeError(`fetch: the headers have more than ${MAX_HEADERS} characters`);
    if (FRAMING.has(name.toLowerCase())) throw new TypeError(`fetch: the header ${name.toLowerCase()} is the host's`);
  }
  return headers as [string, string][];
}

/** Returns whether the policy permits this address for the host of a URL that it grants. */
export type PermitAddress = (url: UrlLike, method: string, address: string) => boolean;

export async function serveFetch(
  call: ServedCall,
  permits: PermitAddress,
  [input]: readonly unknown[],
): Promise<unknown> {
  let request = readRequest(input);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(call, permits, request);
    const target = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
    if (target === null) return await finish(call, request.url, response, hop > 0);
    response.body.destroy();
    request = follow(request, response.status, target);
    const { url, method } = request;
    call.decideRedirect(NAME, [{ url, method }], [url, method]);
  }
  throw new TypeError(`fetch: more than ${MAX_REDIRECTS} redirects`);
}

async function send(call: ServedCall, permits: PermitAddress, request: GuestRequest): Promise<HttpResponse> {
  const { method, body } = request;
  const url = new URL(request.url);
  if (url.username !== '' || url.password !== '') throw new TypeError('fetch: the url has a user or a password');
  const addresses = await addressesOf(call, permits, url, method);
  try {
    const { signal } = call;
    signal.throwIfAborted();
    return await sendHttp({ url, method, headers: headersOf(request), body, addresses, signal });
  } catch (error) {
    throw failure(error);
  }
}

/** Reports the part of an error that the guest needs, without the addresses that the host tried. */
function failure(error: unknown): TypeError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new TypeError(`fetch: ${code === undefined ? message : `the request failed (${code})`}`);
}

function headersOf({ headers: pairs, body }: GuestRequest): Headers {
  const headers = new Headers(pairs);
  headers.delete('content-length'); // derived from the body
  const defaults = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'accept-language': '*',
    'user-agent': 'node',
  };
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  if (typeof body === 'string' && !headers.has('content-type')) headers.set('content-type', 'text/plain;charset=UTF-8');
  return headers;
}

/** Returns the addresses that the policy permits for the URL's host. */
async function addressesOf(
  call: ServedCall,
  permits: PermitAddress,
  url: URL,
  method: string,
): Promise<LookupAddress[]> {
  const literal = literalAddress(url);
  const all = literal === undefined ? await resolveName(url.hostname) : [{ address: literal, family: isIP(literal) }];
  const permitted = all.filter(({ address }) => permits(url, method, address));
  if (permitted.length === 0) {
    const advice = 'where that is meant, its grant needs private: true, or names the address';
    const reason = `${url.hostname} has no public address; ${advice}`;
    throw call.refuse(NAME, [url.href, method], reason);
  }
  return permitted;
}

function resolveName(name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(name, { all: true }, (error, addresses) => (error ? reject(failure(error)) : resolve(addresses)));
  });
}

function follow(request: GuestRequest, status: number, target: string): GuestRequest {
  const url = readUrl(target, request.url);
  if (typeof url === 'string') throw new TypeError(`fetch: a redirect is refused: ${url}`);
  const toGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST';
  const sameOrigin = url.origin === new URL(request.url).origin;
  const headers = request.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return (sameOrigin || !PRIVATE.includes(lower)) && !(toGet && lower.startsWith('content-'));
  });
  return { url: url.href, method: toGet ? 'GET' : request.method, headers, body: toGet ? undefined : request.body };
}

async function finish(call: ServedCall, url: string, response: HttpResponse, redirected: boolean): Promise<unknown> {
  const { status, statusText } = response;
  const body = await readBody(call, response);
  return { url, status, statusText, redirected, headers: [...response.headers], body };
}

async function readBody(call: ServedCall, { body }: HttpResponse): Promise<Uint8Array> {
  const limit = call.limits.bytesIn - call.bytesIn;
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of body as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > limit)
        throw new RangeError(`fetch: the body has more than the ${limit} bytes that limits.bytesIn leaves`);
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof RangeError ? error : failure(error);
  }
  return new Uint8Array(Buffer.concat(parts));
}
