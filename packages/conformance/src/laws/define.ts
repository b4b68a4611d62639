/** Short forms for tables of laws. */
import type { ProgramKind } from '@colony/core';
import type { Law, Theme, Tools } from '../law.js';

type Run = (tools: Tools) => Promise<void>;

interface Rest extends Partial<Pick<Law, 'needs' | 'needsWhat' | 'refusal'>> {
  /** Kinds of program, with one law for each. Default: JavaScript; in the theme 'native', C. */
  readonly programKinds?: readonly ProgramKind[];
}

/** For laws that use only what the suite's programs have in every language. */
export const EVERYWHERE: readonly ProgramKind[] = ['js', 'native', 'wasm'];
/** For laws about numbers, because these kinds exchange only numbers. */
export const MACHINE: readonly ProgramKind[] = ['native', 'wasm'];

const SPELLED: Readonly<Record<ProgramKind, string>> = {
  js: '',
  native: ' (C)',
  wasm: ' (Wasm)',
  component: ' (component)',
  linux: ' (Linux)',
  v8: ' (V8)',
};

/** A row of such a table: sentence, check, and needs. */
export type Row = readonly [string, Run, Rest?];

/** Laws of one theme: sentence, check, and needs. */
export function theme(name: Theme, table: readonly Row[]): readonly Law[] {
  return table.flatMap(([sentence, run, { programKinds, ...rest } = {}]) => {
    const kinds = programKinds ?? [name === 'native' ? 'native' : 'js'];
    // A law with one kind does not name the kind.
    const spelled = (kind: ProgramKind) => (kinds.length === 1 ? sentence : sentence + SPELLED[kind]);
    return kinds.map((program): Law => Object.freeze({ name: spelled(program), theme: name, program, run, ...rest }));
  });
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
