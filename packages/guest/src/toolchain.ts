/** Finds the C compiler of guest images, asks for its version, and runs it. */
import { execFile } from 'node:child_process';
import { ColonyError } from '@colony/core';
import { endWithThread } from './ending/index.js';
import { type Output, type Places, runTool } from './tools/run.js';

export interface Compiler {
  readonly path: string;
  /** The whole version line and the target: part of every cache key. */
  readonly version: string;
}

const REMEDY = 'install gcc (Debian and Ubuntu: apt-get install gcc libc6-dev) or set CC to one that makes x86-64 code';

/** Asks a tool about itself; never rejects. Tools that read a program or its build results run in `runTool` instead. */
export function execute(file: string, args: readonly string[], cwd?: string): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr });
    });
    endWithThread(child);
  });
}

export async function findCompiler(): Promise<Compiler> {
  const path = process.env.CC ?? 'gcc';
  const version = await execute(path, ['--version']);
  if (version.code === 'ENOENT') {
    throw new ColonyError('ERR_COMPILE', `no C compiler: \`${path}\` was not found; ${REMEDY}`);
  }
  const machine = await execute(path, ['-dumpmachine']);
  if (version.code !== 0 || machine.code !== 0) {
    throw new ColonyError('ERR_COMPILE', `\`${path} --version\` failed: ${version.stderr.trim()}; ${REMEDY}`);
  }
  if (!machine.stdout.startsWith('x86_64')) {
    throw new ColonyError('ERR_COMPILE', `\`${path}\` makes code for ${machine.stdout.trim()}; ${REMEDY}`);
  }
  return { path, version: `${version.stdout.split('\n', 1)[0]} ${machine.stdout.trim()}` };
}

/** Runs the compiler; its messages become the error's message. */
export async function compile(
  compiler: Compiler,
  args: readonly string[],
  what: string,
  places: Places,
): Promise<void> {
  const output = await runTool({ file: compiler.path, args, ...places });
  if (output.code !== 0) {
    throw new ColonyError('ERR_COMPILE', `${what} does not compile:\n${output.stderr.trim().slice(0, 4000)}`);
  }
}
