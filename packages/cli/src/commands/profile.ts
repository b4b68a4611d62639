/** Runs a program whose virtines are compiled at load, and records the memory and time of their calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Needed } from '@colony/compiler';
import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';
import { inputFile } from '../input/file.js';

export interface ProfileOptions {
  readonly out?: string;
  /** Adds to the file instead of replacing it. */
  readonly add?: boolean;
}

const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`;

function line(key: string, { calls, backend, memory, bytesIn, bytesOut, hypercalls, wallTime }: Needed): string {
  const times = `${wallTime.p50} ms, p99 ${wallTime.p99} ms, at most ${wallTime.max} ms`;
  return `${key}: ${calls} calls on ${backend}, memory ${kib(memory)}, in ${kib(bytesIn)}, out ${kib(bytesOut)}, hypercalls ${hypercalls}, ${times}\n`;
}

/** Runs the program in Node, with its own arguments, standard streams and signals. */
async function runProgram(file: string, args: readonly string[], path: string, variable: string): Promise<number> {
  const register = fileURLToPath(import.meta.resolve('@colony/compiler/register'));
  const env = { ...process.env, [variable]: path };
  const child = spawn(process.execPath, ['--import', register, file, ...args], {
    stdio: ['inherit', 2, 'inherit'],
    env,
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return status ?? 128 + constants.signals[signal!];
}

/** @throws UsageError if no virtine was called, ColonyError ERR_BAD_OPTION for a file that is not a profile */
export async function profileCommand(
  file: string,
  args: readonly string[],
  { out, add = false }: ProfileOptions,
): Promise<ExitStatus> {
  await inputFile('profile', file);
  const { PROFILE_FILE, PROFILE_VARIABLE, readProfile } = await import('@colony/compiler');
  const path = resolve(out ?? PROFILE_FILE);
  if (add) readProfile(path);
  else await rm(path, { force: true });
  const status = await runProgram(file, args, path, PROFILE_VARIABLE);
  if (status !== 0)
    throw new UsageError(`${file} ended with status ${status}: its run until then is not enough for a profile`);
  const profile = readProfile(path);
  if (profile === undefined) throw new UsageError(`${file} called no virtine`);
  for (const [key, needed] of Object.entries(profile.virtines)) process.stdout.write(line(key, needed));
  process.stdout.write(`${relative('', path)}: builds take the limits of these virtines from here\n`);
  return EXIT.ok;
}
