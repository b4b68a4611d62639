// Phases add up to the whole for any measured values, and each is measured.

import { createContext, js } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { empty } from '../src/suites/phases/empty.js';
import { amountOf, STACKS, sources } from '../src/suites/phases/formulas.js';
import { phasesSuite } from '../src/suites/phases/index.js';
import { specsOf } from '../src/types.js';
import { expectQuickRun } from './quick-run.js';

describe.each(STACKS.map((stack) => [stack.title, stack] as const))('%s', (_, stack) => {
  const subjects = [...new Set(stack.phases.flatMap(sources))];
  /** Primes, so that two different sums are not equal by chance. */
  const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41];
  const value = (subject: string) => PRIMES[subjects.indexOf(subject)]!;

  it('the phases add up to the whole: the rest is unexplained', () => {
    const amounts = stack.phases.map((phase) => amountOf(phase, sources(phase).map(value)));
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(value(stack.whole));
  });

  it('the unexplained rest depends on the whole', () => {
    const rest = stack.phases.at(-1)!;
    expect(rest.name).toBe('unexplained');
    expect(sources(rest)).toContain(stack.whole);
    for (const phase of stack.phases.slice(0, -1)) expect(sources(phase)).not.toContain(stack.whole);
  });

  it('its parts are measured by the suite', () => {
    const measured = specsOf(phasesSuite).filter(({ derived }) => derived === undefined);
    for (const subject of [...subjects, stack.whole]) expect(measured.map((spec) => spec.subject)).toContain(subject);
  });
});

it('a call on the empty backend goes through core, and runs nothing', async () => {
  await using context = await createContext({
    backend: empty,
    program: js`export function nothing() { throw new Error('ran') }`,
  });
  expect(context.callSync('nothing')).toBeUndefined();
  expect(await context.call('nothing')).toBeUndefined();
  expect(context.stats()).toMatchObject({ calls: 2, errors: 0 });
});

it('a quick run measures everything', { timeout: 300_000 }, (context) => expectQuickRun('phases', context));
