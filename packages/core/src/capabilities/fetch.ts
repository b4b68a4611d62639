/** HTTP requests to granted origins. */
import { joinPath, type OptionReader, show } from '../options/option-reader.js';
import { permitsAddress } from './http/addresses.js';
import { type PermitAddress, serveFetch } from './http/serve.js';
import type { GrantIncrease, Section } from './section.js';
import { readUrl } from './subjects.js';

export interface FetchGrant {
  /** For example 'https://api.example.com' or 'http://localhost:8080'. */
  readonly origin: string;
  /** Default: GET and HEAD. */
  readonly methods?: readonly string[];
  /**
   * Whether the origin's name may resolve to addresses of private networks and of this machine. Default false: public
   * addresses only. `localhost`, and an address that `origin` itself names, are exceptions.
   */
  readonly private?: boolean;
}

export interface FetchGrants {
  readonly fetch?: readonly FetchGrant[];
}

export interface FetchUse {
  readonly kind: 'fetch';
  readonly origin: string;
  /** In upper case. If absent, any method. */
  readonly methods?: readonly string[];
}

type Origin = Required<FetchGrant>;
type Origins = readonly Origin[];

const DEFAULT_METHODS: readonly string[] = ['GET', 'HEAD'];
const ALL_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

export const fetchSection: Section<'fetch', Origins, readonly FetchGrant[], FetchUse, PermitAddress> = {
  key: 'fetch',
  grants: ['fetch'],
  denied: [],
  read: (written, reader, path) => reader.list(written, path, (item, at) => readOrigin(item, reader, at)),
  grantsAny: (granted) => granted.length > 0,
  prepare: (layers) => (url, method, address) =>
    layers.every((layer) => layer === undefined || allowsAddress(layer, url, method, address)),
  hypercalls: {
    'colony:fetch': {
      grant: 'fetch',
      advice: 'list the origin in fetch',
      problem: (granted, [request]) => problem(granted, request),
      serve: serveFetch,
    },
  },
  globals: [],
  grantOf: () => 'fetch',
  refusal: (granted, { origin, methods }) => refusal(granted, origin, methods ?? []),
  unused(granted, { known, unknown }) {
    return unknown.has('fetch') ? [] : granted.flatMap((grant) => unusedMethods(grant, known));
  },
  least(uses) {
    if (uses.length === 0) return undefined;
    return sorted(uses.map(({ origin }) => origin)).map((origin) => ({ origin, methods: methodsOf(uses, origin) }));
  },
  increases: (before, after) =>
    after === undefined
      ? [{ grant: 'fetch', what: 'fetch, any' }]
      : after.flatMap((origin) => increasesOf(before, origin)),
};

const sorted = (items: readonly string[]): string[] => [...new Set(items)].sort();

function readOrigin(written: unknown, reader: OptionReader, path: string): Origin {
  const grant = reader.object(written, path, ['origin', 'methods', 'private']);
  const text = reader.string(grant.origin, joinPath(path, 'origin'));
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    reader.fail(joinPath(path, 'origin'), "an origin such as 'https://example.com'", text);
  }
  const methods =
    grant.methods === undefined
      ? DEFAULT_METHODS
      : reader.list(grant.methods, joinPath(path, 'methods'), (item, at) => reader.string(item, at).toUpperCase());
  const reachesPrivate = grant.private !== undefined && reader.boolean(grant.private, joinPath(path, 'private'));
  return { origin: url.origin, methods, private: reachesPrivate };
}

/** Longest method, in characters; the longest registered one has 17. */
const MAX_METHOD = 64;

function problem(granted: Origins, request: unknown): string | undefined {
  const { url: address, method } = (typeof request === 'object' && request !== null ? request : {}) as {
    url?: unknown;
    method?: unknown;
  };
  if (typeof method !== 'string' || method.length > MAX_METHOD)
    return `the method is not a string of at most ${MAX_METHOD} characters`;
  const url = readUrl(address);
  return typeof url === 'string' ? url : refusal(granted, url.origin, [method.toUpperCase()]);
}

function refusal(granted: Origins, origin: string, methods: readonly string[]): string | undefined {
  const allowed = granted.filter((grant) => grant.origin === origin).flatMap((grant) => grant.methods);
  if (allowed.length === 0) return `fetch does not list the origin ${show(origin)}`;
  const refused = methods.find((method) => !allowed.includes(method));
  return refused === undefined ? undefined : `fetch does not list ${show(refused)} for ${show(origin)}`;
}

/** Returns whether the layer permits this address for the host of a URL that it allows. */
function allowsAddress(granted: Origins, url: URL, method: string, address: string): boolean {
  const grants = granted.filter(({ origin, methods }) => origin === url.origin && methods.includes(method));
  return grants.some((grant) => permitsAddress(grant.private, url, address));
}

function methodsOf(uses: readonly FetchUse[], origin: string): string[] {
  return sorted(uses.filter((use) => use.origin === origin).flatMap(({ methods }) => methods ?? ALL_METHODS));
}

function unusedMethods({ origin, methods }: Origin, uses: readonly FetchUse[]): string[] {
  const requests = uses.filter((use) => use.origin === origin);
  if (requests.length === 0) return [`fetch ${origin}`];
  if (requests.some((use) => use.methods === undefined)) return [];
  const used = requests.flatMap((use) => use.methods ?? []);
  // A grant without `methods` has GET and HEAD, so the policy perhaps does not contain HEAD.
  const extra = methods.filter((method) => method !== 'HEAD' && !used.includes(method));
  return extra.map((method) => `fetch ${method} ${origin}`);
}

function increasesOf(before: Origins, { origin, methods, private: reachesPrivate }: Origin): GrantIncrease[] {
  const old = before.filter((grant) => grant.origin === origin);
  const lacking = (grants: Origins) => {
    const had = grants.flatMap((grant) => grant.methods);
    return methods.filter((method) => !had.includes(method));
  };
  const more = lacking(old);
  const moreMethods = more.length > 0 ? [`fetch ${more.join(', ')} ${origin}`] : [];
  const isPrivateNew = reachesPrivate && lacking(old.filter((grant) => grant.private)).length > 0;
  const moreAddresses = isPrivateNew ? [`fetch ${origin} at private addresses`] : [];
  return [...moreMethods, ...moreAddresses].map((what) => ({ grant: 'fetch', what }));
}
