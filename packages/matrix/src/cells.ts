/** The nine cells as data: each kind of program on each backend, with the capabilities of each. */
import {
  type Boundary,
  BUILT_IN_BACKENDS,
  type BuiltInBackend,
  type Capabilities,
  type ProgramKind,
} from '@colony/core';

export const BACKENDS = BUILT_IN_BACKENDS;
export type BackendName = BuiltInBackend;

export const KINDS = ['js', 'native', 'wasm'] as const satisfies readonly ProgramKind[];
export type Kind = (typeof KINDS)[number];

/** A capability of a cell besides calls, which all cells have. */
export type Offer =
  | 'callSync'
  | 'snapshot'
  | 'snapshotFile'
  | 'asyncHypercalls'
  | 'keepState'
  | keyof Capabilities['limits'];

export interface Cell {
  readonly backend: BackendName;
  readonly kind: Kind;
  /** The runtime of the program. */
  readonly by: string;
  /** A folder of examples/. */
  readonly example: string;
  readonly boundary: Boundary;
  readonly offers: readonly Offer[];
}

const LIMITS: readonly Offer[] = ['memory', 'wallTime', 'cpuTime', 'output'];
const CALLS: readonly Offer[] = ['asyncHypercalls', 'keepState', ...LIMITS];
const ALL: readonly Offer[] = ['callSync', 'snapshot', 'snapshotFile', ...CALLS];

const EXAMPLES: Readonly<Record<Kind, string>> = {
  js: 'js-pricing-rules',
  native: 'c-checksum',
  wasm: 'wasm-dithering',
};

const cell = (backend: BackendName, kind: Kind, by: string, boundary: Boundary, offers: readonly Offer[]): Cell => ({
  backend,
  kind,
  by,
  example: EXAMPLES[kind],
  boundary,
  offers,
});

export const CELLS: readonly Cell[] = [
  cell('kvm', 'js', 'quickjs-ng, compiled ahead of time', 'virtual-machine', ALL),
  cell('kvm', 'native', 'gcc', 'virtual-machine', ALL),
  cell('kvm', 'wasm', 'wasm2c and gcc', 'virtual-machine', ALL),
  cell('wasm', 'js', 'quickjs-ng in V8', 'wasm', ALL),
  cell('wasm', 'native', 'clang, then V8', 'wasm', ALL),
  cell('wasm', 'wasm', 'V8', 'wasm', ALL),
  cell('process', 'js', 'Node in a jailed child', 'process', CALLS),
  cell('process', 'native', 'gcc; forked from a zygote', 'process', CALLS),
  cell('process', 'wasm', 'wasm2c and gcc; forked from a zygote', 'process', CALLS),
];

/** Capabilities in the words of the table. */
export function offered(capabilities: Capabilities): readonly Offer[] {
  const { limits } = capabilities;
  return ALL.filter(
    (offer) =>
      (offer in limits ? limits[offer as keyof typeof limits] : capabilities[offer as keyof Capabilities]) === true,
  );
}
