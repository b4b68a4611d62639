/** A backend with less says so, and refuses what it lacks. */
import assert from 'node:assert/strict';
import { backend } from '@colony/backend-kvm';
import { laws, runLaws, withoutCapabilities } from '@colony/conformance';
import type { Capabilities } from '@colony/core';
import { it } from 'vitest';
import { describeKvm, natives } from './lib/kvm.js';

const LESS: readonly (readonly [string, Partial<Capabilities>, refused: readonly string[]])[] = [
  ['callSync', { callSync: false }, ['call and callSync give the same']],
  [
    'snapshots',
    { snapshot: false, snapshotFile: false },
    ['a snapshot without kept state is the start state', 'a snapshot goes through a file'],
  ],
  ['kept state', { keepState: false }, ['kept state lives on from call to call']],
];

describeKvm('a backend without', () => {
  for (const [what, less, refused] of LESS) {
    it(what, async () => {
      const lesser = withoutCapabilities(backend, `kvm-without-${what.replace(' ', '-')}`, less);
      const results = await runLaws({ backend: lesser }, { filter: (law) => refused.includes(law.name) });
      assert.deepEqual(
        results.map(({ law, status, error }) => [law.name, status, error]),
        refused.map((name) => [name, 'refused', undefined]),
      );
    });
  }

  it('JavaScript is told its laws in what is left', async () => {
    const lesser = withoutCapabilities(backend, 'kvm-without-js', { programs: ['native'] });
    const told = laws.filter(({ theme }) => theme === 'results');
    const results = await runLaws({ backend: lesser, natives: natives() }, { filter: (law) => told.includes(law) });
    assert.equal(results.length, told.length);
    for (const { law, status, reason, error } of results) {
      assert.ok(status !== 'failed', `${law.name}: ${error}`);
      if (status === 'skipped') assert.match(reason ?? '', /JavaScript|WebAssembly/, law.name);
    }
    const ran = results.filter(({ status }) => status === 'passed').length;
    assert.ok(ran > 0 && ran < results.length, `${ran} of ${results.length} laws were told`);
  });
});
