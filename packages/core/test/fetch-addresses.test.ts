/**
 * Tests names with unexpected addresses: each name is resolved once, its address decided, and only then connected to.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns, { type LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fetchSection } from '../src/capabilities/fetch.js';
import { addressKind } from '../src/capabilities/http/addresses.js';
import { builtIns } from '../src/capabilities/index.js';
import { CallScope } from '../src/hypercalls/scope.js';
import { AUDIT_CHANNEL, compilePolicy, narrow, type Policy } from '../src/index.js';
import { decide } from '../src/policy/decide.js';
import { ownerFor } from './lib/owner.js';

let server: Server;
let port = 0;
/** The `host` header of each request that arrived. */
const arrived: (string | undefined)[] = [];
let redirect = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    arrived.push(request.headers.host);
    const coders = { '/gzip': gzipSync, '/deflate': deflateSync, '/br': brotliCompressSync };
    const coder = coders[request.url as keyof typeof coders];
    if (request.url === '/away') response.writeHead(302, { location: redirect }).end();
    else if (coder !== undefined)
      response.setHeader('content-encoding', request.url!.slice(1)).end(coder('x'.repeat(9)));
    else if (request.url === '/both')
      response.setHeader('content-encoding', 'gzip, br').end(brotliCompressSync(gzipSync('x'.repeat(9))));
    else if (request.url === '/damaged') response.setHeader('content-encoding', 'gzip').end('not gzip');
    else if (request.url === '/bomb')
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(2 ** 26)));
    else request.pipe(response.setHeader('x-length', String(request.headers['content-length'])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  vi.restoreAllMocks();
  arrived.length = 0;
});

/** Mocks a resolver that returns each result once, and the last one for ever. */
function resolver(...answers: (string | string[])[]) {
  let next = 0;
  const names: string[] = [];
  const lookup = (name: string, options: unknown, callback: unknown) => {
    const done = (callback ?? options) as (
      error: Error | null,
      addresses: LookupAddress[] | string,
      family?: number,
    ) => void;
    names.push(name);
    const list = [answers[Math.min(next++, answers.length - 1)]!].flat();
    const addresses = list.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
    if ((options as { all?: boolean }).all === true) process.nextTick(done, null, addresses);
    else process.nextTick(done, null, addresses[0]!.address, addresses[0]!.family);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as typeof dns.lookup);
  return names;
}

/** Mocks sockets: returns a list that collects the requested addresses, and opens no connection. */
function withoutNetwork(): string[] {
  const connected: string[] = [];
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [options] = args.flat() as [{ host: string; lookup?: typeof dns.lookup }];
    (options.lookup ?? dns.lookup)(options.host, { all: true }, (_error, addresses) => {
      connected.push(...addresses.map(({ address }) => address));
      setImmediate(() => this.destroy(new Error('no network here')));
    });
    return this;
  });
  return connected;
}

const scopeOf = (ownPolicy: Policy) => {
  const owner = ownerFor(ownPolicy);
  return new CallScope(owner, owner.policy.limits);
};

type Answer = { status: number; body: string; code?: string; denied: boolean };

async function get(policy: Policy, url: string, rest: object = {}): Promise<Answer> {
  const scope = scopeOf(policy);
  const request = { url, method: 'GET', headers: [], ...rest };
  const { allow } = decide(scope.policyState, { name: 'colony:fetch', args: [request], bytes: 0, now: 0 });
  expect(allow).toBe(true);
  try {
    const { section, hypercall } = builtIns.get('colony:fetch')!;
    const reply = await hypercall.serve(scope, scope.owner.capabilities.get(section), [request]);
    const { status, body } = reply as { status: number; body: Uint8Array };
    return { status, body: Buffer.from(body).toString(), denied: scope.denied };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { status: 0, body: message, ...(code === undefined ? {} : { code }), denied: scope.denied };
  }
}

/** Returns the audit records of `work`. */
async function audited(work: () => Promise<void>): Promise<unknown[]> {
  const records: unknown[] = [];
  const listen = (record: unknown) => records.push(record);
  subscribe(AUDIT_CHANNEL, listen);
  await work();
  unsubscribe(AUDIT_CHANNEL, listen);
  return records;
}

const at = (host: string) => `http://${host}:${port}`;
const REFUSED = { status: 0, code: 'ERR_POLICY_DENIED', denied: true };

describe('a name that is rebound', () => {
  it('from a public address to this machine is resolved once, and only that answer is connected to', async () => {
    const names = resolver('93.184.216.34', '127.0.0.1');
    const connected = withoutNetwork();
    const origin = at('rebind.example');
    expect(await get({ fetch: [{ origin }] }, `${origin}/`)).toMatchObject({ status: 0, denied: false });
    expect(connected).toEqual(['93.184.216.34']);
    expect(names).toEqual(['rebind.example']);
    // The next request's address is decided again.
    expect(await get({ fetch: [{ origin }] }, `${origin}/`)).toMatchObject(REFUSED);
    expect(connected).toEqual(['93.184.216.34']);
    expect(names).toHaveLength(2);
  });

  it('within the grant has one answer for each request', async () => {
    const names = resolver('127.0.0.1', '10.0.0.1');
    const origin = at('app.localhost');
    expect(await get({ fetch: [{ origin }] }, `${origin}/`)).toMatchObject({ status: 200 });
    expect(names).toEqual(['app.localhost']);
    expect(await get({ fetch: [{ origin }] }, `${origin}/`)).toMatchObject(REFUSED);
    expect(arrived).toEqual([`app.localhost:${port}`]);
  });

  it('in a redirect is decided like a request', async () => {
    const names = resolver('127.0.0.1');
    const [near, far] = [at('localhost'), at('far.example')];
    redirect = `${far}/`;
    const policy = { fetch: [{ origin: near }, { origin: far }] };
    const records = await audited(async () => expect(await get(policy, `${near}/away`)).toMatchObject(REFUSED));
    const decided = { hypercall: 'colony:fetch', args: [`"${far}/"`, '"GET"'] };
    const reason = expect.stringContaining('no public address');
    expect(records).toMatchObject([
      { ...decided, allowed: true },
      { ...decided, allowed: false, reason },
    ]);
    expect(names).toEqual(['localhost', 'far.example']);
    expect(arrived).toEqual([`localhost:${port}`]);
    const open = { fetch: [{ origin: near }, { origin: far, private: true }] };
    expect(await get(open, `${near}/away`)).toMatchObject({ status: 200 });
  });

  it('has no connection to forbidden addresses beside permitted ones', async () => {
    resolver(['169.254.169.254', '10.0.0.1', '127.0.0.1']);
    const origin = at('some.localhost');
    expect(await get({ fetch: [{ origin }] }, `${origin}/`)).toMatchObject({ status: 200 });
    expect(arrived).toHaveLength(1);
  });
});

const KINDS: Readonly<Record<ReturnType<typeof addressKind>, readonly string[]>> = {
  public: [
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::127.0.0.1'],
  private: [
    ...[
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '100.127.255.255',
      'fc00::1',
      'fd12::1',
    ],
    ...['::ffff:10.0.0.1', '64:ff9b::192.168.0.1'],
  ],
  special: [
    ...['0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.0.1', '192.0.0.192', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
    ...[
      '255.255.255.255',
      '192.0.2.1',
      '198.18.0.1',
      '100.100.100.200',
      '168.63.129.16',
      'fd00:ec2::254',
      '::',
      'ff02::1',
    ],
    ...[
      'fe80::1',
      'fe80::1%eth0',
      '2606:4700::1%eth0',
      'fec0::1',
      '2002:7f00:1::',
      '2001:0:1::1',
      '2001:db8::1',
      '64:ff9b:1::1',
    ],
    ...['::127.0.0.1', '::ffff:0:127.0.0.1', '::ffff:169.254.169.254', '64:ff9b::169.254.169.254', '100::1', '4000::1'],
    ...['', '127.1', '0x7f.0.0.1', '2130706433', '127.0.0.1.', 'localhost', '[::1]'],
  ],
};

describe('addresses', () => {
  for (const [kind, addresses] of Object.entries(KINDS)) {
    it.each(addresses)(`%s is ${kind}`, (address) => expect(addressKind(address)).toBe(kind));
    it.each(addresses.filter((address) => isIP(address) !== 0))(`a name at %s (${kind})`, async (address) => {
      const decision = (policy: Policy, host: string) => {
        const url = new URL(`http://${host}/`);
        return fetchSection.prepare(compilePolicy(policy).layers.map(({ fetch }) => fetch))(url, 'GET', address);
      };
      const permits = (origin: string, grant: object = {}) =>
        decision({ fetch: [{ origin: `http://${origin}`, ...grant }] }, origin);
      expect(permits('a.example')).toBe(kind === 'public');
      expect(permits('a.example', { private: true })).toBe(kind !== 'special');
      for (const local of ['localhost', 'a.localhost', 'localhost.'])
        expect(permits(local)).toBe(kind === 'public' || kind === 'loopback');
      for (const other of ['localhost.example', 'alocalhost', '10.9.9.9', '[fd99::9]'])
        expect(permits(other)).toBe(kind === 'public');
      // Another method's grant, another origin's grant, or a grant in only one of two layers does not suffice.
      const grants = [{ origin: 'http://a.example' }, { origin: 'http://a.example', methods: ['POST'], private: true }];
      expect(decision({ fetch: [...grants, { origin: 'http://b.example', private: true }] }, 'a.example')).toBe(
        kind === 'public',
      );
      const house: Policy = { fetch: [{ origin: 'http://a.example', private: true }] };
      expect(decision(narrow(house, { fetch: [{ origin: 'http://a.example' }] }), 'a.example')).toBe(kind === 'public');
      expect(decision(narrow(house, { inherit: true }), 'a.example')).toBe(kind !== 'special');
    });
  }

  it('a policy that names an address grants it in any spelling', async () => {
    const spelled = [
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '0x7f000001',
      '2130706433',
      '017700000001',
      '0177.0.0.1',
      '127.0.0.1.',
    ];
    const more = ['%31%32%37.0.0.1', '①②⑦.0.0.1', '127。0。0。1', '[::ffff:127.0.0.1]', '[::1]', '[0:0::1]'];
    const names = resolver('127.0.0.1');
    for (const spelling of [...spelled, ...more]) {
      const { origin } = new URL(at(spelling));
      const granted = { fetch: [{ origin }] };
      const reaches = spelling !== '[::1]' && spelling !== '[0:0::1]'; // no server listens there
      expect([spelling, (await get(granted, at(spelling))).status]).toEqual([spelling, reaches ? 200 : 0]);
      expect([spelling, (await get(granted, at(spelling))).denied]).toEqual([spelling, false]);
      // No other grant permits it.
      const state = scopeOf({
        fetch: [{ origin: at('a.example'), private: true }, { origin: at('localhost') }],
      }).policyState;
      const request = { url: at(spelling), method: 'GET' };
      expect(decide(state, { name: 'colony:fetch', args: [request], bytes: 0, now: 0 }).allow).toBe(false);
    }
    expect(names).toEqual([]);
  });

  it('names in other letters, with dots or percent signs are the same name or a denied one', async () => {
    resolver('127.0.0.1');
    const policy = { fetch: [{ origin: at('büro.example') }, { origin: at('a.example.') }] };
    for (const url of [
      at('BÜRO.example'),
      at('b%C3%BCro.example'),
      at('xn--bro-hoa.example'),
      at('büro。example'),
      at('a.example.'),
    ])
      expect(await get(policy, url)).toMatchObject(REFUSED);
    const { policyState } = scopeOf(policy);
    for (const url of [
      at('büro.example.'),
      at('a.example'),
      at('a.example..'),
      'http://[fe80::1%25eth0]/',
      at('0x7f.1.1.1.1'),
    ]) {
      const args = [{ url, method: 'GET' }];
      expect([url, decide(policyState, { name: 'colony:fetch', args, bytes: 0, now: 0 }).allow]).toEqual([url, false]);
    }
    expect(arrived).toEqual([]);
  });

  it('only permitted addresses are connected to, whatever a resolver answers', async () => {
    const any = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(...Object.values(KINDS).flat()));
    await fc.assert(
      fc.asyncProperty(fc.array(any, { maxLength: 6 }), async (answers) => {
        resolver(answers);
        const connected = withoutNetwork();
        const { denied } = await get({ fetch: [{ origin: 'http://a.example' }] }, 'http://a.example');
        const permitted = answers.filter((address) => addressKind(address) === 'public');
        expect(connected).toEqual(permitted);
        expect(denied).toBe(permitted.length === 0);
        vi.restoreAllMocks();
      }),
      { numRuns: 200 },
    );
  });
});

describe('requests', () => {
  const local = (): Policy => ({ fetch: [{ origin: at('127.0.0.1'), methods: ['GET', 'POST', 'CONNECT', 'HEAD'] }] });
  it('bodies are decoded, and limited after decoding', async () => {
    for (const path of ['gzip', 'deflate', 'br', 'both'])
      expect(await get(local(), `${at('127.0.0.1')}/${path}`)).toMatchObject({ status: 200, body: 'x'.repeat(9) });
    expect(await get(local(), `${at('127.0.0.1')}/gzip`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect((await get(local(), `${at('127.0.0.1')}/damaged`)).body).toMatch(/^fetch: /);
    expect((await get(local(), `${at('127.0.0.1')}/bomb`)).body).toMatch(/limits\.bytesIn/);
  });
  it('a sent body arrives', async () => {
    for (const body of ['hällo', new Uint8Array([104, 105])])
      expect((await get(local(), at('127.0.0.1'), { method: 'POST', body })).body).toBe(
        typeof body === 'string' ? body : 'hi',
      );
  });
  it("a guest cannot set a message's host or length", async () => {
    for (const name of ['Host', 'Connection', 'Transfer-Encoding', 'Upgrade', 'Expect', 'TE', 'Keep-Alive'])
      expect((await get(local(), at('127.0.0.1'), { headers: [[name, 'x']] })).body).toMatch(/header/);
    const headers = [['Content-Length', '1']];
    expect((await get(local(), at('127.0.0.1'), { method: 'POST', headers, body: 'long' })).body).toBe('long');
    expect((await get(local(), at('127.0.0.1'), { method: 'CONNECT' })).body).toMatch(/method/);
    expect((await get(local(), at('a:b@127.0.0.1'))).body).toMatch(/password/);
    expect((await get(local(), at('127.0.0.1'), { headers: [['x-a', 'b\r\nc: d']] })).status).toBe(0);
    expect(arrived).toHaveLength(1);
  });
});
