/** workerd, called as its users do: HTTP over loopback. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { programs } from '../../../floor-process.js';
import type { Probed } from '../../../isolation/probed.js';
import { loadPackage } from '../../../optional.js';
import { ending } from '../line-process.js';
import { DEADLINE, type Peer } from '../peer.js';
import { type Remote, type Request, remotePeer } from '../remote.js';

const CONTROL = 3;

/** Returns the listening port. workerd chooses the port and reports it over a pipe. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let problem = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      problem += text;
    });
    child.once('error', reject);
    child.once('close', (status) =>
      reject(new Error(`workerd ended with ${status}: ${problem.trim().split('\n')[0]}`)),
    );
    let events = '';
    (child.stdio[CONTROL] as Readable).setEncoding('utf8').on('data', (text: string) => {
      events += text;
      const port = /"event":\s*"listen".*?"port":\s*(\d+)/.exec(events)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

function post(port: number, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      port,
      agent,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-length': Buffer.byteLength(body) },
    };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text.split('\n')[0]))));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function serve(config: string): Promise<Remote> {
  const { default: executable } = await loadPackage<{ default: string | { default: string } }>('workerd');
  const path = typeof executable === 'string' ? executable : executable.default;
  const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const;
  const child = spawn(path, ['serve', config, `--control-fd=${CONTROL}`], { env: {}, stdio: [...stdio] });
  const kill = ending(child);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const end = async () => {
    agent.destroy();
    await kill();
  };
  try {
    const port = await portOf(child);
    return { ask: async (message: Request) => JSON.parse(await post(port, agent, JSON.stringify(message))), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** workerd cannot compile text at run time, so each source is a separate worker in a separate process. */
class Workers implements Probed {
  async evaluate(source: string): Promise<unknown> {
    const folder = await mkdtemp(join(tmpdir(), 'colony-workerd-'));
    let worker: Remote | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      await writeFile(join(folder, 'main.mjs'), moduleOf(source));
      await writeFile(join(folder, 'config.capnp'), CONFIG);
      worker = await serve(join(folder, 'config.capnp'));
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`killed after ${DEADLINE} ms`)), DEADLINE);
      });
      const { value, error } = await Promise.race([worker.ask({}), late]);
      if (error !== undefined) throw new Error(error);
      return value;
    } finally {
      clearTimeout(timer);
      await worker?.end();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {}
}

const moduleOf = (source: string) => `export default {
  async fetch() {
    try {
      return Response.json({ value: await (${source}\n) });
    } catch (error) {
      return Response.json({ error: String(error?.message ?? error) });
    }
  },
};
`;

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "main.mjs", esModule = embed "main.mjs")], compatibilityDate = "2025-01-01"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`;

const base: Peer = remotePeer({
  name: 'workerd',
  package: 'workerd',
  boundary: 'isolate',
  floor: 'c.posix_spawn',
  words: {
    cold: 'start of a workerd process with one worker',
    warm: 'in a running workerd process, by HTTP over a kept loopback connection',
  },
  start: () => serve(join(programs, 'field/workerd.capnp')),
});

const probe = async (): Promise<Probed> => {
  const workers = new Workers();
  await workers.evaluate('0');
  return workers;
};
export const peer: Peer = { ...base, probe };
