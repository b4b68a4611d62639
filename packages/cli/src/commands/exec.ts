/** Runs a Linux executable in a virtine, as a shell would run it. */
import { performance } from 'node:perf_hooks';
import { createContext, type LinuxInput, linux, type Policy, shutdown } from '@colony/core';
import pc from 'picocolors';
import { listFiles, writeFiles } from '../exec/made-files.js';
import { readMapping, readVariables, workingDirectory } from '../exec/options.js';
import { endText, exitStatus, readResult } from '../exec/result.js';
import { UsageError } from '../failure.js';
import { findCommand } from '../input/command.js';
import { readPolicy } from '../input/options.js';
import { readInput } from '../input/stdin.js';
import { toJson } from '../values/json.js';

export interface ExecOptions {
  readonly backend: string;
  readonly policy?: string;
  /** Each `DIR` or `GUEST=HOST`. */
  readonly files?: readonly string[];
  /** Each `NAME=VALUE`. */
  readonly env?: readonly string[];
  readonly memory?: string;
  readonly timeout?: string;
  /** A file, or `-`. */
  readonly stdin?: string;
  /** Folder for the files that the program makes. */
  readonly out?: string;
  readonly json?: boolean;
  readonly system: boolean;
}

/** Programs of distributions need more than functions do. Options and a policy override these limits. */
const LIMITS = { memory: '256 MiB', wallTime: '10 s', cpuTime: '10 s' };

const withLimits = (policy: Policy): Policy =>
  'all' in policy ? policy : { ...policy, limits: { ...LIMITS, ...policy.limits } };

/** Returns the exit status of the program. */
export async function execCommand(command: string, args: readonly string[], options: ExecOptions): Promise<number> {
  const executable = findCommand(command);
  if (executable === undefined) throw new UsageError(`${command}: there is no such command`);
  const mappings = (options.files ?? []).map(readMapping);
  const files = Object.fromEntries(mappings.map(({ guest, host }) => [guest, host]));
  const program = linux({ executable, files, env: readVariables(options.env ?? []), system: options.system });
  const policy = withLimits(await readPolicy(options));
  const cwd = workingDirectory(mappings);
  const stdin = await readInput(options.stdin, '--stdin');
  const input: LinuxInput = { args, ...(stdin === undefined ? {} : { stdin }), ...(cwd === undefined ? {} : { cwd }) };
  const started = performance.now();
  const context = await createContext({ backend: options.backend, policy, program });
  try {
    const ready = performance.now();
    const result = readResult(await context.call('main', input));
    const times = { start: ready - started, call: performance.now() - ready };
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: true, ...asJson(result), times })}\n`);
    else report(command, result);
    const made = options.out === undefined ? listFiles(result.files) : writeFiles(options.out, result.files);
    if (!options.json || options.out !== undefined) for (const line of made) note(line);
    return exitStatus(result);
  } finally {
    await context.dispose();
    await shutdown();
  }
}

type Result = ReturnType<typeof readResult>;

const asJson = ({ status, signal, stdout, stderr, files }: Result) =>
  toJson({ status, signal, stdout, stderr, files }) as object;

function report(command: string, { signal, stdout, stderr }: Result): void {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (signal !== null) note(endText(command, signal));
}

function note(line: string): void {
  process.stderr.write(`${pc.dim(line)}\n`);
}
