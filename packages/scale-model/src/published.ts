/**
 * Wasp's published figures beside ours: cycles, from the paper and from the CSV files of its artifact (REFERENCES.md,
 * 2a).
 */

export interface Published {
  readonly what: string;
  /** Our figure: the sum of these subjects' medians. */
  readonly subjects: readonly string[];
  /** The paper's number; null if it only has a plot. */
  readonly paper: number | null;
  /** EPYC 7281, Xeon 6142, EPYC 7302P; null without a figure. */
  readonly artifact: readonly (number | null)[];
}

/** "Crossing the boundary costs 5 us" (table 2) at the 2.69 GHz of its machine. */
const PAPER_ENTRY = 5 * 2690;

const row = (what: string, subjects: string[], paper: number | null, ...artifact: (number | null)[]): Published => ({
  ...{ what, subjects, paper, artifact },
});

export const BOOT: readonly Published[] = [
  row('first instruction', ['c.boot.first'], 74, 63, 34, 60),
  row('lgdt, 32 bits', ['c.boot.lgdt32'], 4118, 105, 144, 150),
  row('real to protected mode', ['c.boot.protected'], 3217, 3507, 1734, 4260),
  row('far jump into 32-bit code', ['c.boot.jump32'], 175, 210, 162, 270),
  row('data segments', ['c.boot.segments'], null, null, null, null),
  row('paging with an identity map', ['c.boot.tables', 'c.boot.paging'], 28_109, 13_700, 16_200, 17_300),
  row('lgdt, 64 bits', ['c.boot.lgdt64'], 681, 231, 590, 270),
  row('far jump into 64-bit code', ['c.boot.jump64'], 190, 210, 640, 240),
  row('all of it, entry to halt', ['c.boot.total'], 30_000, 18_000, 19_500, 22_500),
];

export const CREATION: readonly Published[] = [
  row('bare entry: KVM_RUN and one exit', ['c.entry'], PAPER_ENTRY, 8650, 10_300, 18_100),
  row('KVM_RUN and hlt in real mode', ['c.boot.hlt'], null, null, null, null),
  row('KVM_CREATE_VM and KVM_CREATE_VCPU', ['c.create'], null, 936_000, 905_000, 1_191_000),
  row('the same with memory and state, first entry', ['c.cold'], null, null, null, null),
  row('pooled, cleaned on the path (C floor)', ['c.hotset16'], null, 12_700, 18_100, 34_300),
  row('pooled, cleaned off the path (C floor)', ['c.pooled.apart'], null, 8740, 15_200, 18_200),
  row('Colony, pooled, cleaned on the path', ['kvm.pooled.clean'], null, 12_700, 18_100, 34_300),
  row('Colony, pooled, cleaned by another thread', ['kvm.pooled.apart'], null, 8740, 15_200, 18_200),
  row('pthread, created and joined', ['c.pthread'], null, 106_000, 84_000, 65_000),
  row('process, fork to wait', ['c.fork_wait'], null, 589_000, 617_000, 277_000),
];

/**
 * fib(20) in each environment, boot included: cycles of the artifact's CSV files. The paper has a plot, and states that
 * 16 bits save 10 K.
 */
export const PUBLISHED_FIB20: Readonly<Record<string, readonly number[]>> = {
  real: [103_000, 214_000, 128_000],
  protected: [104_000, 97_000, 127_000],
  long: [116_000, 110_000, 128_000],
};

/** The row of the bare entry, to which all others are compared. */
export const BARE = CREATION[0]!;
