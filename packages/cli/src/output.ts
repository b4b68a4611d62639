/** Standard output and error as they may be: a pipe whose reader has gone, a full disk. */
import { EXIT, type ExitStatus } from './exit.js';
import { systemText } from './system-error.js';

let failed: ExitStatus | undefined;

/** Why the process ends otherwise than its command: undefined where all was written, or nobody wants the rest. */
export const outputStatus = (): ExitStatus | undefined => failed;

function onError(name: string, error: NodeJS.ErrnoException): void {
  // `colony doctor | head -1`: the reader has what it wanted.
  if (error.code === 'EPIPE') return;
  if (failed !== undefined) return;
  failed = EXIT.usage;
  process.exitCode = failed;
  const { message } = systemText(error, name) ?? error;
  process.stderr.write(`error ${error.code}: ${message}\n`);
}

let guarded = false;

/** Without it an error of a stream is an uncaught exception, with a stack. */
export function guardOutput(): void {
  if (guarded) return;
  guarded = true;
  process.stdout.on('error', (error) => onError('standard output', error));
  process.stderr.on('error', () => {});
}
