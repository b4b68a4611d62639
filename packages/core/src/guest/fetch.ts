/** A small fetch. The host makes the request, and one reply carries the whole body. */
import { embedder } from './embedder.js';
import { hypercall } from './hypercall.js';

interface Reply {
  url: string;
  status: number;
  statusText: string;
  headers: [string, string][];
  body: Uint8Array;
  redirected: boolean;
}

interface RequestInit {
  method?: string;
  headers?: Record<string, string> | Iterable<[string, string]>;
  body?: string | Uint8Array | ArrayBuffer;
}

class GuestHeaders extends Map<string, string> {
  override get(name: string): string | undefined {
    return (super.get(String(name).toLowerCase()) ?? null) as string | undefined;
  }
  override has(name: string): boolean {
    return super.has(String(name).toLowerCase());
  }
}

class GuestResponse {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly redirected: boolean;
  readonly headers: GuestHeaders;
  readonly #body: Uint8Array;
  constructor(reply: Reply) {
    this.url = reply.url;
    this.status = reply.status;
    this.statusText = reply.statusText;
    this.redirected = reply.redirected;
    this.headers = new GuestHeaders(reply.headers);
    this.#body = reply.body;
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#body.slice();
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#body.slice().buffer;
  }
  async text(): Promise<string> {
    const bytes = this.#body;
    return embedder.utf8Decode(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

function isPairs(headers: object): headers is Iterable<[string, string]> {
  return typeof (headers as Iterable<unknown>)[Symbol.iterator] === 'function';
}

export async function fetch(url: unknown, init: RequestInit = {}): Promise<GuestResponse> {
  const written = init.headers ?? {};
  const headers = isPairs(written) ? [...written] : Object.entries(written);
  const request = { url: String(url), method: String(init.method ?? 'GET'), headers, body: init.body };
  return new GuestResponse(hypercall('colony:fetch', [request]) as Reply);
}
