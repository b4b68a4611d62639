/** The C floors: a separate program, built by gcc. A pipe carries the name of each subject to measure. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { probesFolder as kernels } from '@colony/guest/probes';
import type { Sampler } from './types.js';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
/** C sources of the floors. */
export const sources = join(packageRoot, 'native');
/** C files of the benchmark's own virtines. */
export const programs = join(packageRoot, 'programs');

/** Used for guest and host alike, so that a loop has the same alignment to cache lines in both. */
const ALIGN = ['-falign-functions=64', '-falign-loops=64'];
/** The further flags that `buildC` passes to gcc and that affect how a kernel runs: see @colony/guest. */
export const GUEST_FLAGS: readonly string[] = [
  '-std=gnu17',
  '-O2',
  '-fstack-clash-protection',
  '-fno-pic',
  '-fno-pie',
  '-fno-stack-protector',
  '-fcf-protection=none',
];
export const KERNEL_FLAGS: readonly string[] = ['-I', kernels, ...ALIGN];
export const HOST_FLAGS: readonly string[] = [
  ...GUEST_FLAGS,
  '-no-pie',
  '-Wall',
  '-Wextra',
  '-Werror',
  ...KERNEL_FLAGS,
];

export const compiler = process.env.CC ?? 'gcc';

/** Flags of the program that floors and peers start. It has no C library: see native/child. */
const CHILD_FLAGS: readonly string[] = ['-O2', '-static', '-nostdlib', '-ffreestanding', '-fno-stack-protector'];

/** The child's path, derived from the floor executable's. */
export const childOf = (floorPath: string) => `${floorPath}-child`;

/** @returns the compiler's errors, if any. */
export function compile(output: string, ...args: readonly string[]): string | undefined {
  const made = `${output}.${process.pid}`;
  const { status, stderr, error } = spawnSync(compiler, [...args, '-o', made], {
    ...{ encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  });
  if (status !== 0) return error?.message ?? stderr;
  publish(made, output);
  return undefined;
}

/**
 * Other processes may build the same file at the same time. The first complete file keeps the name: it may already run,
 * and it knows its path.
 */
function publish(made: string, output: string): void {
  try {
    linkSync(made, output);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(made);
  }
}

function compileFloor(output: string, ...args: readonly string[]): void {
  const problem = compile(output, ...args);
  if (problem !== undefined) throw new Error(`the C floors do not build with ${compiler}: ${problem}`);
}

/** Builds the floors and their child, or finds them built. @returns the floor executable's path. */
export function buildFloor(folder = join(packageRoot, 'build')): string {
  const files = readdirSync(sources, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const headers = readdirSync(programs).filter((name) => name.endsWith('.h'));
  const inputs = [...files, ...headers.map((name) => join(programs, name)), join(kernels, 'kernels.h')];
  const hash = createHash('sha256').update(JSON.stringify([compiler, HOST_FLAGS, CHILD_FLAGS]));
  for (const input of inputs) hash.update(readFileSync(input));
  const path = join(folder, `floor-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Sources in subfolders are separate programs.
  const units = files.filter((file) => dirname(file) === sources && /\.(c|S)$/.test(file));
  compileFloor(childOf(path), ...CHILD_FLAGS, join(sources, 'child/child.c'));
  compileFloor(path, ...HOST_FLAGS, ...units, '-lpthread');
  return path;
}

export class FloorProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: Interface;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #problem = '';
  #ended = false;

  constructor(path: string) {
    this.#child = spawn(path, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#problem += text;
    });
    this.#lines = createInterface(this.#child.stdout);
    this.#lines.on('line', (line) => this.#waiting.shift()?.resolve(line));
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.on('close', (status, signal) => this.#fail(`it ended with ${signal ?? status}`));
    this.#child.stdin.on('error', () => {});
  }

  #fail(how: string): void {
    this.#ended = true;
    const error = new Error(this.#problem.trim() || `the floor process failed: ${how}`);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #ask(line: string): Promise<string> {
    if (this.#ended) return Promise.reject(new Error(this.#problem.trim() || 'the floor process has ended'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  async list(): Promise<string[]> {
    return (await this.#ask('list')).trim().split(' ');
  }

  /** Nothing else runs here meanwhile: this process sleeps until the line arrives. */
  sampler(subject: string): Sampler {
    return async (count) => {
      const samples = (await this.#ask(`run ${subject} ${count}`)).trim().split(' ').map(Number);
      if (samples.length !== count || !samples.every(Number.isFinite))
        throw new Error(`${subject}: not ${count} samples`);
      return samples;
    };
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await closed;
  }
}
