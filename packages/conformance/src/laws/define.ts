/** Short forms for tables of laws. */
import type { Law, Theme, Tools } from '../law.js';

type Run = (tools: Tools) => Promise<void>;
type Rest = Partial<Pick<Law, 'needs' | 'needsWhat' | 'refusal'>>;

/** Laws of one theme: sentence, check, and what they need. All but those about machine code are told in JavaScript. */
export function theme(name: Theme, table: readonly (readonly [string, Run, Rest?])[]): readonly Law[] {
  const program = name === 'native' ? 'native' : 'js';
  return table.map(
    ([sentence, run, rest]) => Object.freeze({ name: sentence, theme: name, program, run, ...rest }) as Law,
  );
}

type Has = NonNullable<Law['needs']>;
export const needsSync: Has = ({ capabilities }) => capabilities.callSync;
export const needsSnapshot: Has = ({ capabilities }) => capabilities.snapshot;
export const needsSnapshotFile: Has = ({ capabilities }) => capabilities.snapshotFile;
export const needsKeep: Has = ({ capabilities }) => capabilities.keepState;
export const needsKeepAndSnapshot: Has = ({ capabilities }) => capabilities.keepState && capabilities.snapshot;
export const needsAsync: Has = ({ capabilities }) => capabilities.asyncHypercalls;
export const needsLimit =
  (limit: 'memory' | 'wallTime' | 'cpuTime' | 'output'): Has =>
  ({ capabilities }) =>
    capabilities.limits[limit];
