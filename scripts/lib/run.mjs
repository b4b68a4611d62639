// Runs a command with its whole output in a log file, and shows the end of it if the command fails.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Progress, style } from './terminal.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const TAIL = 40;

export class CommandFailed extends Error {
  /** @param {string} message @param {string} [output] the command's output */
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/**
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean, echo?: boolean, onLine?: (line: string) =>
 * string | undefined, relevant?: (lines: string[]) => string[] }} [options]
 *   `echo` shows the output as it comes; `onLine` may turn a line into a progress note; `relevant` selects the lines
 *   to show after a failure.
 * @returns {Promise<string>} its output
 */
export async function run(title, command, args, options = {}) {
  const log = join(root, '.cache/logs', `${title.replace(/\W+/g, '-')}.log`);
  mkdirSync(dirname(log), { recursive: true });
  const file = createWriteStream(log);
  const progress = options.echo ? undefined : new Progress(title, { quiet: options.quiet ?? false });
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let partial = '';
  /** @param {Buffer} chunk */
  const take = (chunk) => {
    const text = chunk.toString();
    file.write(text);
    if (options.echo) process.stdout.write(text);
    output += text;
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      const note = options.onLine?.(line);
      if (note !== undefined) progress?.note(note);
    }
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const status = await new Promise((resolve) => {
    child.once('error', (error) => {
      take(Buffer.from(`${error.message}\n`));
      resolve(127);
    });
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  await new Promise((resolve) => file.end(() => resolve(undefined)));
  progress?.end(status === 0);
  if (status === 0) return output;
  const all = output.trimEnd().split('\n');
  const tail = options.relevant?.(all) ?? all;
  if (!options.echo) {
    if (tail.length > TAIL) console.log(style('dim', `    (the last ${TAIL} of ${tail.length} lines)`));
    for (const line of tail.slice(-TAIL)) console.log(`    ${line}`);
  }
  throw new CommandFailed(`${title} failed (${status}); the whole log: ${relative(process.cwd(), log) || log}`, output);
}
