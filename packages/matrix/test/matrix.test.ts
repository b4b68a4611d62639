/** The nine cells: each kind of program on each backend does what the table lists, and refuses the rest. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fails, suiteProgramOf } from '@colony/conformance';
import { type Context, type ContextOptions, createContext } from '@colony/core';
import { BACKENDS, CELLS, type Cell, KINDS, offered } from '@colony/matrix';
import { describe, expect, it } from 'vitest';
import { describeOn } from './lib.js';

/** Time enough for a slow machine. */
const limits = { wallTime: '2 min', cpuTime: '2 min' } as const;
const grants = { policy: { hypercalls: { 'host.ask': true as const }, limits } };

async function inCell(
  { backend, kind }: Cell,
  work: (context: Context) => Promise<void>,
  options: Partial<ContextOptions> = {},
) {
  const context = await createContext({ backend, program: await suiteProgramOf(kind), policy: { limits }, ...options });
  try {
    await work(context);
  } finally {
    await context.dispose();
  }
}

function checks(cell: Cell): void {
  const has = (offer: Cell['offers'][number]) => cell.offers.includes(offer);
  const { kind } = cell;

  it('has the capabilities of the table, behind its boundary', () =>
    inCell(cell, async ({ capabilities }) => {
      expect(offered(capabilities)).toStrictEqual(cell.offers);
      expect(capabilities.boundary).toBe(cell.boundary);
    }));

  it('calls, each from a fresh state', () =>
    inCell(cell, async (context) => {
      expect(await context.call('add', 20, 1)).toBe(21);
      expect([await context.call('bump'), await context.call('bump')]).toStrictEqual([1, 1]);
      expect(
        await context.callBatch('add', [
          [1, 2],
          [3, 4],
        ]),
      ).toStrictEqual([3, 7]);
    }));

  it('asks the host, which may answer later', () =>
    inCell(cell, async (context) => expect(await context.call('askHostMany', 4)).toBe(12), {
      ...grants,
      hypercalls: { 'host.ask': async (n: number) => n * 2 },
    }));

  it('ends calls that exceed a limit, and continues to serve', () =>
    inCell(cell, async (context) => {
      await fails('ERR_LIMIT_WALL_TIME', () => context.with({ limits: { wallTime: 60 } }).call('loop'));
      await fails('ERR_LIMIT_MEMORY', () => context.call('allocate', 2 ** 30));
      const crash = ['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT', 'ERR_GUEST_THROWN', 'ERR_LIMIT_MEMORY'] as const;
      await fails(crash, () => context.call('recurse', 1e7));
      if (kind !== 'js') await fails(['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'], () => context.call('giveUp'));
      await fails('ERR_POLICY_DENIED', () => context.call('askHost', 1));
      expect(await context.call('add', 1, 1)).toBe(2);
    }));

  it(`${has('keepState') ? 'keeps' : 'refuses to keep'} state`, () =>
    inCell(cell, async (context) => {
      const kept = context.with({ state: 'keep' });
      if (!has('keepState')) return void (await fails('ERR_UNSUPPORTED', () => kept.call('bump')));
      expect([await kept.call('bump'), await kept.call('bump')]).toStrictEqual([1, 2]);
      await context.reset();
      expect(await kept.call('bump')).toBe(1);
    }));

  it(`${has('callSync') ? 'calls' : 'refuses to call'} on the calling thread`, () =>
    inCell(cell, async (context) => {
      if (!has('callSync')) return void (await fails('ERR_UNSUPPORTED', () => context.callSync('add', 1, 2)));
      expect(context.callSync('add', 1, 2)).toBe(3);
    }));

  it(`${has('snapshot') ? 'starts' : 'refuses to start'} from a snapshot`, () =>
    inCell(cell, async (context) => {
      if (!has('snapshot')) return void (await fails('ERR_UNSUPPORTED', () => context.snapshot()));
      await context.with({ state: 'keep' }).call('keep', 5);
      const snapshot = await context.snapshot();
      await inCell(cell, async (other) => expect(await other.call('recall')).toBe(5), {
        snapshot,
        program: undefined as never,
      });
      snapshot.dispose();
    }));
}

describe('the table', () => {
  it('has nine cells, each with an example', () => {
    expect(CELLS.map(({ backend, kind }) => `${backend} ${kind}`)).toStrictEqual(
      BACKENDS.flatMap((backend) => KINDS.map((kind) => `${backend} ${kind}`)),
    );
    for (const { example } of CELLS)
      expect(existsSync(fileURLToPath(new URL(`../../../examples/${example}/expected.txt`, import.meta.url)))).toBe(
        true,
      );
  });
});

for (const cell of CELLS) describeOn(cell.backend, `${cell.kind} (${cell.by})`, () => checks(cell));
