/** What the doctor says, and what the backend then promises: the same. */
import assert from 'node:assert/strict';
import { MECHANISMS, prevents } from '@colony/core';
import { describe, it } from 'vitest';
import { backend } from '../dist/index.js';

describe('doctor', () => {
  it('says of each mechanism whether it holds, with a remedy where not, and capabilities say the same', async () => {
    const findings = await backend.doctor();
    assert.deepEqual(
      findings.filter(prevents).map(({ check, detail }) => `${check}: ${detail}`),
      [],
    );
    const open = await backend.open({});
    for (const mechanism of MECHANISMS) {
      const finding = findings.find(({ check }) => check === mechanism);
      assert.ok(finding !== undefined, `nothing is said of ${mechanism}`);
      assert.equal(finding.ok, open.capabilities.mechanisms.includes(mechanism), mechanism);
      if (!finding.ok) assert.ok(finding.optional && finding.remedy, `${mechanism} has no remedy`);
    }
    await open.dispose();
  });
});
