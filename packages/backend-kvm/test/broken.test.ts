/** The suite is proved able to fail: each broken backend is caught by the law that names its fault. */
import assert from 'node:assert/strict';
import { backend } from '@colony/backend-kvm';
import { breakages, laws, runLaws } from '@colony/conformance';
import { it } from 'vitest';
import { describeKvm, natives } from './lib/kvm.js';

describeKvm('a backend that', () => {
  for (const { name, theme, caughtBy, breakIt } of breakages) {
    it(`${name} is caught by "${caughtBy}"`, async () => {
      assert.ok(
        laws.some((law) => law.name === caughtBy && law.theme === theme),
        'there is no such law',
      );
      const [result] = await runLaws(
        { backend: breakIt(backend), natives: natives() },
        { filter: (law) => law.name === caughtBy && law.theme === theme },
      );
      assert.equal(result?.status, 'failed', 'the broken backend passed');
    });
  }

  it('is whole passes all of these laws, wrapped as the broken ones are', async () => {
    const names = new Set(breakages.map((each) => each.caughtBy));
    const results = await runLaws(
      { backend: { ...backend, name: 'kvm-whole' }, natives: natives() },
      { filter: (law) => names.has(law.name) },
    );
    assert.deepEqual(
      results.filter((result) => result.status !== 'passed').map((result) => [result.law.name, result.error]),
      [],
    );
  });
});
