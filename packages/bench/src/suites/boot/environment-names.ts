/** The environments of native/environments.c and the functions that run in each, for the suite and for the page. */

export interface EnvironmentName {
  readonly name: string;
  readonly title: string;
  readonly bits: 16 | 32 | 64;
}

/** The first three boot into their mode from real mode and stay at CPL 0; the others are entered at CPL 3. */
export const ENVIRONMENTS: readonly EnvironmentName[] = [
  { name: 'real', title: '16 bits, real mode', bits: 16 },
  { name: 'protected', title: '32 bits, booted to protected mode', bits: 32 },
  { name: 'long', title: '64 bits, booted to long mode', bits: 64 },
  { name: 'direct16', title: '16 bits, entered directly', bits: 16 },
  { name: 'direct32', title: '32 bits, entered directly', bits: 32 },
  { name: 'direct64', title: '64 bits, entered directly', bits: 64 },
];

export interface Work {
  readonly name: string;
  /** The number in native/environments/functions.h. */
  readonly number: number;
  readonly argument: number;
  readonly title: string;
}

/** `fib(0)` returns at once, so its time is the environment's own. */
export const WORKS: readonly Work[] = [
  { name: 'fib', number: 1, argument: 0, title: 'fib(0)' },
  { name: 'fib', number: 1, argument: 20, title: 'fib(20)' },
  { name: 'sha256', number: 2, argument: 1024, title: 'SHA-256 of 1 KiB' },
  { name: 'touch', number: 3, argument: 256, title: 'a byte in each of 256 pages' },
  { name: 'fold', number: 4, argument: 1000, title: '1,000 products of 128 bits' },
];

/** Arguments of a quick run, because an emulator takes half a second for fib(20). */
export const QUICK: Readonly<Record<string, number>> = { fib: 8, sha256: 64, touch: 16, fold: 10 };

export const subjectOf = ({ name }: EnvironmentName, work: Work) => `env.${name}.${work.name}.${work.argument}`;
