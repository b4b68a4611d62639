/** Linux programs that attack: each is ended or refused, and the next fresh call is right and sees nothing of it. */
import { errorOf, fails } from '@colony/conformance';
import { type CallOptions, type Context, createContext, type LinuxExports, linux } from '@colony/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, PATIENT } from '../lib/kvm.js';
import { Workshop } from '../lib/linux.js';

describeKvm('hostile Linux programs', () => {
  const workshop = new Workshop();
  let executable = '';
  let context: Context<LinuxExports>;
  beforeAll(async () => {
    executable = workshop.compile('gcc', 'hostile.c', ['-O1', '-static', '-no-pie', '-pthread', '-mfsgsbase']);
    context = await workshop.context({ executable, system: false }, { limits: { memory: '64 MiB', output: '1 MiB' } });
  });
  afterAll(async () => {
    await context?.dispose();
    workshop.remove();
  });

  const run = (name: string, seed = 0, options: CallOptions = {}) =>
    context
      .with(options)
      .call('main', { args: [name, String(seed)], env: { END: String(64 * 2 ** 20) }, encoding: 'utf8' });
  const SOON = { limits: { wallTime: 300 } };

  async function right(): Promise<void> {
    expect(await run('right')).toEqual({ status: 0, signal: null, stdout: 'right\n', stderr: '', files: {} });
  }

  for (const name of ['loop', 'calls', 'unknown-calls', 'faults', 'breakpoints']) {
    it(`endless ${name}: the call ends soon after the deadline`, async () => {
      const from = performance.now();
      await fails('ERR_LIMIT_WALL_TIME', () => run(name, 0, SOON));
      expect(performance.now() - from).toBeLessThan(10_000);
      await right();
    });
  }

  it('a memory bomb meets the limit', async () => {
    await fails('ERR_LIMIT_MEMORY', () => run('memory'));
    await right();
  });

  it('an output bomb meets a limit', async () => {
    const error = await errorOf(() => run('output'));
    expect((error as { code?: string }).code).toMatch(/^ERR_LIMIT_(OUTPUT|MEMORY)$/);
    await right();
  });

  it('fork is refused and counted', async () => {
    const { stdout } = await run('fork');
    expect(stdout).toBe('-1 38\n');
    expect(Object.keys(context.stats().unsupportedSyscalls ?? {}).join()).toMatch(/clone|fork/);
  });

  it.each([
    ['descriptors', '1 1\n'],
    ['mappings', '1\n'],
    ['threads', '1\n'],
  ])('a storm of %s is refused', async (name, expected) => {
    const stdout = await run(name).then(
      (result) => result.stdout,
      (error) => error.code,
    );
    expect([expected, 'ERR_LIMIT_MEMORY']).toContain(stdout);
    await right();
  });

  it('deep recursion is a fault', async () => {
    const { signal, status } = await run('recursion');
    expect([signal, status]).toEqual(['SIGSEGV', null]);
    await right();
  });

  it.each([
    ['random-code', 100],
    ['hypercalls', 40],
    ['overwrite', 40],
  ])('after %s the next fresh call is right', async (name, seeds) => {
    for (let seed = 1; seed <= seeds; seed++) {
      await run(name, seed, { limits: { wallTime: 150 } }).catch(() => undefined);
      await right();
    }
  });

  it('a fresh call sees nothing of the former one', async () => {
    for (let i = 0; i < 3; i++) {
      expect((await run('plant')).status).toBe(5);
      expect((await run('find')).stdout).toBe('1 0\n');
    }
    expect((await run('find', 1)).stdout).toBe('1 1\n');
  });

  it('a thousand fresh calls do not let this process grow', async () => {
    for (let i = 0; i < 100; i++) await right();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 1000; i++) await run('right');
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
  });

  it('a signal aborts a call', async () => {
    const call = run('loop', 0, { signal: AbortSignal.timeout(100) });
    await fails('ERR_ABORTED', () => call);
    await right();
  });

  it('dispose ends a call', async () => {
    const other = await workshop.context({ executable, system: false });
    const error = errorOf(() => other.call('main', { args: ['loop'] }));
    await other.dispose();
    expect(((await error) as { code?: string }).code).toMatch(/^ERR_(DISPOSED|ABORTED)$/);
    await right();
  });

  it('rows of a batch each start the program', async () => {
    const row: [{ args: string[]; encoding: 'utf8' }] = [{ args: ['right'], encoding: 'utf8' }];
    const results = await context.callBatch('main', [row, row, row]);
    expect(results.map(({ stdout }) => stdout)).toEqual(['right\n', 'right\n', 'right\n']);
  });

  it('kept state keeps files, and a snapshot takes them along', async () => {
    const policy = { limits: { memory: '64 MiB', ...PATIENT } };
    await using first = await createContext({ backend: 'kvm', program: linux({ executable, system: false }), policy });
    const keep = (on: Context<LinuxExports>) =>
      on.with({ state: 'keep' }).call('main', { args: ['keep'], encoding: 'utf8' });
    expect((await keep(first)).stdout).toBe('1\n');
    expect((await keep(first)).stdout).toBe('2\n');
    await using second = await createContext({ backend: 'kvm', snapshot: await first.snapshot(), policy });
    expect((await keep(second)).stdout).toBe('3\n');
    expect((await keep(first)).stdout).toBe('3\n');
  });
});
