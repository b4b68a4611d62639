/** The stacked table: one column for each kind of call, one row for each phase. */
import { phaseSubject, STACKS, type Stack } from '@colony/bench/figures';
import type { Lookup } from './digest.js';
import { digits, duration, table } from './markdown.js';

/** Stacks with the same phases share a table. */
export const PHASE_TABLES: readonly { readonly title: string; readonly stacks: readonly Stack[] }[] = [
  { title: 'kvm, callSync', stacks: STACKS.slice(0, 2) },
  { title: 'kvm, call', stacks: STACKS.slice(2, 4) },
  { title: 'kvm, ten hypercalls', stacks: STACKS.slice(4, 6) },
  { title: 'wasm and process', stacks: STACKS.slice(6) },
];

function cell(figures: Lookup, stack: Stack, name: string): string {
  const phase = stack.phases.find((candidate) => candidate.name === name);
  const figure = phase && figures.find(phaseSubject(stack, phase), 'phases');
  const whole = figures.find(stack.whole, 'phases');
  if (figure === undefined || whole === undefined) return 'not measured';
  return `${duration(figure.median)} (${digits((100 * figure.median) / whole.median)}%)`;
}

export function phaseTables(figures: Lookup): string {
  return PHASE_TABLES.map(({ title, stacks }) => {
    const names = stacks[0]?.phases.map(({ name }) => name) ?? [];
    const rows = names.map((name) => [name, ...stacks.map((stack) => cell(figures, stack, name))]);
    const wholes = stacks.map(({ whole }) => {
      const figure = figures.find(whole, 'phases');
      return figure === undefined ? 'not measured' : `**${duration(figure.median)}**`;
    });
    return table([title, ...stacks.map((stack) => stack.title)], [...rows, ['**the whole**', ...wholes]]);
  }).join('\n\n');
}
