/**
 * Runs the tools of a program's build (compilers, linkers, translators). No other code starts such a tool. A tool has a
 * jail (see jail.ts) and limits. Its process group ends with the build. It waits for a free processor.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { ColonyError } from '@colony/core';
import { endWithThread } from '../ending/index.js';
import { endTool } from './end.js';
import { aborted, Gate } from './gate.js';
import { bubblewrapArgs, buildJail, type JailSpec } from './jail.js';
import { onPath } from './on-path.js';

export interface ToolLimits {
  /** Bytes of address space (RLIMIT_AS). Default 4 GiB. */
  readonly addressSpace?: number;
  /** Bytes of data (RLIMIT_DATA), for runtimes that reserve more than they use. Default: no limit. */
  readonly data?: number;
  /** Milliseconds of wall time, and the same of CPU time. Default 10 minutes. */
  readonly time?: number | undefined;
}

export interface ToolRun extends Pick<JailSpec, 'file' | 'args'> {
  /** Files and folders that the tool may read, besides the system's; absolute paths. */
  readonly reads?: readonly string[];
  /** Folders that the tool may write to; absolute paths. The first also has its temporary files. */
  readonly writes?: readonly string[];
  /** Default: this process's working directory. */
  readonly cwd?: string;
  /** Ends the tool and all processes that it started. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ToolLimits;
}

/** Options that tools for the same work share. */
export type Places = Omit<ToolRun, 'file' | 'args'>;

export interface Output {
  /** The exit status; a name such as `ENOENT` if the tool could not be run; null if a signal ended it. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const GIB = 2 ** 30;
const MOST_ADDRESS_SPACE = 4 * GIB;
const MOST_FILE_BYTES = GIB;
const MOST_TIME = 600_000;
/** A syntax tree may be this large. A larger one ends the tool. */
const MOST_STDOUT = 256 << 20;
/** Messages beyond this are dropped: no user reads a million warnings. */
const MOST_STDERR = 1 << 20;

const gate = new Gate();

/**
 * Runs a tool to its end.
 * @throws ColonyError ERR_ABORTED, once all its processes have ended; ERR_LIMIT_BUILD_TIME if it takes too long
 */
export async function runTool(run: ToolRun): Promise<Output> {
  if (!onPath(run.file).some(existsSync)) return { code: 'ENOENT', stdout: '', stderr: `${run.file} was not found` };
  const leave = await gate.enter(run.signal);
  try {
    const command = await commandOf(run);
    if (run.signal?.aborted) throw aborted();
    return await outputOf(run, command);
  } finally {
    leave();
  }
}

/**
 * Uses `ulimit`, which every shell has, because not every system has prlimit. A lower limit that is already set stays.
 */
const LIMITER = [
  'ulimit -c 0',
  `ulimit -f ${MOST_FILE_BYTES / 512}`,
  'ulimit -t "$1"',
  'test "$2" = 0 || ulimit -v "$2"',
  'test "$3" = 0 || ulimit -d "$3"',
  'shift 3',
  'exec "$@"',
].join('\n');

/**
 * bubblewrap's child asks to die with bubblewrap only after it has made the jail. If the host is killed before, the
 * child would still run the tool. So it reports that it is ready, and waits for the host's answer.
 */
const WAITS_FOR_HOST = ['/bin/sh', '-c', 'echo; read -r go && exec "$@" </dev/null', 'sh'];

interface Command {
  readonly words: readonly string[];
  /** True if its first line of output is empty, and asks for a line of input. */
  readonly waits: boolean;
}

async function commandOf(run: ToolRun): Promise<Command> {
  const { file, args, reads = [], writes = [], cwd = process.cwd(), limits = {} } = run;
  const { time = MOST_TIME, data = 0, addressSpace = data === 0 ? MOST_ADDRESS_SPACE : 0 } = limits;
  const numbers = [Math.ceil(time / 1000), Math.ceil(addressSpace / 1024), Math.ceil(data / 1024)].map(String);
  const { bubblewrap } = await buildJail();
  const limited = ['-c', LIMITER, 'sh', ...numbers];
  if (bubblewrap === undefined) return { words: [...limited, file, ...args], waits: false };
  const jail = bubblewrapArgs({ file, args, reads, writes, cwd, runner: WAITS_FOR_HOST });
  return { words: [...limited, bubblewrap, ...jail], waits: true };
}

/** Messages are in English in every locale, because code searches them. */
const environmentOf = ({ writes = [] }: ToolRun): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  LC_ALL: 'C',
  TMPDIR: writes[0] ?? '/tmp',
  // If ccache replaces the compiler, it would search for its cache.
  CCACHE_DISABLE: '1',
});

function outputOf(run: ToolRun, { words, waits }: Command): Promise<Output> {
  const { signal, limits: { time = MOST_TIME } = {} } = run;
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', words, {
      env: environmentOf(run),
      ...(run.cwd !== undefined && { cwd: run.cwd }),
      detached: true,
      stdio: [waits ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    endWithThread(child);
    if (waits) answer(child);
    let failure: ColonyError | undefined;
    let code: Output['code'] = null;
    const stop = (why: ColonyError | undefined) => {
      failure ??= why;
      endTool(child);
    };
    const abort = () => stop(aborted());
    const timer = setTimeout(() => stop(tooLong(run.file, time)), time);
    signal?.addEventListener('abort', abort, { once: true });
    const stdout = collect(child.stdout!, MOST_STDOUT, () => {
      code = 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
      stop(undefined);
    });
    const stderr = collect(child.stderr!, MOST_STDERR, () => {});
    child.once('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? 'EUNKNOWN';
    });
    child.once('close', (status: number | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (failure !== undefined) reject(failure);
      else resolve({ code: code ?? status, stdout: waits ? stdout().slice(1) : stdout(), stderr: stderr() });
    });
  });
}

/** Answers the tool when it is ready: its host still exists. */
function answer({ stdin, stdout }: ChildProcess): void {
  // The tool may have ended.
  stdin!.on('error', () => {});
  stdout!.once('data', () => stdin!.end('go\n'));
}

function tooLong(file: string, time: number): ColonyError {
  const message = `${basename(file)} took longer than ${time / 1000} s and was ended; make the program smaller, or give it a lower optimization level (-O1)`;
  return new ColonyError('ERR_LIMIT_BUILD_TIME', message, { details: { limit: time } });
}

/** Collects output up to a number of bytes. The rest is read and dropped, so that the tool can go on. */
function collect(stream: NodeJS.ReadableStream, most: number, onMore: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = most - size;
    size += chunk.length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    if (chunk.length > room && room >= 0) onMore();
  });
  return () => Buffer.concat(chunks).toString();
}
