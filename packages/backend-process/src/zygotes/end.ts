/** Why a child ended before its time, in the caller's terms. */
import { constants } from 'node:os';
import { ColonyError, type RunLimits } from '@colony/core';
import { limitError } from '@colony/core/backend-kit';
import { TRAP_UNSUPPORTED } from '@colony/guest/abi';
import {
  END_CPU_TIME,
  END_NO_PROCESS,
  END_OUTPUT,
  END_PROTOCOL,
  EXIT_BASE,
  REPORT_FAULT,
  REPORT_MEMORY,
  REPORT_OUTPUT,
  REPORT_PROTOCOL,
  REPORT_TRAP,
} from '@colony/guest/zygote';
import { faultError, type Layout } from './fault.js';
import type { Executable } from './image.js';
import type { ChildReport, Ended } from './protocol.js';

export interface Circumstances {
  readonly limits: RunLimits;
  readonly executable: Executable;
  /** Absent until the program has started once. */
  readonly layout: Layout | undefined;
}

const NOWHERE: Layout = { stack: 0, stackTop: 0, heap: 0, heapReserve: 0 };

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function protocolError(message: string): ColonyError {
  return new ColonyError('ERR_GUEST_PROTOCOL', message);
}

function trapError({ code, message }: ChildReport): ColonyError {
  const details = { trap: code <= TRAP_UNSUPPORTED ? code : 0 };
  return new ColonyError('ERR_GUEST_TRAP', textOf(message) || 'the guest gave up', { details });
}

/** The error for a child's own report. The child may report anything: each of these ends could be its own doing. */
function reported(report: ChildReport, { limits, executable, layout }: Circumstances): ColonyError {
  switch (report.kind) {
    case REPORT_TRAP:
      return trapError(report);
    case REPORT_FAULT:
      return faultError(report, executable, layout ?? NOWHERE);
    case REPORT_MEMORY:
      return limitError('memory', limits, `it wanted ${report.a} bytes`);
    case REPORT_OUTPUT:
      return limitError('output', limits);
    case REPORT_PROTOCOL:
      return protocolError(textOf(report.message) || 'the guest made an invalid hypercall');
    default:
      return protocolError('the guest ended with an invalid report');
  }
}

/** The error for an exit status that the kernel reports. */
function died(status: number): ColonyError {
  const number = status & 0x7f;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  if (number === 0) return exited((status >> 8) & 0xff);
  const why: Partial<Record<string, string>> = {
    SIGSYS: 'made a system call that its jail forbids',
    SIGKILL: 'was killed from outside, or by the kernel because memory ran out',
  };
  const kind = signal === 'SIGSYS' ? 'seccomp' : signal === 'SIGKILL' ? 'killed' : 'signal';
  const message = `the guest's process ${why[signal ?? ''] ?? `was ended by ${signal ?? `signal ${number}`}`}`;
  return new ColonyError('ERR_GUEST_FAULT', message, { details: { fault: { kind }, signal } });
}

function exited(code: number): ColonyError {
  if (code === EXIT_BASE + REPORT_PROTOCOL) return protocolError("a hypercall's input is not in the guest's memory");
  return new ColonyError('ERR_GUEST_FAULT', `the guest's process ended by itself with code ${code}`, {
    details: { fault: { kind: 'exit' }, exit: code },
  });
}

export function endError({ why, status, report }: Ended, circumstances: Circumstances): ColonyError {
  const { limits } = circumstances;
  if (why === END_CPU_TIME) return limitError('cpuTime', limits);
  if (why === END_OUTPUT) return limitError('output', limits);
  if (why === END_PROTOCOL) return protocolError('the guest sent an unexpected message');
  if (why === END_NO_PROCESS) {
    return new ColonyError(
      'ERR_BACKEND_UNAVAILABLE',
      'no more processes can be made for this program: too many calls wait for host functions, or the system has a limit (ulimit -u, pids cgroup)',
    );
  }
  return report === undefined ? died(status) : reported(report, circumstances);
}
