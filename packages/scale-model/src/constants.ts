/** The model's assumptions: each number with its source. Measured ones come from the digest, see measured.json. */
import type { Lookup } from './digest.js';

export interface Sourced {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

/** A processor with hardware virtualization, with published figures. Cycles are p50. */
export interface Hardware {
  readonly name: string;
  /** Ticks of the time-stamp counter, GHz. */
  readonly ghz: number;
  /**
   * In cycles: bare KVM_RUN with hlt; a pooled call cleaned on its path; the same cleaned off its path; VM and vCPU
   * created.
   */
  readonly entry: number;
  readonly pooledClean: number;
  readonly pooledApart: number;
  readonly create: number;
  readonly thread: number;
  readonly process: number;
}

/**
 * CSV files of the artifact of the virtines paper (EuroSys'22). Clocks are inferred from the steps of their cycle
 * counts.
 */
export const HARDWARE: readonly Hardware[] = [
  {
    ...{ name: 'EPYC 7281', ghz: 2.1, entry: 8650, pooledClean: 12_700, pooledApart: 8740, create: 936_000 },
    ...{ thread: 106_000, process: 589_000 },
  },
  {
    ...{ name: 'Xeon 6142', ghz: 2.6, entry: 10_300, pooledClean: 18_100, pooledApart: 15_200, create: 905_000 },
    ...{ thread: 84_000, process: 617_000 },
  },
  {
    ...{ name: 'EPYC 7302P', ghz: 3.0, entry: 18_100, pooledClean: 34_300, pooledApart: 18_200, create: 1_191_000 },
    ...{ thread: 65_000, process: 277_000 },
  },
];

export const HARDWARE_SOURCE = "Wasp's artifact, p50 of its CSV files (REFERENCES.md, 2a)";

/** Converts ticks to microseconds. */
export const microseconds = (ticks: number, { ghz }: Hardware) => ticks / (ghz * 1000);

/** A rack as it could be ordered. It was not measured. */
export const RACK = {
  servers: { value: 40, unit: 'servers', source: 'assumed: 42 units, two of them for switches' },
  cores: { value: 128, unit: 'cores a server', source: 'assumed: two sockets of 64' },
  memory: { value: 1024, unit: 'GiB a server', source: 'assumed' },
  share: { value: 0.8, unit: 'of the memory for contexts', source: 'assumed: the rest is for the host and its caches' },
  load: { value: 0.5, unit: 'of the cores in use', source: 'assumed: half load, at which tails are measured here' },
} satisfies Record<string, Sourced>;

/** Machines at a time on one host, before the kernel slows down. */
export const MOST_MACHINES: Sourced = {
  ...{ value: 10_000, unit: 'machines a server' },
  source: 'TinyKVM, issue 91 and pull request 93: KVM_CREATE_VM decays past about 10,000 (REFERENCES.md, 2b)',
};

export const LANGUAGES = ['c', 'js'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Measurements of one language on this machine. Microseconds. */
export interface Measured {
  readonly callSync: number;
  readonly entry: number;
  /** A hypercall, and the part of it that leaves the machine and re-enters it. */
  readonly hypercall: number;
  readonly hypercallEntry: number;
}

/** Subjects that the model needs, by the model's names. */
export const NEEDED = {
  entry: 'c.entry',
  hypercallEntry: 'c.hypercall',
  callSync: (language: Language) => `kvm.${language}.callSync`,
  without: (language: Language) => `kvm.${language}.hypercalls0`,
  withTen: (language: Language) => `kvm.${language}.hypercalls10`,
  create: 'c.create',
  cold: 'c.cold',
  oneThread: (language: Language) => `kvm.${language}.threads.1.each`,
  twoThreads: (language: Language) => `kvm.${language}.threads.2.each`,
  idle: 'memory.same',
  distinct: 'memory.distinct',
  machine: 'live.parked.memory',
  machineOwn: 'live.parked.own',
} as const;

export function measuredOf(figures: Lookup, language: Language): Measured {
  // All from one suite, because only subjects of one run are comparable.
  const of = (subject: string) => figures.median(subject, 'phases');
  return {
    callSync: of(NEEDED.callSync(language)),
    entry: of(NEEDED.entry),
    hypercall: (of(NEEDED.withTen(language)) - of(NEEDED.without(language))) / 10,
    hypercallEntry: of(NEEDED.hypercallEntry),
  };
}

/** The part of a second core that two threads use: 1 if two do twice the work of one. */
export function scaling(figures: Lookup, language: Language): number {
  const of = (subject: string) => figures.median(subject, 'load');
  return of(NEEDED.oneThread(language)) / of(NEEDED.twoThreads(language)) / 2;
}
