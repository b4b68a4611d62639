/** A backend with fewer capabilities reports that, and refuses what it lacks. */
import { backend } from '@colony/backend-kvm';
import { laws, runLaws, withoutCapabilities } from '@colony/conformance';
import type { Capabilities } from '@colony/core';
import { expect, it } from 'vitest';
import { describeKvm, natives } from './lib/kvm.js';

const LESS: readonly (readonly [string, Partial<Capabilities>, refused: readonly string[]])[] = [
  ['callSync', { callSync: false }, ['call and callSync return the same']],
  [
    'snapshots',
    { snapshot: false, snapshotFile: false },
    ['a snapshot without kept state is the start state', 'a snapshot can be saved and loaded'],
  ],
  ['kept state', { keepState: false }, ['kept state lasts from call to call']],
];

describeKvm('a backend without', () => {
  for (const [what, less, refused] of LESS) {
    it(what, async () => {
      const lesser = withoutCapabilities(backend, `kvm-without-${what.replace(' ', '-')}`, less);
      const results = await runLaws({ backend: lesser }, { filter: (law) => refused.includes(law.name) });
      expect(results.map(({ law, status, error }) => [law.name, status, error])).toStrictEqual(
        refused.map((name) => [name, 'refused', undefined]),
      );
    });
  }

  it('the laws for JavaScript apply to the remaining capabilities', async () => {
    const lesser = withoutCapabilities(backend, 'kvm-without-js', { programs: ['native'] });
    const chosen = laws.filter(({ theme }) => theme === 'results');
    const results = await runLaws({ backend: lesser, natives: natives() }, { filter: (law) => chosen.includes(law) });
    expect(results.length).toBe(chosen.length);
    for (const { law, status, reason, error } of results) {
      expect(status, `${law.name}: ${error}`).not.toBe('failed');
      if (status === 'skipped') expect(reason ?? '', law.name).toMatch(/JavaScript|WebAssembly/);
    }
    const ran = results.filter(({ status }) => status === 'passed').length;
    expect(ran > 0 && ran < results.length, `${ran} of ${results.length} laws were told`).toBeTruthy();
  });
});
