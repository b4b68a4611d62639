/** The points at which the charts are measured. */

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** Bytes of the start state of a context. */
export const IMAGES = [16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB, 64 * MIB] as const;

/** Pages of 4 KiB that a call writes. The C floor's guest has exactly the largest number. */
export const DIRTY_PAGES = [1, 4, 16, 64, 256, 1024, 4096] as const;

/** Hypercalls that a call makes. */
export const HYPERCALLS = [0, 1, 3, 10, 30, 100, 300, 1000] as const;

/** Bytes of a call's input or output. */
export const BYTES = [0, 64, KIB, 16 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB] as const;

/** Contexts that are held at the same time. */
export const CONTEXTS = [1, 10, 100, 1000, 10_000] as const;
