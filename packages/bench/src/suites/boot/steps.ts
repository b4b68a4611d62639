/** The steps of a boot, in the order of native/boot_guest.S. */

export interface Step {
  readonly subject: string;
  readonly what: string;
  /** Guest instructions between the two readings of the counter, including one reading. */
  readonly instructions: number;
}

export const STEPS: readonly Step[] = [
  { subject: 'c.boot.first', what: 'nothing but reading the counter and storing it', instructions: 2 },
  { subject: 'c.boot.lgdt32', what: 'lgdt in real mode', instructions: 3 },
  { subject: 'c.boot.protected', what: 'CR0.PE: real to protected mode', instructions: 5 },
  { subject: 'c.boot.jump32', what: 'far jump into 32-bit code', instructions: 3 },
  { subject: 'c.boot.segments', what: 'three data segments', instructions: 6 },
  { subject: 'c.boot.tables', what: 'page tables: identity map of 1 GiB in pages of 2 MiB', instructions: 3079 },
  { subject: 'c.boot.paging', what: 'CR3, CR4.PAE, EFER.LME, CR0.PG', instructions: 14 },
  { subject: 'c.boot.lgdt64', what: 'lgdt of the 64-bit table', instructions: 3 },
  { subject: 'c.boot.jump64', what: 'far jump into 64-bit code', instructions: 3 },
];
