/** The C floors: a program of their own, built by gcc and told over a pipe what to measure next. */
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
/** The floors' C. */
export const sources = join(packageRoot, 'native');
/** C files of the bench's own virtines. */
export const programs = join(packageRoot, 'programs');

/** For guest and host alike, so that a loop lies the same way across cache lines in both. */
const ALIGN = ['-falign-functions=64', '-falign-loops=64'];
/** What `buildC` gives to gcc besides, as far as it has a say in how a kernel runs: see @colony/guest. */
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

/** Of the program that floors and peers start, which has no C library: see native/child. */
const CHILD_FLAGS: readonly string[] = ['-O2', '-static', '-nostdlib', '-ffreestanding', '-fno-stack-protector'];

/** The child's path, from the floor executable's. */
export const childOf = (floorPath: string) => `${floorPath}-child`;

/** @returns what the compiler complains of. */
export function compile(output: string, ...args: readonly string[]): string | undefined {
  const made = `${output}.${process.pid}`;
  const { status, stderr, error } = spawnSync(compiler, [...args, '-o', made], {
    ...{ encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  });
  if (status !== 0) return error?.message ?? stderr;
  publish(made, output);
  return undefined;
}

/** Others may build the same at the same time. The first whole file keeps the name: it may already run, and it knows its path. */
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
  // What lies in folders is programs of their own.
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

  /** Nothing runs here meanwhile: this process sleeps until the line comes. */
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
