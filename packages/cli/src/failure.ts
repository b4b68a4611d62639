/** Formats errors as text or JSON, with their exit status. */
import { ColonyError, printable } from '@colony/core';
import pc from 'picocolors';
import { EXIT, type ExitStatus, exitStatusOf } from './exit.js';
import { hintFor } from './hints.js';
import { systemText } from './system-error.js';
import { toJson } from './values/json.js';
import { toText } from './values/text.js';

/** A mistake on the command line, reported by its message alone. */
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

interface Failure {
  readonly code: string;
  readonly status: ExitStatus;
  readonly message: string;
}

function describe(error: unknown): Failure {
  if (ColonyError.is(error)) return { code: error.code, status: exitStatusOf(error.code), message: error.message };
  if (error instanceof UsageError) return { code: 'ERR_USAGE', status: EXIT.usage, message: error.message };
  const system = systemText(error);
  // A missing or unreadable file, which the user must fix.
  if (system !== undefined) return { ...system, status: EXIT.usage };
  return {
    code: 'ERR_INTERNAL',
    status: EXIT.internal,
    message: error instanceof Error ? error.message : String(error),
  };
}

export function reportFailure(error: unknown, options: { json?: boolean }): ExitStatus {
  const { code, status, message } = describe(error);
  const hint = hintFor(error);
  if (options.json) {
    const details = ColonyError.is(error) ? toJson(error.details) : {};
    process.stdout.write(
      `${JSON.stringify({ ok: false, error: { code, message, details, ...(hint && { hint }) } })}\n`,
    );
    return status;
  }
  write(`${pc.red('error')} ${pc.bold(code)}: ${printable(message)}`);
  if (ColonyError.is(error)) for (const line of guestText(error)) write(pc.dim(line));
  else if (status === EXIT.internal && error instanceof Error && error.stack) write(pc.dim(indent(error.stack)));
  if (hint !== undefined) write(`${pc.yellow('hint')} ${hint}`);
  return status;
}
