/** The error for a child that died. */
import { ColonyError } from '@colony/core';
import { limitError } from '@colony/core/backend-kit';
import type { JailExit } from '../jail/index.js';

/** Messages of V8, Node and the C++ runtime when there is no memory left. */
const OUT_OF_MEMORY = /out of memory|heap limit|bad_alloc|allocation failed/i;

/** The exit code of `inside/main.ts` after an exception in the middle of a message. */
const TORN = 70;

/** One line of a child's last words. */
export function lastWords(stderr: string): string {
  const line = stderr.split('\n').find((text) => OUT_OF_MEMORY.test(text)) ?? stderr.trim().split('\n').at(-1) ?? '';
  return line.trim().slice(0, 300);
}

/** The limits that a child died under: the memory that it was started with, and the CPU time of the call that it served. */
interface ExitLimits {
  readonly memory: number;
  readonly cpuTime: number | undefined;
}

/** Returns the error for the call that the child served. */
export function exitError(exit: JailExit, stderr: string, { memory, cpuTime }: ExitLimits): ColonyError {
  const { signal } = exit;
  if (OUT_OF_MEMORY.test(stderr)) return limitError('memory', { memory });
  if (signal === 'SIGXCPU' && cpuTime !== undefined) return limitError('cpuTime', { cpuTime });
  const words = lastWords(stderr);
  const said = words === '' ? '' : `: ${words}`;
  if (signal !== null) {
    const kind = signal === 'SIGSYS' ? 'seccomp' : 'signal';
    const how = signal === 'SIGSYS' ? 'made a system call that its jail forbids' : `was ended by ${signal}`;
    return new ColonyError('ERR_GUEST_FAULT', `the guest's process ${how}${said}`, {
      details: { fault: { kind }, signal },
    });
  }
  if (exit.code === TORN)
    return new ColonyError('ERR_GUEST_FAULT', 'the guest ran out of stack or memory during an exchange with the host');
  return new ColonyError('ERR_GUEST_FAULT', `the guest's process ended by itself with code ${exit.code}${said}`, {
    details: { fault: { kind: 'exit' }, exit: exit.code },
  });
}
