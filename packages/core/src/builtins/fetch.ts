/** HTTP to granted origins and methods. Every redirect is decided anew; bodies are bounded. */
import type { CallScope } from '../hypercalls/scope.js';
import { decide } from '../policy/decide.js';
import { readUrl } from '../policy/subjects.js';

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Not sent on to another origin. */
const PRIVATE = ['authorization', 'cookie', 'proxy-authorization'];

/** Characters of all names and values; servers take less. `fetch` needs up to half a microsecond for each. */
const MAX_HEADERS = 65536;

interface GuestRequest {
  url: string;
  method: string;
  headers: [string, string][];
  body: string | Uint8Array | undefined;
}

function readRequest(input: unknown): GuestRequest {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  const { url, method, headers, body } = given;
  if (typeof url !== 'string' || typeof method !== 'string')
    throw new TypeError('fetch: a url and a method are needed');
  const pairs = readHeaders(Array.isArray(headers) ? headers : []);
  const bytes = body instanceof ArrayBuffer ? new Uint8Array(body) : body;
  if (bytes !== undefined && typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
    throw new TypeError('fetch: the body is a string or bytes');
  }
  return { url, method: method.toUpperCase(), headers: pairs, body: bytes };
}

function readHeaders(headers: readonly unknown[]): [string, string][] {
  let size = 0;
  for (const pair of headers) {
    const [name, value, ...rest]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof name !== 'string' || typeof value !== 'string' || rest.length > 0)
      throw new TypeError('fetch: headers are pairs of strings');
    size += name.length + value.length + 1;
    if (size > MAX_HEADERS) throw new RangeError(`fetch: the headers have more than ${MAX_HEADERS} characters`);
  }
  return headers as [string, string][];
}

export async function guestFetch(scope: CallScope, [input]: readonly unknown[]): Promise<unknown> {
  let request = readRequest(input);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(scope, request);
    const target = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
    if (target === null) return await finish(scope, request.url, response, hop > 0);
    await response.body?.cancel();
    request = follow(request, response.status, target);
    allowed(scope, request);
  }
  throw new TypeError(`fetch: more than ${MAX_REDIRECTS} redirects`);
}

function allowed(scope: CallScope, { url, method }: GuestRequest): void {
  const decision = decide(scope.policyState, { name: 'colony:fetch', args: [{ url, method }], bytes: 0, now: 0 });
  if (decision.allow) return;
  scope.denied = true;
  throw Object.assign(new Error(`a redirect is refused: ${decision.reason}`), { code: 'ERR_POLICY_DENIED' });
}

async function send(scope: CallScope, request: GuestRequest): Promise<Response> {
  try {
    return await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body as NonNullable<RequestInit['body']> }),
      redirect: 'manual',
      signal: scope.signal,
    });
  } catch (error) {
    const cause = (error as { cause?: { code?: unknown } }).cause?.code;
    throw new TypeError(`fetch: ${(error as Error).message}${typeof cause === 'string' ? ` (${cause})` : ''}`);
  }
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

async function finish(scope: CallScope, url: string, response: Response, redirected: boolean): Promise<unknown> {
  const { status, statusText } = response;
  const body = await readBody(scope, response);
  return { url, status, statusText, redirected, headers: [...response.headers], body };
}

async function readBody(scope: CallScope, response: Response): Promise<Uint8Array> {
  const limit = scope.limits.bytesIn - scope.bytesIn;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > limit)
      throw new RangeError(`fetch: the body has more than the ${limit} bytes that limits.bytesIn leaves`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
