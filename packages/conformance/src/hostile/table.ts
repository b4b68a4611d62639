/** Generates the table of escape attempts as Markdown from the scenarios, so that it lists only tested attempts. */
import type { ProgramKind } from '@colony/core';
import type { Stops } from './barriers.js';
import { byLaw } from './by-law.js';
import { escapes } from './escapes.js';
import { exhaustion } from './exhaustion.js';
import { machine } from './machine.js';
import { modules } from './modules.js';
import { realms } from './realms.js';
import type { Scenario } from './scenario.js';
import { syscalls } from './syscalls.js';
import { tampering } from './tampering.js';

const ROOMS: readonly (readonly [title: string, scenarios: readonly Scenario[]])[] = [
  ['Through the language', escapes],
  ['Through realms and hosts of JavaScript', realms],
  ['By tampering with the guest’s own runtime', tampering],
  ['By exhausting a resource', exhaustion],
  ['Through a kernel', syscalls],
  ['Through memory and processor', machine],
  ['Through WebAssembly', modules],
];

const BACKENDS: readonly (readonly [name: string, boundary: keyof Stops])[] = [
  ['kvm', 'virtual-machine'],
  ['wasm', 'wasm'],
  ['process', 'process'],
];

const KINDS: Readonly<Record<ProgramKind, string>> = {
  js: 'JS',
  native: 'C',
  wasm: 'Wasm',
  component: 'component',
  linux: 'Linux',
  v8: 'JS in V8',
};

/** The number of attempts on each backend. */
export function attempts(): Readonly<Record<string, number>> {
  const all = [...ROOMS.flatMap(([, scenarios]) => scenarios), ...byLaw];
  const on = (boundary: keyof Stops) => all.filter(({ stops }) => stops[boundary] !== undefined).length;
  return Object.fromEntries(BACKENDS.map(([name, boundary]) => [name, on(boundary)]));
}

const cell = (text: string) => text.replaceAll('|', '\\|');

/** "kvm: this; wasm: that", or one text if all are equal. */
function stopping(stops: Stops): string {
  const said = BACKENDS.map(([, boundary]) => stops[boundary]);
  if (said.every((text) => text === said[0])) return said[0] ?? '';
  return BACKENDS.filter(([, boundary]) => stops[boundary] !== undefined)
    .map(([name, boundary]) => `**${name}**: ${stops[boundary]}`)
    .join('<br>');
}

const row = (...cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;

function section([title, scenarios]: (typeof ROOMS)[number]): string {
  const rows = scenarios.map(({ name, kind = 'js', origin, stops }) => row(name, KINDS[kind], origin, stopping(stops)));
  return `## ${title}\n\n| attempt, and name of the test | in | from | what stops it |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function lawSection(): string {
  const rows = byLaw.map(({ attempt, origin, stops, law }) =>
    row(attempt, origin, stopping(stops), `${law.theme}: ${law.name}`),
  );
  return `## From the host's side: attempts that laws make\n\n| attempt | from | what stops it | test |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** The whole page. */
export function escapesTable(): string {
  const counts = Object.entries(attempts())
    .map(([name, count]) => `${count} on ${name}`)
    .join(', ');
  return `<!-- Made by \`npm run escapes -w @colony/conformance\` from packages/conformance/src/hostile. Do not edit. -->
# Escape attempts

What was tried against systems like this one, from papers and public advisories, is tried against each backend: ${counts}.
Each attempt is a test of its own, in a process of its own, never retried, named as in the first column: \`hostile > NAME\` in the
tests of each backend (\`packages/backend-*/test/hostile.test.ts\`). After each, the host's objects, descriptors and child processes
must be as before, its memory must not have grown much, and the same context must serve the next call. "From" names where the
attempt is known from, which is not to say that Colony ever had the fault. A backend that is not named does not have what is attacked.

${[...ROOMS.map(section), lawSection()].join('\n')}`;
}
