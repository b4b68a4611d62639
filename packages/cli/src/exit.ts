import type { ErrorCode } from '@colony/core';

/** Exit statuses, so that a script does not have to parse messages. */
export const EXIT = {
  ok: 0,
  /** The guest failed: it threw, faulted, trapped or broke the protocol; or a benchmark could not run. */
  guest: 1,
  /** The command line, an option, a file or the policy is wrong. */
  usage: 2,
  /** A limit or the policy stopped the guest. */
  stopped: 3,
  /** The backend is not installed or cannot work on this machine. */
  unavailable: 4,
  /** A bug in Colony. */
  internal: 70,
  /** The user stopped the command. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

const STATUS: Readonly<Record<ErrorCode, ExitStatus>> = {
  ERR_BAD_OPTION: EXIT.usage,
  ERR_BAD_POLICY: EXIT.usage,
  ERR_BACKEND_MISSING: EXIT.unavailable,
  ERR_BACKEND_UNAVAILABLE: EXIT.unavailable,
  ERR_UNSUPPORTED: EXIT.usage,
  ERR_COMPILE: EXIT.usage,
  ERR_NO_SUCH_EXPORT: EXIT.usage,
  ERR_GUEST_THROWN: EXIT.guest,
  ERR_GUEST_FAULT: EXIT.guest,
  ERR_GUEST_TRAP: EXIT.guest,
  ERR_GUEST_PROTOCOL: EXIT.guest,
  ERR_HYPERCALL_FAILED: EXIT.guest,
  ERR_POLICY_DENIED: EXIT.stopped,
  ERR_LIMIT_MEMORY: EXIT.stopped,
  ERR_LIMIT_WALL_TIME: EXIT.stopped,
  ERR_LIMIT_CPU_TIME: EXIT.stopped,
  ERR_LIMIT_BUILD_TIME: EXIT.stopped,
  ERR_LIMIT_HYPERCALLS: EXIT.stopped,
  ERR_LIMIT_INPUT: EXIT.stopped,
  ERR_LIMIT_OUTPUT: EXIT.stopped,
  ERR_ABORTED: EXIT.stopped,
  ERR_DISPOSED: EXIT.guest,
  ERR_BUSY: EXIT.guest,
  ERR_REENTRANT: EXIT.guest,
  ERR_POISONED: EXIT.guest,
  ERR_ASYNC_IN_SYNC: EXIT.guest,
  ERR_NOT_SERIALIZABLE: EXIT.usage,
  ERR_SNAPSHOT_DAMAGED: EXIT.usage,
  ERR_SNAPSHOT_VERSION: EXIT.usage,
  ERR_SNAPSHOT_FOREIGN: EXIT.usage,
  ERR_SNAPSHOT_UNTRUSTED: EXIT.stopped,
  ERR_INTERNAL: EXIT.internal,
};

export const exitStatusOf = (code: ErrorCode): ExitStatus => STATUS[code];
