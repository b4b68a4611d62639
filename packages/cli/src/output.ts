/** Handles failures of standard output and error, such as a closed pipe or a full disk. */
import { EXIT, type ExitStatus } from './exit.js';
import { systemText } from './system-error.js';

let failed: ExitStatus | undefined;

/** The exit status of an output failure. Undefined if everything was written, or the reader closed the pipe. */
export const outputStatus = (): ExitStatus | undefined => failed;

function onError(name: string, error: NodeJS.ErrnoException): void {
  // With `colony doctor | head -1`, the reader needs no more output.
  if (error.code === 'EPIPE') return;
  if (failed !== undefined) return;
  failed = EXIT.usage;
  process.exitCode = failed;
  const { message } = systemText(error, name) ?? error;
  process.stderr.write(`error ${error.code}: ${message}\n`);
}

let guarded = false;

/** Handles stream errors, which would otherwise be uncaught exceptions with a stack. */
export function guardOutput(): void {
  if (guarded) return;
  guarded = true;
  process.stdout.on('error', (error) => onError('standard output', error));
  process.stderr.on('error', () => {});
}
