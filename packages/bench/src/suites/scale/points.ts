/** Where the charts are measured. */

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** Bytes of state that a context starts from. */
export const IMAGES = [16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB, 64 * MIB] as const;

/** Pages of 4 KiB that a call writes. The C floor's guest has no more than the last. */
export const DIRTY_PAGES = [1, 4, 16, 64, 256, 1024, 4096] as const;

/** Hypercalls that a call makes. */
export const HYPERCALLS = [0, 1, 3, 10, 30, 100, 300, 1000] as const;

/** Bytes that go in with a call, or come out. */
export const BYTES = [0, 64, KIB, 16 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB] as const;

/** Contexts that are held at a time. */
export const CONTEXTS = [1, 10, 100, 1000, 10_000] as const;
