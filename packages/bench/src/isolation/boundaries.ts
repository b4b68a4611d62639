/**
 * The boundaries between guest code and its host, and what each does not protect against. Speed alone should not decide
 * a choice.
 */

/** In order of strength, the weakest first. */
export type Boundary =
  | 'none'
  | 'realm'
  | 'thread'
  | 'isolate'
  | 'wasm'
  | 'engine in wasm'
  | 'process'
  | 'jailed process'
  | 'virtual machine';

export interface BoundaryFacts {
  /** The boundary that an attacker must break to reach the host. */
  readonly what: string;
  /** One line on what the boundary does not protect. */
  readonly leaves: string;
}

/** In order of strength, the weakest first. */
export const BOUNDARIES: Readonly<Record<Boundary, BoundaryFacts>> = {
  none: { what: 'nothing', leaves: "everything that the process may do, and every other caller's data" },
  realm: {
    what: 'the language: objects of another realm are not handed out',
    leaves:
      "any object that leaks; memory and time; node:vm's documentation itself denies that it is a security mechanism",
  },
  thread: {
    what: 'only the heap: a worker may do everything that its process may',
    leaves: 'files, network, native addons, the end of the whole process when it aborts; reads by speculation',
  },
  isolate: {
    what: "another isolate's heap in V8, and all functions that are put into it",
    leaves:
      'any bug of V8 (the compilers included), reads by speculation, the process when memory runs out; a reference to a host object that is handed in',
  },
  wasm: {
    what: "bounds of a linear memory, as V8's Wasm compiler emits and checks them",
    leaves: "any bug of that compiler, reads by speculation; a bug in the guest reaches all of the guest's own memory",
  },
  'engine in wasm': {
    what: "a JavaScript engine's own checks, and around them the bounds of a linear memory",
    leaves:
      'any bug of V8 that Wasm reaches, reads by speculation; where contexts share one memory, a bug of the engine reaches all of them',
  },
  process: {
    what: "the kernel's address spaces",
    leaves: "all system calls, the user's files and network, signals to the user's other processes; bugs of the kernel",
  },
  'jailed process': {
    what: "the kernel's address spaces and namespaces, and the filter of system calls, if there is one",
    leaves: 'bugs of the kernel in system calls that the filter allows; side channels',
  },
  'virtual machine': {
    what: 'page tables and privilege levels that the processor enforces (on a software KVM: the kernel below), and a handful of hypercalls',
    leaves:
      "bugs of KVM, and of the host's decoder of hypercalls, which runs in the caller's process; side channels that the host's mitigations leave",
  },
};
