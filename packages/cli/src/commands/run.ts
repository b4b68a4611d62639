import { performance } from 'node:perf_hooks';
import { type ContextStats, createContext, shutdown } from '@colony/core';
import pc from 'picocolors';
import { EXIT, type ExitStatus } from '../exit.js';
import { inputFile } from '../input/file.js';
import { readArguments, readPolicy } from '../input/options.js';
import { refusedArguments } from '../run/arguments.js';
import { loadSubject } from '../run/subject.js';
import { toJson } from '../values/json.js';
import { formatBytes } from '../values/size.js';
import { toText } from '../values/text.js';

export interface RunOptions {
  readonly call: string;
  readonly args: string;
  readonly backend: string;
  readonly engine?: 'v8';
  readonly policy?: string;
  readonly memory?: string;
  readonly timeout?: string;
  readonly json?: boolean;
  readonly stats?: boolean;
  /** For a snapshot: a key's file or name. */
  readonly signedBy?: string;
  /** Language of standard input. */
  readonly lang?: string;
}

interface Times {
  readonly start: number;
  readonly call: number;
}

function printStats(backend: string, times: Times, stats: ContextStats): void {
  const parts = [`backend ${backend}`, `start ${times.start.toFixed(2)} ms`, `call ${times.call.toFixed(3)} ms`];
  if (stats.memory > 0) parts.push(`memory ${formatBytes(stats.memory)}`);
  if (stats.dirtyPages > 0) parts.push(`pages written ${stats.dirtyPages}`);
  process.stderr.write(`${pc.dim(parts.join(', '))}\n`);
}

function printValue(value: unknown): void {
  // As in a shell's pipe, nothing is printed for `undefined`.
  if (value === undefined) return;
  process.stdout.write(`${toText(value, process.stdout.isTTY === true)}\n`);
}

export async function runCommand(file: string, options: RunOptions): Promise<ExitStatus> {
  const input = await inputFile('run', file, options.lang);
  const args = await readArguments(options.args);
  const policy = await readPolicy(options);
  const subject = await loadSubject(input, options);
  const started = performance.now();
  const { backend, engine } = options;
  const on = engine === undefined ? { backend } : { backend, engine };
  const context = await createContext({ ...on, policy, ...subject });
  try {
    const ready = performance.now();
    const value = await context.call(options.call, ...args).catch((error: unknown) => {
      throw refusedArguments(error, options.call, input.kind);
    });
    const times = { start: ready - started, call: performance.now() - ready };
    const used = context.backend;
    if (options.json)
      process.stdout.write(`${JSON.stringify({ ok: true, value: toJson(value), backend: used, times })}\n`);
    else printValue(value);
    if (options.stats) printStats(used, times, context.stats());
    return EXIT.ok;
  } finally {
    await context.dispose();
    await shutdown();
  }
}
