/** Errors as text or JSON, with the exit status that goes with them. */
import { ColonyError } from '@colony/core';
import pc from 'picocolors';
import { EXIT, type ExitStatus, exitStatusOf } from './exit.js';
import { toJson } from './values/json.js';
import { printable, toText } from './values/text.js';

/** A mistake on the command line: the message is all there is to say. */
export class UsageError extends Error {}

function write(text: string): void {
  process.stderr.write(`${text}\n`);
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

function guestText(error: ColonyError): string[] {
  const { guest, fault } = error.details;
  const lines: string[] = [];
  if (guest?.stack) lines.push(indent(printable(guest.stack.trimEnd())));
  if (guest && 'value' in guest) lines.push(indent(`thrown: ${toText(guest.value, true)}`));
  if (fault) {
    const { kind, ...where } = fault;
    const places = Object.entries(where).map(([name, value]) => `${name} ${value}`);
    lines.push(indent([kind, ...places].map((part) => printable(String(part))).join(', ')));
  }
  return lines;
}

function describe(error: unknown): { code: string; status: ExitStatus; message: string } {
  if (ColonyError.is(error)) return { code: error.code, status: exitStatusOf(error.code), message: error.message };
  if (error instanceof UsageError) return { code: 'ERR_USAGE', status: EXIT.usage, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const { code } = error as { code?: unknown };
  // A file that is not there, or may not be read: the user's to mend.
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return { code, status: EXIT.usage, message };
  return { code: 'ERR_INTERNAL', status: EXIT.internal, message };
}

export function reportFailure(error: unknown, options: { json?: boolean }): ExitStatus {
  const { code, status, message } = describe(error);
  if (options.json) {
    const details = ColonyError.is(error) ? toJson(error.details) : {};
    process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message, details } })}\n`);
    return status;
  }
  write(`${pc.red('error')} ${pc.bold(code)}: ${printable(message)}`);
  if (ColonyError.is(error)) for (const line of guestText(error)) write(pc.dim(line));
  else if (status === EXIT.internal && error instanceof Error && error.stack) write(pc.dim(indent(error.stack)));
  return status;
}
