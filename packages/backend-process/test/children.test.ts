/**
 * Children that misbehave below the language: each in a real jail, and each fails only its own run, with a clear code.
 */
import { fileURLToPath } from 'node:url';
import { errorOf, fails } from '@colony/conformance';
import type { ColonyError, ErrorCode, RunRequest } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { jailedBody } from '../src/children/body.js';
import { NodeChild } from '../src/children/node-child.js';
import { launch, nodeFiles } from '../src/jail/index.js';
import { ChildPool } from '../src/javascript/child-pool.js';
import { gone } from './lib/processes.js';

const script = fileURLToPath(new URL('./lib/babbler.cjs', import.meta.url));

async function start(how: string): Promise<{ child: NodeChild; pid: number }> {
  const { program, files, env } = await nodeFiles();
  const all = { ...files, '/main.cjs': script };
  const jailed = await launch({ program, args: ['/main.cjs', '-', how], files: all, filter: 'node', env });
  return { child: new NodeChild(jailedBody(jailed), 2 ** 25), pid: jailed.pid };
}

/** Milliseconds for tests that are not about time. */
const PATIENT = 120_000;

const request = (wallTime = PATIENT): Pick<RunRequest, 'input' | 'limits' | 'onHypercall' | 'signal'> => ({
  input: [new Uint8Array(10)],
  limits: { memory: 2 ** 25, wallTime, cpuTime: PATIENT, output: 1000 },
  onHypercall: () => new Promise(() => {}),
  signal: undefined,
});

const ENDS: readonly (readonly [string, ErrorCode])[] = [
  ['garbage', 'ERR_GUEST_PROTOCOL'],
  ['other-call', 'ERR_GUEST_PROTOCOL'],
  ['other-type', 'ERR_GUEST_PROTOCOL'],
  ['too-long', 'ERR_LIMIT_OUTPUT'],
  ['short', 'ERR_GUEST_PROTOCOL'],
  ['bad-report', 'ERR_GUEST_PROTOCOL'],
  ['many-hypercalls', 'ERR_GUEST_PROTOCOL'],
  ['flood', 'ERR_GUEST_PROTOCOL'],
  ['chatter', 'ERR_LIMIT_WALL_TIME'],
  ['close', 'ERR_GUEST_PROTOCOL'],
  ['exit', 'ERR_GUEST_FAULT'],
  ['abort', 'ERR_GUEST_FAULT'],
];

describe('a child that', () => {
  for (const [how, code] of ENDS) {
    it(`does "${how}" fails its run with ${code}, and is gone`, async () => {
      const { child, pid } = await start(how);
      await child.ready(PATIENT);
      const error = await fails(code, () => child.run(request(how === 'chatter' ? 500 : PATIENT)));
      expect(error.message.length).toBeLessThan(1000);
      await child.gone;
      expect(child.alive).toBe(false);
      await gone(pid);
      expect(((await errorOf(() => child.run(request()))) as ColonyError).code, 'it still says why').toBe(code);
    });
  }

  it('writes before a request is ended', async () => {
    const { child } = await start('unasked');
    await child.ready(PATIENT);
    await child.gone;
    expect(child.alive).toBe(false);
  });

  it('dies before it serves is reported with its last output', async () => {
    const { child } = await start('die-first');
    const error = await fails('ERR_BACKEND_UNAVAILABLE', () => child.ready(PATIENT));
    expect(error.message).toMatch(/no luck today/);
  });

  // The first process of a namespace gets other signals from outside only if it handles them.
  it.each([
    ['SIGKILL', 'ERR_GUEST_FAULT'],
    ['SIGSTOP', 'ERR_LIMIT_WALL_TIME'],
  ] as const)('receives %s from elsewhere fails its run with %s', async (signal, code) => {
    const { child, pid } = await start('serve');
    await child.ready(PATIENT);
    process.kill(pid, 'SIGSTOP');
    const run = fails(code, () => child.run(request(signal === 'SIGKILL' ? PATIENT : 1500)));
    process.kill(pid, signal);
    const error = await run;
    if (signal === 'SIGKILL') expect(error.message).toMatch(/SIGKILL/);
    await child.gone;
    await gone(pid);
  });
});

describe('crash loop', () => {
  it('children that die before they serve make the pool pause, not spin; the error has their last output', async () => {
    let started = 0;
    const pool = new ChildPool({
      start: async () => {
        started++;
        const { child } = await start('die-first');
        await child.ready(PATIENT);
        return child;
      },
      idleChildren: 2,
      max: 100,
    });
    pool.use();
    for (let i = 0; i < 12; i++) await fails('ERR_BACKEND_UNAVAILABLE', () => pool.take(2 ** 25));
    expect(started, `${started} were started`).toBeLessThan(9);
    const error = await fails('ERR_BACKEND_UNAVAILABLE', () => pool.take(2 ** 25));
    expect(error.message).toMatch(/in a row.*no luck today.*next try/);
    await pool.end();
  });

  it('a full pool reports that it is full', async () => {
    const pool = new ChildPool({ start: async () => (await start('serve')).child, idleChildren: 0, max: 1 });
    const first = await pool.take(2 ** 25);
    const error = await fails('ERR_BACKEND_UNAVAILABLE', () => pool.take(2 ** 25));
    expect(error.message).toMatch(/pool\.max/);
    first.kill();
    await first.gone;
    (await pool.take(2 ** 25)).kill();
    await pool.end();
  });
});
