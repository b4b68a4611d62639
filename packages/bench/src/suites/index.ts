import type { Suite } from '../types.js';
import { backends } from './backends/index.js';
import { components } from './components/index.js';
import { floor } from './floor/index.js';

const suites: readonly Suite[] = [floor, backends, components];

export const suiteNames = () => suites.map(({ name }) => name);

export function findSuite(name: string): Suite {
  const suite = suites.find((each) => each.name === name);
  if (suite === undefined) throw new Error(`there is no suite '${name}'; there are ${suiteNames().join(', ')}`);
  return suite;
}
