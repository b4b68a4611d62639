/** Runs the suite itself on the smallest backend, and on broken ones. */
import { breakages, catches, laws, runLaws, THEMES } from '@colony/conformance';
import { describe, expect, it } from 'vitest';
import { tinyBackend } from './lib/tiny-backend.js';

/** Without a boundary nothing can be stopped from outside, so laws about loops would not end. */
const ENDLESS =
  /loop|storm|cut short|stopped|dispose ends|ends its runs|block the event|signal ends|time limit|state "|model/;

describe('the smallest backend', () => {
  const chosen = laws.filter((law) => (law.program === undefined || law.program === 'wasm') && !ENDLESS.test(law.name));

  it('obeys the laws, or refuses missing capabilities', async () => {
    const results = await runLaws(
      { backend: tinyBackend('tiny') },
      { filter: (law) => chosen.includes(law), runs: 10 },
    );
    const failed = results.filter(({ status }) => status === 'failed');
    expect(failed.map(({ law, error }) => `${law.name}: ${(error as Error).message}`)).toStrictEqual([]);
    const count = (status: string) => results.filter((result) => result.status === status).length;
    expect(count('passed'), `only ${count('passed')} laws were told`).toBeGreaterThanOrEqual(30);
    expect(count('refused'), `only ${count('refused')} refusals were told`).toBeGreaterThanOrEqual(5);
    for (const { law, status, reason } of results)
      if (status === 'skipped') expect(reason, `"${law.name}" was skipped without a reason`).toBeTruthy();
  }, 300_000);

  it('is skipped with a reason for program kinds that it does not run', async () => {
    const results = await runLaws(
      { backend: tinyBackend('tiny-js') },
      { filter: (law) => law.program === 'js' && law.theme === 'results' },
    );
    expect(results.length).toBeGreaterThan(5);
    for (const { status, reason } of results)
      expect([status, reason]).toStrictEqual(['skipped', 'the backend runs no JavaScript']);
  });
});

describe('a broken backend', () => {
  const wasm = new Set(
    laws.filter((law) => law.program === 'wasm' || law.program === undefined).map((law) => law.name),
  );
  for (const breakage of breakages.filter(({ caughtBy }) => wasm.has(caughtBy) && !ENDLESS.test(caughtBy)))
    it(`${breakage.name} is caught around the smallest one, too`, async (context) => {
      const reason = await catches(breakage, { backend: tinyBackend(`tiny for ${breakage.name}`) }, { runs: 10 });
      if (reason !== undefined) context.skip(reason);
    });
});

describe('the tables', () => {
  it('have each law once, in a theme that runs', () => {
    const names = laws.map((law) => `${law.theme}: ${law.name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const law of laws) expect(THEMES, law.theme).toContain(law.theme);
  });

  it('name a law for each broken backend', () => {
    expect(breakages.length).toBeGreaterThanOrEqual(20);
    for (const { name, theme, caughtBy } of breakages)
      expect(
        laws.some((law) => law.theme === theme && law.name === caughtBy),
        `nothing catches the backend that ${name}`,
      ).toBeTruthy();
  });

  it('have laws in every language', () => {
    for (const kind of ['js', 'native', 'wasm'] as const)
      for (const theme of [
        'results',
        'errors',
        'hypercalls',
        'limits',
        'abort',
        'isolation',
        'dispose',
        'concurrency',
        'keep-state',
        'lifecycle',
      ] as const)
        expect(
          laws.some((law) => law.program === kind && law.theme === theme),
          `no law on ${theme} in ${kind}`,
        ).toBeTruthy();
  });
});
