/** C programs in forks of a zygote, and machine code that bypasses its runtime. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, fails, outcome } from '@colony/conformance';
import { type Context, createContext, native, openBackend, shutdown } from '@colony/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOBODY, noOutsider, Outsider } from './lib/outsider.js';
import { gone, isAlive } from './lib/processes.js';

const attackerFile = fileURLToPath(new URL('./native/attacker.c', import.meta.url));
const attacker = native.c(attackerFile);
/** The system calls of a child: read, write, writev, mprotect (readable and writable), exit_group. */
const ALLOWED = [0, 1, 10, 20, 231];
const LAST_CALL = 470;
/** For tests that are not about time. */
const PATIENT = { wallTime: 120_000, cpuTime: 120_000 } as const;
/** uretprobe and uprobe: newer kernels allow them past filters, and refuse them themselves outside of a probe. */
const OF_KERNEL = [335, 336];

/** Frames of a child: length, type, payload. */
function childFrame(type: number, payload: Uint8Array, length = payload.length): Uint8Array {
  const frame = new Uint8Array(5 + payload.length);
  new DataView(frame.buffer).setUint32(0, length, true);
  frame[4] = type;
  frame.set(payload, 5);
  return frame;
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );

/** Zygotes of this process: its children are bubblewraps, or the zygotes themselves. */
function zygotes(pid = process.pid): number[] {
  return childrenOf(pid).flatMap((child) => {
    const name = readFileSync(`/proc/${child}/comm`, 'utf8').trim();
    return name === 'program' ? [child] : zygotes(child);
  });
}

describe('a C program in child processes', () => {
  let context: Context;
  const policy = { hypercalls: { wait: true }, limits: { ...PATIENT, memory: '16 MiB' } } as const;
  const waiting = new Map<number, (value: number) => void>();
  const wait = (n: number) => new Promise<number>((resolve) => waiting.set(n, resolve));
  beforeAll(async () => {
    context = await createContext({ backend: 'process', program: attacker, policy, hypercalls: { wait } });
  });
  afterAll(() => context.dispose());

  const goesOn = async () => expect(await context.call('add', 20, 22)).toBe(42);

  it('is ended by any system call except five', async () => {
    for (let first = 0; first <= LAST_CALL; first += 8) {
      const numbers = Array.from({ length: 8 }, (_, i) => first + i).filter(
        (number) => !ALLOWED.includes(number) && !OF_KERNEL.includes(number),
      );
      await Promise.all(
        numbers.map(async (number) => {
          const error = await fails('ERR_GUEST_FAULT', () => context.call('raw', number, 0, 0, 0), `call ${number}`);
          expect(error.details.fault?.kind, `call ${number}`).toBe('seccomp');
        }),
      );
    }
    for (const number of OF_KERNEL) {
      const ended = await outcome(() => context.call('raw', number, 0, 0, 0));
      if ('error' in ended) expect(ended.error.code).toBe('ERR_GUEST_FAULT');
      else expect(ended.value as number).toBeLessThan(0);
    }
    // mprotect makes nothing executable.
    for (const protection of [4, 5, 7])
      await fails('ERR_GUEST_FAULT', () => context.call('raw', 10, 0x400000, 4096, protection));
    await goesOn();
  }, 300_000);

  it('has one descriptor, whatever runs beside it', async () => {
    const beside = [5, 6, 7, 8, 9].map((n) => context.call('wait_for', n));
    await eventually(() => ([5, 6, 7, 8, 9].every((n) => waiting.has(n)) ? undefined : 'no hypercall'));
    for (let i = 0; i < 10; i++) expect(await context.call('descriptors')).toBe(0);
    for (const n of [5, 6, 7, 8, 9]) waiting.get(n)!(n);
    expect(await Promise.all(beside)).toStrictEqual([5, 6, 7, 8, 9]);
  });

  it('has no more memory than its limit, whatever it maps', async () => {
    const got = (await context.call('take_memory')) as unknown as number;
    expect(got >= 8 && got <= 16, `${got} MiB of 16`).toBeTruthy();
    await goesOn();
  });

  it('that ends itself ends its call', async () => {
    for (const code of [0, 1, 97, 98, 255]) {
      const error = await fails('ERR_GUEST_FAULT', () => context.call('leave', code));
      expect(error.details['exit']).toBe(code);
    }
    for (const kind of [113, 114, 115, 116, 117])
      await fails(['ERR_GUEST_FAULT', 'ERR_GUEST_PROTOCOL'], () => context.call('leave', kind));
    await goesOn();
  });

  it('that writes garbage ends only its own call', async () => {
    const beside = context.call('wait_for', 1);
    await eventually(() => (waiting.has(1) ? undefined : 'no hypercall'));
    const none = new Uint8Array(0);
    const frames = {
      'an unknown type': childFrame(99, none),
      'type 0': childFrame(0, none),
      'the type of a piece': childFrame(17 | 128, new Uint8Array(16)),
      'another READY': childFrame(16, none),
      'a request of the host': childFrame(1, new Uint8Array(32)),
      'an end': childFrame(20, new Uint8Array(16)),
      'a result without its head': childFrame(17, new Uint8Array(3)),
      'an empty hypercall': childFrame(18, none),
      'a report cut short': childFrame(19, new Uint8Array(8)),
    };
    for (const [name, frame] of Object.entries(frames)) {
      await fails('ERR_GUEST_PROTOCOL', () => context.call('say', frame), name);
    }
    await fails('ERR_LIMIT_OUTPUT', () => context.call('say', childFrame(17, none, 0xffff_ffff)));
    await fails('ERR_LIMIT_OUTPUT', () => context.call('say', childFrame(18, none, 0x7fff_ffff)));
    await fails('ERR_GUEST_PROTOCOL', () => context.call('babble', new Uint8Array(1000).fill(255)));
    // Bytes that look like frames of another call are payload in a frame of this one.
    await outcome(() => context.call('babble', childFrame(18, new Uint8Array(60_000))));
    waiting.get(1)!(7);
    expect(await beside).toBe(7);
    await goesOn();
  }, 300_000);

  it('that announces a frame and sends no more is ended by its wall time', async () => {
    const short = context.with({ limits: { wallTime: 200 } });
    await fails('ERR_LIMIT_WALL_TIME', () => short.call('say', childFrame(17, new Uint8Array(9), 1000)));
    await fails('ERR_LIMIT_WALL_TIME', () => short.call('say', Uint8Array.of(1, 0)));
    await goesOn();
  });

  it('may send any bytes', async () => {
    const short = context.with({ limits: { wallTime: 150 } });
    const frame = fc
      .tuple(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.constantFrom(0, 1, 16, 17, 18, 19, 20, 145, 146),
        fc.uint8Array({ maxLength: 64 }),
      )
      .chain(([length, type, payload]) =>
        fc.constantFrom(childFrame(type, payload), childFrame(type, payload, length)),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 4 }), async (frames) => {
        const ended = await outcome(() => short.call('say', Buffer.concat(frames)));
        if ('error' in ended) expect(ended.error.code).toMatch(/^ERR_(GUEST_|LIMIT_|POLICY_|HYPERCALL_)/);
      }),
      { numRuns: 60 },
    );
    await goesOn();
  }, 300_000);

  it('waits in a hundred calls for the host, in any order', async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => 1000 + i);
    const calls = numbers.map((n) => context.call('wait_for', n));
    await eventually(() => (numbers.every((n) => waiting.has(n)) ? undefined : 'not all have asked'), 10_000);
    for (const n of numbers.toReversed()) waiting.get(n)!(n * 2);
    expect(await Promise.all(calls)).toStrictEqual(numbers.map((n) => n * 2));
  }, 300_000);

  it('that is killed fails its one call, and that is stopped runs out of time', async () => {
    const beside = context.call('wait_for', 2);
    await eventually(() => (waiting.has(2) ? undefined : 'no hypercall'));
    const before = new Set(zygotes().flatMap(childrenOf));
    const looping = outcome(() => context.call('loop'));
    const busy = await busyChild();
    process.kill(busy, 'SIGKILL');
    const killed = await looping;
    expect(
      'error' in killed && killed.error.code === 'ERR_GUEST_FAULT' && killed.error.details.fault?.kind === 'killed',
    ).toBeTruthy();
    await gone(busy);
    const stopped = outcome(() => context.with({ limits: { wallTime: 5000 } }).call('loop'));
    const stopping = await busyChild();
    process.kill(stopping, 'SIGSTOP');
    const ended = await stopped;
    expect('error' in ended && ended.error.code === 'ERR_LIMIT_WALL_TIME').toBeTruthy();
    await gone(stopping);
    waiting.get(2)!(3);
    expect(await beside).toBe(3);
    expect(before.size).toBeGreaterThan(0);
    await goesOn();
  });

  it('whose zygote is killed fails the calls in progress, and is started again', async () => {
    const going = [outcome(() => context.call('loop')), outcome(() => context.call('wait_for', 3))];
    await eventually(() => (waiting.has(3) ? undefined : 'no hypercall'));
    const kept = context.with({ state: 'keep' });
    await kept.call('add', 1, 1);
    const [zygote] = zygotes();
    const children = childrenOf(zygote!);
    expect(children.length).toBeGreaterThanOrEqual(3);
    process.kill(zygote!, 'SIGKILL');
    for (const ended of await Promise.all(going)) {
      expect('error' in ended && ended.error.code === 'ERR_GUEST_FAULT', JSON.stringify(ended)).toBeTruthy();
    }
    await gone(zygote!, ...children);
    await goesOn();
    await outcome(() => kept.call('add', 1, 1));
    await context.reset();
    expect(await kept.call('add', 1, 1)).toBe(2);
  });

  /** The child that uses the processor. */
  async function busyChild(): Promise<number> {
    let found = 0;
    const time = (pid: number) =>
      Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[11] ?? 0);
    await eventually(() => {
      for (const pid of zygotes().flatMap(childrenOf)) {
        try {
          if (time(pid) >= 5) found = pid;
        } catch {
          // it has already ended
        }
      }
      return found > 0 ? undefined : 'no child is busy';
    });
    return found;
  }
});

describe('a program', () => {
  it('that asks the host for something before its first call is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colony-native-'));
    const file = join(folder, 'early.c');
    writeFileSync(
      file,
      `#include <colony/virtine.h>
__attribute__((constructor)) static void early(void) { colony_call("early"); }
int one(void) { return 1; }
COLONY_EXPORT(int, one);
`,
    );
    const options = { backend: 'process', program: native.c(file), hypercalls: { early: () => 1 } } as const;
    await fails('ERR_GUEST_PROTOCOL', () => createContext({ ...options, policy: { hypercalls: { early: true } } }));
    rmSync(folder, { recursive: true });
  });

  it('leaves no process behind when its host is killed', async () => {
    const script = `
      import { createContext, native } from '@colony/core';
      const program = native.c(${JSON.stringify(attackerFile)});
      const context = await createContext({ backend: 'process', program, policy: { limits: ${JSON.stringify(PATIENT)} } });
      for (let i = 0; i < 3; i++) context.call('loop').catch(() => {});
      await context.call('add', 1, 1);
      console.log('ready');
      setInterval(() => {}, 1000);`;
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => host.stdout.once('data', resolve));
    let all: number[] = [];
    await eventually(() => {
      all = zygotes(host.pid).flatMap((zygote) => [zygote, ...childrenOf(zygote)]);
      return all.filter(isAlive).length >= 4 ? undefined : 'not all are there';
    });
    host.kill('SIGKILL');
    await gone(...all);
  });

  it('lets its host end by itself, with anything kept for later', async () => {
    const script = `
      import { createContext, native } from '@colony/core';
      const policy = { limits: ${JSON.stringify(PATIENT)} };
      const context = await createContext({ backend: 'process', program: native.c(${JSON.stringify(attackerFile)}), policy });
      await context.with({ state: 'keep' }).call('add', 1, 1);
      await context.dispose();`;
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd, stdio: 'inherit' });
    const [code] = await once(host, 'exit');
    expect(code).toBe(0);
  }, 300_000);

  it("runs if the host's user is nobody, and without bubblewrap", async ({ skip }) => {
    if (noOutsider !== undefined) skip(noOutsider);
    using nobody = new Outsider();
    using root = new Outsider();
    for (const [outsider, options] of [
      [nobody, { user: NOBODY }],
      [root, { user: 0, env: { COLONY_BWRAP: 'none' } }],
    ] as const) {
      const script = `
        import { createContext, native } from '@colony/core';
        const program = native.c(${JSON.stringify(outsider.add(attackerFile))});
        const context = await createContext({ backend: 'process', program, policy: { limits: ${JSON.stringify(PATIENT)} } });
        const crash = await context.call('raw', 57, 0, 0, 0).catch((error) => error.code);
        console.log(await context.call('add', 1, 1), crash, await context.call('descriptors'));
        await context.dispose();`;
      const printed = await outsider.run(['--input-type=module', '-e', script], options);
      expect(printed.trim()).toBe('2 ERR_GUEST_FAULT 0');
    }
  }, 300_000);

  it('in many contexts has one zygote, which ends with the backend', async () => {
    const before = zygotes();
    const backend = await openBackend('process');
    const contexts = await Promise.all(
      [0, 1, 2, 3].map(() => createContext({ backend: 'process', program: attacker, policy: { limits: PATIENT } })),
    );
    expect(await Promise.all(contexts.map((context) => context.call('add', 1, 2)))).toStrictEqual([3, 3, 3, 3]);
    expect(zygotes().length).toBeLessThanOrEqual(before.length + 1);
    expect(backend.stats()['zygotes'] ?? 0).toBeGreaterThanOrEqual(1);
    await Promise.all(contexts.map((context) => context.dispose()));
    const all = zygotes();
    expect(all.length, 'a zygote is kept for contexts to come').toBeGreaterThanOrEqual(1);
    await shutdown();
    await gone(...all);
  });
});
