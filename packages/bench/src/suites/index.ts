import type { Suite } from '../types.js';
import { backends } from './backends/index.js';
import { boot } from './boot/index.js';
import { components } from './components/index.js';
import { field } from './field/index.js';
import { floor } from './floor/index.js';
import { libraries } from './libraries/index.js';
import { load } from './load/index.js';
import { phasesSuite } from './phases/index.js';
import { scale } from './scale/index.js';
import { synthesis } from './synthesis/index.js';
import { work } from './work/index.js';

const suites: readonly Suite[] = [
  ...[floor, field, backends, components, work, libraries],
  ...[scale, boot, phasesSuite, load, synthesis],
];

export const suiteNames = () => suites.map(({ name }) => name);

/** Lines for the help: each suite's name and topic. */
export const suiteLines = () => suites.map(({ name, what }) => `  ${name.padEnd(12)}${what}`);

export function findSuite(name: string): Suite {
  const suite = suites.find((candidate) => candidate.name === name);
  if (suite === undefined) throw new Error(`there is no suite '${name}'; there are ${suiteNames().join(', ')}`);
  return suite;
}
