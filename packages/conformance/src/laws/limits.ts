import assert from 'node:assert/strict';
import type { ColonyError, ErrorCode } from '@colony/core';
import { js } from '@colony/core';
import { fails, sleep } from '../expect.js';
import { cpuTimeOfHost } from '../host.js';
import type { Tools } from '../law.js';
import { assertWithin, timed } from '../patience.js';
import { granted, PATIENT } from '../programs/index.js';
import { EVERYWHERE, MACHINE, needsLimit, needsSync, theme } from './define.js';
import { endless } from './programs.js';

/** The most milliseconds by which a deadline may be late on an idle machine. */
const LATE = 1500;
const MIB = 2 ** 20;
const TIME: readonly ErrorCode[] = ['ERR_LIMIT_WALL_TIME'];

const NAMES: Partial<Record<ErrorCode, string>> = {
  ERR_LIMIT_WALL_TIME: 'wallTime',
  ERR_LIMIT_CPU_TIME: 'cpuTime',
  ERR_LIMIT_MEMORY: 'memory',
  ERR_LIMIT_OUTPUT: 'output',
  ERR_LIMIT_INPUT: 'bytesIn',
  ERR_LIMIT_HYPERCALLS: 'hypercalls',
};

/** The error reports the limit that was hit, in milliseconds or bytes. */
function assertLimit({ code, details }: ColonyError, limits: Record<string, number>): void {
  assert.equal(details['limit'], limits[NAMES[code]!], `details.limit of ${code}`);
}

/** Fails with the code within the time, and the context serves the next call. */
async function stops(
  t: Tools,
  limits: Record<string, number>,
  codes: ErrorCode | readonly ErrorCode[],
  name: string,
  ...args: unknown[]
): Promise<void> {
  const { wallTime, cpuTime, ...others } = limits;
  const context = await t.context({ policy: { limits: { ...PATIENT, ...others } } });
  const brief = context.with({ limits: { ...(wallTime && { wallTime }), ...(cpuTime && { cpuTime }) } });
  const most = Math.max(limits['wallTime'] ?? 1000, limits['cpuTime'] ?? 0) + LATE;
  await assertWithin(most, `${codes} came late, limits ${JSON.stringify(limits)}`, () =>
    timed(async () => assertLimit(await fails(codes, () => brief.call(name, ...args)), limits)),
  );
  assert.equal(await context.call('add', 1, 1), 2, 'the next call must be served');
}

async function memory(t: Tools): Promise<void> {
  const limits = { memory: 24 * MIB, wallTime: PATIENT.wallTime };
  await stops(t, limits, 'ERR_LIMIT_MEMORY', 'allocate', 64 * MIB);
  const roomy = await t.context({ policy: { limits: { ...PATIENT, memory: 160 * MIB } } });
  assert.equal(await roomy.call('allocate', 64 * MIB), 1024);
}

async function hypercallCount(t: Tools): Promise<void> {
  let calls = 0;
  const context = await t.context(granted({ 'host.ask': () => ++calls }, { hypercalls: 10 }));
  assertLimit(await fails('ERR_LIMIT_HYPERCALLS', () => context.call('askHostMany', 11)), { hypercalls: 10 });
  assert.equal(calls, 10);
  assert.equal(await context.call('askHostMany', 2), 11 + 12);
}

/** A guest that catches the error of a limit must not continue. */
async function cannotBeCaught(t: Tools): Promise<void> {
  const program = js(
    `export const stubborn = () => { let n = 0; for (let i = 0; i < 20; i++) { try { host.note(); } catch { n++; } } return n; }`,
  );
  const context = await t.context({ program, ...granted({ note: () => 1 }, { hypercalls: 5 }) });
  await fails('ERR_LIMIT_HYPERCALLS', () => context.call('stubborn'));
}

async function bytesIn(t: Tools): Promise<void> {
  const context = await t.context(granted({ big: () => 'x'.repeat(100_000) }, { bytesIn: 50_000 }));
  const echoed = await fails('ERR_LIMIT_INPUT', () => context.call('echo', new Uint8Array(60_000)));
  assertLimit(echoed, { bytesIn: 50_000 });
  assertLimit(await fails('ERR_LIMIT_INPUT', () => context.call('ask', 'big')), { bytesIn: 50_000 });
  assert.equal(await context.call('echo', 'small'), 'small');
}

async function output(t: Tools): Promise<void> {
  const context = await t.context(granted({ take: () => 1 }, { output: 50_000 }));
  assert.equal(((await context.call('bytes', 49_000)) as unknown as Uint8Array).length, 49_000);
  assertLimit(await fails('ERR_LIMIT_OUTPUT', () => context.call('bytes', 51_000)), { output: 50_000 });
  const asked = await fails('ERR_LIMIT_OUTPUT', () => context.call('ask', 'take', new Uint8Array(60_000)));
  assertLimit(asked, { output: 50_000 });
  const many = await t.context(granted({ take: () => 1 }, { bytesOut: 50_000 }));
  const items = Array.from({ length: 10 }, () => new Uint8Array(6000));
  await fails('ERR_LIMIT_OUTPUT', () => many.call('askAll', 'take', items));
}

/**
 * For programs that exchange only numbers: a result of three bytes and one of seven, a request of nine and one of 17.
 */
async function fewBytes(t: Tools): Promise<void> {
  const out = await t.context({ policy: { limits: { output: 5 } } });
  assert.equal(await out.call('add', 1, 1), 2);
  await fails('ERR_LIMIT_OUTPUT', () => out.call('add', 2 ** 30, 2 ** 29));
  const into = await t.context({ policy: { limits: { bytesIn: 12 } } });
  assert.equal(await into.call('add', 1, 1), 2);
  await fails('ERR_LIMIT_INPUT', () => into.call('add', 2 ** 30, 2 ** 29));
}

/**
 * Milliseconds of one measurement of the host's CPU time, the share of it that an idle host may use, and the most
 * measurements.
 */
const LOOK = 250;
const AT_REST = 0.1;
const LOOKS = 30;
/** Quiet measurements in a row: a machine that stalls for one of them also stalls a guest that still runs. */
const QUIET = 2;

/**
 * A stopped call must not continue to use a core. The host may first replace threads that it ended; then it is idle, on
 * a busy machine too. A guest that still runs never lets the host be idle: even among twenty others it gets its tenth
 * of a processor.
 */
async function reallyStopped(t: Tools): Promise<void> {
  const context = await t.context({ policy: { limits: { wallTime: 100, cpuTime: 60_000 } } });
  await Promise.all([1, 2].map(() => fails('ERR_LIMIT_WALL_TIME', () => context.call('loop'))));
  const shares: number[] = [];
  while (shares.length < LOOKS) {
    const [started, before] = [performance.now(), cpuTimeOfHost()];
    await sleep(LOOK);
    shares.push((cpuTimeOfHost() - before) / (performance.now() - started));
    if (shares.length >= QUIET && shares.slice(-QUIET).every((share) => share < AT_REST)) return;
  }
  assert.fail(
    `the host is not at rest after the calls were stopped: ${shares.map((share) => share.toFixed(2)).join(', ')}`,
  );
}

async function perCall(t: Tools): Promise<void> {
  const context = await t.context({ policy: { limits: { ...PATIENT, output: 1000 } } });
  await fails('ERR_LIMIT_WALL_TIME', () => context.with({ limits: { wallTime: 100 } }).call('loop'));
  if (t.kind === 'js')
    await fails('ERR_LIMIT_OUTPUT', () => context.with({ limits: { output: '1 MiB' } }).call('bytes', 5000));
}

export const limits = theme('limits', [
  [
    'wall time ends a loop in time',
    (t) => stops(t, { wallTime: 100 }, TIME, 'loop'),
    {
      programKinds: EVERYWHERE,
      needs: needsLimit('wallTime'),
      needsWhat: 'the backend enforces no wall time',
    },
  ],
  [
    'wall time ends an endless chain of promises',
    (t) => stops(t, { wallTime: 100 }, TIME, 'jobs'),
    {
      needs: needsLimit('wallTime'),
      needsWhat: 'the backend enforces no wall time',
    },
  ],
  [
    'a call that was stopped uses no more CPU time',
    reallyStopped,
    { programKinds: EVERYWHERE, needs: needsLimit('wallTime'), needsWhat: 'the backend enforces no wall time' },
  ],
  [
    'wall time ends a storm of hypercalls',
    async (t) => {
      const context = await t.context(
        granted({ 'host.ask': () => 1 }, { wallTime: 100, hypercalls: 1e9, bytesIn: 1e12, bytesOut: 1e12 }),
      );
      await assertWithin(100 + LATE, 'the limit ended the run late', () =>
        timed(() => fails('ERR_LIMIT_WALL_TIME', () => context.call('storm'))),
      );
    },
    { programKinds: EVERYWHERE, needs: needsLimit('wallTime'), needsWhat: 'the backend enforces no wall time' },
  ],
  [
    'wall time ends callSync',
    async (t) => {
      const context = await t.context();
      const brief = context.with({ limits: { wallTime: 100 } });
      await assertWithin(100 + LATE, 'the limit ended the run late', () =>
        timed(() => fails('ERR_LIMIT_WALL_TIME', () => brief.callSync('loop'))),
      );
      assert.equal(context.callSync('add', 1, 1), 2);
    },
    {
      programKinds: EVERYWHERE,
      needs: (f) => needsSync(f) && f.capabilities.limits.wallTime,
      needsWhat: 'the backend has no callSync with a wall time',
    },
  ],
  [
    'CPU time ends a loop',
    (t) => stops(t, { cpuTime: 100 }, 'ERR_LIMIT_CPU_TIME', 'loop'),
    {
      programKinds: EVERYWHERE,
      needs: needsLimit('cpuTime'),
      needsWhat: 'the backend enforces no CPU time',
    },
  ],
  [
    'memory is bounded exactly by the limit',
    memory,
    { programKinds: EVERYWHERE, needs: needsLimit('memory'), needsWhat: 'the backend enforces no memory limit' },
  ],
  ['the number of hypercalls is bounded, exactly', hypercallCount, { programKinds: EVERYWHERE }],
  ['a guest cannot catch the error of a limit', cannotBeCaught],
  ['bytes into the guest are bounded', bytesIn],
  [
    'bytes into and out of the guest are bounded',
    fewBytes,
    { programKinds: MACHINE, needs: needsLimit('output'), needsWhat: 'the backend enforces no output limit' },
  ],
  [
    'bytes out of the guest are bounded',
    output,
    { needs: needsLimit('output'), needsWhat: 'the backend enforces no output limit' },
  ],
  [
    'evaluating a program has its own time limit',
    async (t) => {
      const program = await endless(t);
      // The builder's time is not the guest's. The second try measures only the guest.
      await t.context({ program, policy: { limits: { startTime: 200 } } }).catch(() => {});
      await assertWithin(200 + LATE, 'the limit ended the run late', () =>
        timed(() =>
          fails(['ERR_LIMIT_WALL_TIME', 'ERR_LIMIT_CPU_TIME'], () =>
            t.context({ program, policy: { limits: { startTime: 200 } } }),
          ),
        ),
      );
    },
    { programKinds: EVERYWHERE, needs: needsLimit('wallTime'), needsWhat: 'the backend enforces no wall time' },
  ],
  [
    "a call's own limits narrow the context's and never widen them",
    perCall,
    {
      programKinds: EVERYWHERE,
      needs: (f) => needsLimit('wallTime')(f) && f.capabilities.limits.output,
      needsWhat: 'the backend enforces neither wall time nor output',
    },
  ],
]);
