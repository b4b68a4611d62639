/**
 * The process of one hostile scenario: attacks, then checks that the host is unharmed and the context still works.
 *
 *     node child.js BACKEND SCENARIO [SETUP MODULE] [ENGINE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Backend,
  type BackendModule,
  ColonyError,
  type Context,
  component,
  createContext,
  js,
  native,
  openBackend,
  type Program,
  type ProgramKind,
  registerBackend,
  shutdown,
  wasm,
} from '@colony/core';
// Keep imports few: each of hundreds of processes loads this module.
import { asModule } from '../as-module.js';
import { assertClean } from '../expect.js';
import { assertHostUnchanged, hostState } from '../host.js';
import { granted, PATIENT, suiteProgramOf } from '../programs/index.js';
import { assemble } from '../programs/wat.js';
import type { ScenarioReport } from './runner.js';
import { type Scenario, TIME } from './scenario.js';
import { hostile } from './scenarios.js';

const MOST_GROWTH = 400 * 2 ** 20;

const [backend = '', name = '', setup = '', engine = ''] = process.argv.slice(2);
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

const ALIVE = {
  js: `\nexport const alive = () => [42, ['polluted', 'secret'].filter((k) => ({})[k] !== undefined)];`,
  native: '\nint alive(void) { return 42; }\nCOLONY_EXPORT(int, alive);',
  wasm: '(func (export "alive") (result i32) (i32.const 42))',
  component: '',
  linux: '',
  v8: '',
};

async function stillServes(context: Context): Promise<void> {
  const alive = JSON.stringify(await context.call('alive'));
  if (alive !== '[42,[]]' && alive !== '42') complain(`afterwards the context gives ${alive}`);
}

/** The program of a scenario. Text also gets `alive`, unless the attack is on its parser. */
async function programOf({ kind = 'js', program, atStart }: Scenario): Promise<Program> {
  if (typeof program !== 'string') return kind === 'component' ? component(await program()) : wasm(await program());
  const text = atStart === true ? program : program + ALIVE[kind];
  if (kind === 'wasm') return wasm(await assemble(`(module ${text})`));
  if (kind !== 'native') return js(text, { filename: 'colony-hostile.mjs' });
  const file = join(folder, 'attack.c');
  writeFileSync(file, text);
  return native.c(file);
}

const folder = mkdtempSync(join(tmpdir(), 'colony-hostile-'));

const onEngine = (kind: ProgramKind) => (engine === 'v8' && kind === 'js' ? ({ engine: 'v8' } as const) : {});

async function make(scenario: Scenario, backend: string): Promise<Context> {
  const { hypercalls, policy } = granted(scenario.hypercalls?.() ?? {});
  const { wallTime, cpuTime, ...others } = scenario.limits ?? {};
  const limits = { ...policy.limits, ...others };
  return await createContext({
    backend,
    ...onEngine(scenario.kind ?? 'js'),
    program: await programOf(scenario),
    hypercalls,
    policy: { ...policy, limits },
  });
}

/**
 * The context for the attack. Its deadlines apply only to the attack, because a healthy call takes long on a busy
 * machine. An attack that must end otherwise gets more time, too.
 */
function attacked(scenario: Scenario, context: Context): Pick<Context, 'call' | 'callSync'> {
  const endsByTime = scenario.codes?.some((code) => TIME.includes(code)) ?? false;
  const { wallTime, cpuTime } = (endsByTime && scenario.limits) || {};
  return context.with({ limits: { ...(wallTime && { wallTime }), ...(cpuTime && { cpuTime }) } });
}

/** Each context takes a process and its memory, and fewer contexts prove the same. */
const MOST_PROCESSES = 40;

async function attack(scenario: Scenario, backend: string): Promise<void> {
  if (scenario.atStart) {
    const made: Context[] = [];
    const start = async () => void made.push(await make(scenario, backend));
    for (let i = 0; i < (scenario.times ?? 2); i++) await attackOnce(scenario, start);
    await Promise.all(made.map((context) => context.dispose()));
    return;
  }
  const first = await make(scenario, backend);
  const most = first.capabilities.boundary === 'process' ? MOST_PROCESSES : Number.POSITIVE_INFINITY;
  const count = Math.min(scenario.contexts ?? 1, most);
  const others = Array.from({ length: count - 1 }, () => make(scenario, backend));
  const contexts = [first, ...(await Promise.all(others))];
  for (let i = 0; i < (scenario.times ?? 2); i++) {
    await Promise.all(
      contexts.map((context) =>
        attackOnce(scenario, () => attacked(scenario, context).call('attack', ...(scenario.args ?? []))),
      ),
    );
    await Promise.all(contexts.map(stillServes));
  }
  if (first.capabilities.callSync && scenario.contexts === undefined) {
    await attackSync(scenario, first);
    await stillServes(first);
  }
  await Promise.all(contexts.map((context) => context.dispose()));
}

/** Also on this thread, where an async host function cannot be awaited. */
async function attackSync(scenario: Scenario, context: Context): Promise<void> {
  const withAsync = { ...scenario, codes: [...(scenario.codes ?? []), 'ERR_ASYNC_IN_SYNC' as const] };
  await attackOnce(withAsync, async () => attacked(scenario, context).callSync('attack', ...(scenario.args ?? [])));
}

/** Registers the backend of the caller's module: by the import itself, or from its exports. */
async function setUp(path: string): Promise<void> {
  const module = (await import(path)) as {
    backend?: BackendModule;
    createBackend?: () => BackendModule | Backend | Promise<BackendModule | Backend>;
  };
  const backend = module.createBackend === undefined ? module.backend : await module.createBackend();
  if (backend !== undefined) registerBackend(asModule(backend));
}

/** Runs a healthy context first, so that the backend's one-time set-up does not count as harm. */
async function warmUp(backend: string, kind: ProgramKind): Promise<void> {
  const program = await suiteProgramOf(kind);
  const context = await createContext({ backend, ...onEngine(kind), program, policy: { limits: PATIENT } });
  await context.call('add', 1, 2);
  await context.dispose();
}

async function main(backend: string, name: string, setup: string): Promise<void> {
  const scenario = hostile.find((candidate) => candidate.name === name) ?? complain(`no scenario ${name}`);
  if (setup !== '') await setUp(setup);
  await warmUp(backend, scenario.kind ?? 'js');
  const before = hostState(await openBackend(backend));
  const memory = process.memoryUsage.rss();
  await attack(scenario, backend);
  await assertHostUnchanged(before, await openBackend(backend));
  const growth = process.memoryUsage.rss() - memory;
  if (growth > MOST_GROWTH && scenario.contexts === undefined)
    complain(`the host grew by ${Math.round(growth / 2 ** 20)} MiB`);
  await shutdown();
}

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
rmSync(folder, { recursive: true });
console.log(`REPORT ${JSON.stringify(report)}`);
