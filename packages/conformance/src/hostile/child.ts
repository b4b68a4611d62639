/**
 * The process of one hostile scenario: attacks, then checks that the host is unharmed and the context serves on.
 *
 *     node child.js BACKEND SCENARIO [SETUP MODULE]
 */
import { ColonyError, type Context, createContext, js, openBackend, shutdown } from '@colony/core';
import { assertClean } from '../expect.js';
import { assertHostUnchanged, hostState } from '../host.js';
import { granted } from '../programs.js';
import type { ScenarioReport } from './runner.js';
import type { Scenario } from './scenario.js';
import { hostile } from './scenarios.js';

const MOST_GROWTH = 400 * 2 ** 20;

const ends: string[] = [];

function complain(message: string): never {
  throw new Error(message);
}

async function attackOnce(scenario: Scenario, work: () => Promise<unknown>): Promise<void> {
  let value: unknown;
  try {
    value = await work();
  } catch (error) {
    const { code, message } = assertClean(error);
    ends.push(code);
    if (!scenario.codes?.includes(code)) complain(`it ended with ${code}: ${message.slice(0, 300)}`);
    return;
  }
  ends.push('value');
  if (scenario.value === undefined) complain(`it ended well, with ${JSON.stringify(value)?.slice(0, 200)}`);
  const wrong = scenario.value(value);
  if (wrong !== undefined) complain(wrong);
}

async function stillServes(context: Context): Promise<void> {
  const alive = await context.call('alive');
  if (JSON.stringify(alive) !== '[42,[]]') complain(`afterwards the context gives ${JSON.stringify(alive)}`);
}

async function make(scenario: Scenario, backend: string, alive: string): Promise<Context> {
  const { hypercalls, policy } = granted(scenario.hypercalls?.() ?? {});
  const limits = scenario.limits === undefined ? {} : { limits: scenario.limits };
  return await createContext({
    backend,
    program: js(scenario.program + alive),
    hypercalls,
    policy: { ...policy, ...limits },
  });
}

const ALIVE = `\nexport const alive = () => [42, ['polluted', 'secret'].filter((k) => ({})[k] !== undefined)];`;

async function attack(scenario: Scenario, backend: string): Promise<void> {
  if (scenario.atStart) {
    for (let i = 0; i < (scenario.times ?? 2); i++) await attackOnce(scenario, () => make(scenario, backend, ''));
    return;
  }
  const first = await make(scenario, backend, ALIVE);
  const others = Array.from({ length: (scenario.contexts ?? 1) - 1 }, () => make(scenario, backend, ALIVE));
  const contexts = [first, ...(await Promise.all(others))];
  for (let i = 0; i < (scenario.times ?? 2); i++) {
    await Promise.all(
      contexts.map((context) => attackOnce(scenario, () => context.call('attack', ...(scenario.args ?? [])))),
    );
    await Promise.all(contexts.map(stillServes));
  }
  if (first.capabilities.callSync && scenario.contexts === undefined) {
    await attackSync(scenario, first);
    await stillServes(first);
  }
  await Promise.all(contexts.map((context) => context.dispose()));
}

/** On this thread, too; an async host function cannot be awaited there. */
async function attackSync(scenario: Scenario, context: Context): Promise<void> {
  const withAsync = { ...scenario, codes: [...(scenario.codes ?? []), 'ERR_ASYNC_IN_SYNC' as const] };
  await attackOnce(withAsync, async () => context.callSync('attack', ...(scenario.args ?? [])));
}

/** A healthy context before, so that what a backend sets up once does not count as harm. */
async function warmUp(backend: string): Promise<void> {
  const context = await createContext({ backend, program: js('export const one = () => 1;') });
  await context.call('one');
  await context.dispose();
}

async function main(backend: string, name: string, setup: string): Promise<void> {
  const scenario = hostile.find((each) => each.name === name) ?? complain(`no scenario ${name}`);
  if (setup !== '') await import(setup);
  await warmUp(backend);
  const before = hostState();
  const memory = process.memoryUsage.rss();
  await attack(scenario, backend);
  await assertHostUnchanged(before, await openBackend(backend));
  const growth = process.memoryUsage.rss() - memory;
  if (growth > MOST_GROWTH && scenario.contexts === undefined)
    complain(`the host grew by ${Math.round(growth / 2 ** 20)} MiB`);
  await shutdown();
}

const [backend = '', name = '', setup = ''] = process.argv.slice(2);
let report: ScenarioReport;
try {
  await main(backend, name, setup);
  report = { ok: true, ends };
} catch (error) {
  report = {
    ok: false,
    ends,
    complaint: ColonyError.is(error) ? `${error.code}: ${error.message}` : (error as Error).message,
  };
}
console.log(`REPORT ${JSON.stringify(report)}`);
