import { phaseSubject, STACKS } from '@colony/bench/figures';
import { expect, it } from 'vitest';
import { Lookup } from '../src/digest.js';
import { PHASE_TABLES, phaseTables } from '../src/phase-table.js';

it('the table has each phase and its share, and lists unmeasured ones', () => {
  const stack = STACKS[0]!;
  const figure = (median: number) => ({ median, min: median, max: median, p99: median });
  const figures = { [stack.whole]: figure(50), [phaseSubject(stack, stack.phases[0]!)]: figure(5) };
  const head = { time: '', commit: '', machine: '', kernel: '', kvm: '', trials: 1, rounds: 1, quick: true, load: 0 };
  const text = phaseTables(new Lookup({ phases: { ...head, figures } }));
  expect(text).toContain('| codec | 5 us (10%) | not measured |');
  expect(text).toContain('| **the whole** | **50 us** | not measured |');
  expect(PHASE_TABLES.flatMap(({ stacks }) => stacks)).toEqual(STACKS);
  for (const { stacks } of PHASE_TABLES)
    for (const stack of stacks)
      expect(stack.phases.map(({ name }) => name)).toEqual(stacks[0]!.phases.map(({ name }) => name));
});
