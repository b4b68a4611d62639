/** Checks that a broken backend is caught. */
import assert from 'node:assert/strict';
import { openBackend } from '@colony/core';
import { laws } from '../laws/index.js';
import { openSubject, runLaws, type Subject } from '../run.js';
import type { Settings } from '../settings.js';
import type { Breakage } from './breakage.js';

/**
 * A property ends at its first failure, so many runs cost little. With few runs, chance would decide whether a fault is
 * found.
 */
const LEAST_RUNS = 300;

/**
 * Breaks the backend and runs the law that must catch it. Returns a reason if the law does not apply to this backend
 * even without the fault (it lacks the capability that is broken).
 * @throws AssertionError if the broken backend passes
 */
export async function catches(
  { caughtBy, theme, cannot, breakIt }: Breakage,
  subject: Subject,
  settings: Partial<Settings> = {},
): Promise<string | undefined> {
  const isIt = (law: { name: string; theme: string }) => law.name === caughtBy && law.theme === theme;
  assert.ok(laws.some(isIt), `there is no law "${caughtBy}" in the theme "${theme}"`);
  const { module, backend } = await openSubject(subject);
  const whole = cannot?.(backend.capabilities);
  if (whole !== undefined) return whole;
  const broken = breakIt(module);
  const runs = Math.max(LEAST_RUNS, settings.runs ?? 0);
  const [result] = await runLaws({ ...subject, backend: broken }, { ...settings, runs, shrink: false, filter: isIt });
  await (await openBackend(broken.name)).dispose();
  if (result?.status === 'skipped') return result.reason;
  if (result?.status === 'refused') return 'the fault is in something that the backend does not offer';
  assert.equal(result?.status, 'failed', 'the broken backend passed');
  return undefined;
}
