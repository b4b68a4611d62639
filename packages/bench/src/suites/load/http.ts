/** A web server on loopback. Its handler runs in this process, or in a new context for every request. */
import { fork } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createContext, js } from '@colony/core';
import type * as QuickJS from 'quickjs-emscripten';
import type { Boundary } from '../../isolation/boundaries.js';
import { loadPackage } from '../../optional.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { PATIENT } from '../contexts.js';
import type { Answered, Asking } from './http-client.js';
import { onceSpec, sampled, shared } from './once.js';

const client = fileURLToPath(new URL('./http-client.js', import.meta.url));

/** The source of every handler: returns a page of about 1 KiB about the request. */
const HANDLER = `function handle(method, url) {
  const rows = [];
  for (let i = 0; i < 16; i++) rows.push('<li>' + method + ' ' + url + ' row ' + i + ' of sixteen</li>');
  return '<!doctype html><title>' + url + '</title><ul>' + rows.join('') + '</ul>';
}`;

type Handle = (method: string, url: string) => string | Promise<string>;
interface Opened {
  readonly handle: Handle;
  close(): Promise<void>;
}

async function onBackend(backend: string): Promise<Opened> {
  const program = js(`export ${HANDLER}`);
  const context = await createContext({ backend, program, pool: { warm: 8 }, limits: PATIENT });
  return {
    handle: async (method, url) => String(await context.call('handle', method, url)),
    close: () => context.dispose(),
  };
}

async function here(): Promise<Opened> {
  const handle = new Function(`return ${HANDLER}`)() as Handle;
  return { handle, close: async () => {} };
}

/** The alternative without Colony: a QuickJS context for each request. */
async function emscripten(): Promise<Opened> {
  const { newQuickJSWASMModule } = await loadPackage<typeof QuickJS>('quickjs-emscripten');
  const engine = await newQuickJSWASMModule();
  const handle: Handle = (method, url) => {
    const context = engine.newContext();
    try {
      const result = context.unwrapResult(
        context.evalCode(`${HANDLER}\nhandle(${JSON.stringify(method)}, ${JSON.stringify(url)})`),
      );
      const text = context.getString(result);
      result.dispose();
      return text;
    } finally {
      context.dispose();
    }
  };
  return { handle, close: async () => {} };
}

interface Kind {
  readonly kind: string;
  readonly what: string;
  readonly boundary: Boundary;
  open(): Promise<Opened>;
}

const KINDS: readonly Kind[] = [
  { kind: 'native', what: 'handled in the server without isolation', boundary: 'none', open: here },
  { kind: 'kvm.js', what: 'handled in a fresh virtine', boundary: 'virtual machine', open: () => onBackend('kvm') },
  {
    kind: 'wasm.js',
    what: 'handled in a fresh instance of the wasm backend',
    boundary: 'engine in wasm',
    open: () => onBackend('wasm'),
  },
  {
    kind: 'process.js',
    what: 'handled in a new jailed process',
    boundary: 'jailed process',
    open: () => onBackend('process'),
  },
  {
    kind: 'ref.quickjs',
    what: 'handled in a new quickjs-emscripten context',
    boundary: 'engine in wasm',
    open: emscripten,
  },
];

const BUSY = 8;
const MOST_MS = { full: 1500, quick: 150 };

const specsOf = ({ kind, what, boundary }: Kind): Spec[] => {
  const against = (part: string) => (kind === 'native' ? [] : [`http.native.${part}`]);
  const busy = `${BUSY} connections at once`;
  return [
    {
      ...onceSpec(
        `http.${kind}.latency`,
        `latency of an HTTP request over a kept connection, ${what}`,
        against('latency'),
      ),
      boundary,
    },
    onceSpec(`http.${kind}.each`, `wall time per HTTP request with ${busy}, ${what}`, against('each')),
    {
      ...{
        subject: `http.${kind}.rate`,
        what: `HTTP requests a second with ${busy}, ${what}`,
        unit: 'per second',
        floors: [],
      },
      derived: { from: [`http.${kind}.each`], of: ([nanoseconds = 0]) => 1e9 / nanoseconds },
    },
  ];
};

const listenerOf =
  ({ handle }: Opened): RequestListener =>
  async (request, response) => {
    try {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(await handle(request.method ?? '', request.url ?? ''));
    } catch (error) {
      response.statusCode = 500;
      response.end((error as Error).message);
    }
  };

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** The client is a separate process, because it must not share the server's event loop. */
function ask(asking: Asking): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const child = fork(client, { serialization: 'advanced' });
    child.once('message', (answer: Answered | { error: string }) => {
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer);
    });
    child.once('error', reject);
    child.once('close', (status) => reject(new Error(`the client ended with status ${status}`)));
    child.send(asking);
  });
}

async function serve(kind: Kind, connections: number, quick: boolean): Promise<Answered> {
  const opened = await kind.open();
  const server = createServer(listenerOf(opened));
  try {
    const port = await listen(server);
    const expected = await (await here()).handle('GET', '/some/page');
    return await ask({
      port,
      path: '/some/page',
      expected,
      connections,
      milliseconds: quick ? MOST_MS.quick : MOST_MS.full,
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await opened.close();
  }
}

export const http: Group = {
  name: 'HTTP',
  specs: KINDS.flatMap(specsOf),
  async open({ quick }) {
    const samplers: Record<string, Sampler> = {};
    for (const kind of KINDS) {
      const alone = shared(() => serve(kind, 1, quick));
      const busy = shared(() => serve(kind, BUSY, quick));
      samplers[`http.${kind.kind}.latency`] = sampled(alone, ({ latencies }) => latencies);
      samplers[`http.${kind.kind}.each`] = sampled(busy, ({ timesPerCall }) => timesPerCall);
    }
    return { samplers, close: async () => {} };
  },
};
