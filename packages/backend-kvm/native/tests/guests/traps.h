// Operations of the guest that serves its own exceptions. Included by the guest (C) and by the tests (C++).
#ifndef COLONY_TESTS_TRAPS_H
#define COLONY_TESTS_TRAPS_H

// A request is an operation and two numbers; a reply is one number.
// clang-format off
enum TrapsOp {
  TRAPS_SYSCALLS,         // n SYSCALL instructions: how many arrived
  TRAPS_EXCEPTION,        // raises one (TrapsDeed): its vector
  TRAPS_INTERRUPT,        // INT n: the vector that arrived
  TRAPS_OBSERVE,          // the segments, flags and bases that a fresh call sees, as a hash
  TRAPS_PLANT,            // changes them, and answers 1
  TRAPS_IDLE,             // sleeps n nanoseconds: time-stamp ticks that passed
  TRAPS_EXECUTE_HEAP,     // runs code that it wrote into its heap: 42
  TRAPS_FAULT_ADDRESS,    // writes a byte at an address: the address that the host reports
  TRAPS_WRITE,            // writes a byte at an address: the vector, or 0
  TRAPS_TICK,             // waits in its heap for a tick: its vector
  TRAPS_NO_TICK,          // works outside of its heap for n time-stamp ticks: 1000, or the vector that came
  TRAPS_RESERVE,          // GROW to n bytes that it can do without: the status
  TRAPS_LOOP,             // never ends (TrapsLoop)
};
enum TrapsDeed { TRAPS_UD2, TRAPS_NULL_READ, TRAPS_NULL_CALL, TRAPS_DIVIDE, TRAPS_INT3, TRAPS_HLT, TRAPS_FAR_CODE, TRAPS_STEP };
enum TrapsLoop {
  TRAPS_LOOP_FAULTS, TRAPS_LOOP_SYSCALLS, TRAPS_LOOP_NESTED, TRAPS_LOOP_INT3, TRAPS_LOOP_IDLE, TRAPS_LOOP_STEP,
  TRAPS_LOOP_HEAP,
};
// clang-format on

#endif
