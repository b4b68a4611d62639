/** A jail's specification, and the running jail. */
import type { Duplex } from 'node:stream';
import type { Mechanism } from '@colony/core';

export interface JailLimits {
  /** Bytes: RLIMIT_DATA, and with some room for the jail itself the cgroup's. Default none. */
  readonly memory?: number;
  /** Bytes of address space (RLIMIT_AS). Default none. */
  readonly addressSpace?: number;
  /** Bytes of the main thread's stack (RLIMIT_STACK). Default the host's. */
  readonly stack?: number;
  /** Whole seconds of CPU time, after which the kernel kills it (RLIMIT_CPU). Default none. */
  readonly cpu?: number;
  /** Processes and threads: RLIMIT_NPROC if that counts for each jail alone, and the cgroup's limit. Default 64. */
  readonly processes?: number;
  /** Open descriptors (RLIMIT_NOFILE). Default 64. */
  readonly descriptors?: number;
}

export interface JailSpec {
  /** Path of the program inside: one of `files`. */
  readonly program: string;
  /** Arguments. If the jail has no root of its own, a path of `files` is replaced by that file's path on the host. */
  readonly args: readonly string[];
  /** Files by their absolute paths inside, with their paths on the host. They are read-only; nothing else can be opened. */
  readonly files: Readonly<Record<string, string>>;
  /** The filter of system calls: see native/seccomp/rules.h. */
  readonly filter: 'node' | 'zygote';
  /** The whole environment. Default empty. */
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: JailLimits;
}

export interface Jailed {
  /** Descriptor 3 inside, a socket. Its user handles its errors. */
  readonly channel: Duplex;
  /** The number of the program's own process on the host. */
  readonly pid: number;
  /** The mechanisms that hold, as checked from inside and from outside. */
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
