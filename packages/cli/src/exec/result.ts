/** Reads the result of a Linux program. It comes from the guest, which may be hostile. */
import { constants } from 'node:os';
import { types } from 'node:util';
import { ColonyError, type LinuxResult } from '@colony/core';

const isName = (value: unknown): value is NodeJS.Signals =>
  typeof value === 'string' && Object.hasOwn(constants.signals, value);

const isStatus = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;

/** @throws ColonyError ERR_GUEST_PROTOCOL */
export function readResult(value: unknown): LinuxResult {
  const result = (typeof value === 'object' && value !== null ? value : {}) as Partial<Record<string, unknown>>;
  const { status, signal, stdout, stderr, files } = result;
  const ended = status === null ? isName(signal) : isStatus(status) && signal === null;
  const hasFiles = typeof files === 'object' && files !== null && Object.values(files).every(types.isUint8Array);
  if (ended && types.isUint8Array(stdout) && types.isUint8Array(stderr) && hasFiles)
    return result as unknown as LinuxResult;
  throw new ColonyError('ERR_GUEST_PROTOCOL', 'the guest sent a result that is not one of a Linux program');
}

/** Returns the exit status as a shell reports it: 128 and the signal's number if a signal ended the program. */
export function exitStatus({ status, signal }: LinuxResult): number {
  return status ?? 128 + constants.signals[signal as NodeJS.Signals];
}

const REASONS: Readonly<Record<string, string>> = {
  SIGSEGV: 'it used memory that it does not have',
  SIGBUS: 'it used memory that it does not have',
  SIGILL: 'it executed an invalid instruction',
  SIGFPE: 'it divided by zero, or the like',
  SIGABRT: 'it gave up by itself',
  SIGTRAP: 'it reached a breakpoint',
  SIGSYS: 'it made a system call that it may not make',
};

/** `sort was ended by SIGSEGV: it used memory that it does not have` */
export function endText(command: string, signal: string): string {
  const reason = REASONS[signal];
  return `${command} was ended by ${signal}${reason === undefined ? '' : `: ${reason}`}`;
}
