/** Entry of a process that sends requests to a server on loopback over kept connections, and checks the answers. */
import { Agent, get } from 'node:http';
import { closedLoop, timePerCall } from './loops.js';

export interface Asking {
  readonly port: number;
  readonly path: string;
  /** The expected body of every answer. */
  readonly expected: string;
  readonly connections: number;
  readonly milliseconds: number;
}

/** Times in nanoseconds. */
export interface Answered {
  readonly latencies: readonly number[];
  readonly timesPerCall: readonly number[];
}

const MOST_REQUESTS = 10_000;

function request(agent: Agent, { port, path, expected }: Asking): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        if (response.statusCode === 200 && body === expected) resolve();
        else reject(new Error(`status ${response.statusCode}: ${body.slice(0, 200)}`));
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
  });
}

async function ask(asking: Asking): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: asking.connections });
  const { connections, milliseconds } = asking;
  const one = () => request(agent, asking);
  await closedLoop(one, connections, { milliseconds: milliseconds / 5, most: MOST_REQUESTS });
  const finished = await closedLoop(one, connections, { milliseconds, most: MOST_REQUESTS });
  agent.destroy();
  return { latencies: finished.latencies, timesPerCall: timePerCall(finished, connections) };
}

process.once('message', (asking: Asking) => {
  ask(asking).then(
    (answered) => process.send?.(answered, () => process.exit(0)),
    (error: Error) => process.send?.({ error: error.message }, () => process.exit(1)),
  );
});
