/** What a jail is asked for, and what comes of it. */
import type { Duplex } from 'node:stream';
import type { Mechanism } from '@colony/core';

export interface JailLimits {
  /** Bytes: RLIMIT_DATA, and with some room for the jail itself the cgroup's. Default none. */
  readonly memory?: number;
  /** Bytes of address space (RLIMIT_AS). Default none. */
  readonly addressSpace?: number;
  /** Bytes of the main thread's stack (RLIMIT_STACK). Default the host's. */
  readonly stack?: number;
  /** Seconds of CPU time, whole; the kernel kills then (RLIMIT_CPU). Default none. */
  readonly cpu?: number;
  /** Processes and threads: RLIMIT_NPROC where that counts for each jail alone, and the cgroup's. Default 64. */
  readonly processes?: number;
  /** Open descriptors (RLIMIT_NOFILE). Default 64. */
  readonly descriptors?: number;
}

export interface JailSpec {
  /** Path inside of what to run: one of `files`. */
  readonly program: string;
  /** An argument that is a path of `files` is given as where that file is, where there is no root of the jail's own. */
  readonly args: readonly string[];
  /** By absolute path inside: paths on the host, of files, read-only. Nothing else can be opened. */
  readonly files: Readonly<Record<string, string>>;
  /** Which system calls are let through: see native/seccomp/rules.h. */
  readonly filter: 'node' | 'zygote';
  /** The whole environment. Default empty. */
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: JailLimits;
}

export interface Jailed {
  /** Descriptor 3 inside, a socket. Its errors are heard by the one who uses it. */
  readonly channel: Duplex;
  /** The program's own process, as the host sees it. */
  readonly pid: number;
  /** What was found to hold, by looking from inside and from outside. */
  readonly applied: readonly Mechanism[];
  /** Resolves when nothing of it is left. */
  readonly exited: Promise<JailExit>;
  /** The last words on stderr: at most 4 KiB, without control characters. */
  stderr(): string;
  /** Ends the program and all its processes, at once. Idempotent. */
  kill(): void;
}

export interface JailExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
