/** What can stand between code that runs and its host, and what it does not protect against. Nobody should choose by speed alone. */

export type Boundary =
  | 'none'
  | 'realm'
  | 'isolate'
  | 'thread'
  | 'wasm'
  | 'engine in wasm'
  | 'process'
  | 'jailed process'
  | 'virtual machine';

export interface BoundaryFacts {
  /** What an attacker must break to reach the host. */
  readonly what: string;
  /** What it leaves open, in a line. */
  readonly leaves: string;
}

export const BOUNDARIES: Readonly<Record<Boundary, BoundaryFacts>> = {
  none: { what: 'nothing', leaves: "everything that the process may do, and every other caller's data" },
  realm: {
    what: 'the language: objects of another realm are not handed out',
    leaves: 'any object that leaks; memory and time; node:vm says itself that it is no security mechanism',
  },
  isolate: {
    what: "V8's heap of another isolate",
    leaves: 'any bug of V8 (the compiler included), reads by speculation, the process when memory runs out',
  },
  thread: {
    what: 'nothing but a heap of its own: a worker may do what its process may',
    leaves: 'files, network, process.exit, native addons; reads by speculation',
  },
  wasm: {
    what: "bounds of a linear memory, as V8's Wasm compiler emits and checks them",
    leaves: "any bug of that compiler, reads by speculation; a bug in the guest reaches all of the guest's memory",
  },
  'engine in wasm': {
    what: "an interpreter's own checks, and around them the bounds of a linear memory",
    leaves: 'any bug of V8 that Wasm reaches, reads by speculation',
  },
  process: {
    what: "the kernel's address spaces",
    leaves: 'all system calls, files and network of the user; signals to its other processes',
  },
  'jailed process': {
    what: "the kernel's address spaces, namespaces, a system call filter",
    leaves: 'bugs of the kernel in what the filter lets through',
  },
  'virtual machine': {
    what: 'page tables and privilege levels that the processor (or, on this kind of KVM, the kernel) enforces; five hypercalls',
    leaves: "bugs of KVM, and of the host's decoder of hypercalls; side channels that the host's mitigations leave",
  },
};
