/** Runs Linux programs natively and in a virtine, and compiles small ones. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  type Context,
  createContext,
  type LinuxExports,
  type LinuxOptions,
  linux,
  type PolicyLayer,
} from '@colony/core';
import { PATIENT } from './kvm.js';

const sources = join(import.meta.dirname, '../linux');

const ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/' };

/** A run of a program. Its files have names below the working directory. */
export interface Run {
  readonly args?: readonly string[];
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: Readonly<Record<string, string>>;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
/** Makes the working directory exist, in which a guest can write. */
const HERE: Readonly<Record<string, string>> = { '.here': '' };

function changedOf(after: readonly [string, string][], before: Readonly<Record<string, string>>): Outcome['files'] {
  const changed = after.filter(([name, content]) => text(Buffer.from(before[name] ?? '\0')) !== content);
  return Object.fromEntries(changed.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A folder that the tests of a file share: programs, and a working directory. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'colony-linux-'));
  /** The working directory of both runs, so that messages agree. */
  readonly directory = join(this.folder, 'run');

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Compiles a source of `test/linux`, and returns the executable's path. */
  compile(compiler: string, source: string, flags: readonly string[] = []): string {
    const out = join(this.folder, [compiler, source, ...flags].join('').replaceAll(/[^\w.-]/g, '_'));
    execFileSync(compiler, [join(sources, source), ...flags, '-o', out], { stdio: 'pipe' });
    return out;
  }

  /** Runs natively, in a directory that has the run's files only. */
  natively(executable: string, { args = [], stdin = '', env = {}, ...run }: Run): Outcome {
    const files = { ...HERE, ...run.files };
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.directory, name), content);
    const options = { cwd: this.directory, env: { ...ENV, ...env }, input: stdin, maxBuffer: 2 ** 26 };
    const { status, signal, stdout, stderr, error } = spawnSync(executable, args, options);
    if (error !== undefined) throw error;
    const after = readdirSync(this.directory, { withFileTypes: true, recursive: true }).filter((entry) =>
      entry.isFile(),
    );
    const paths = after.map(({ name, parentPath }) => join(parentPath, name));
    const contents = paths.map((path): [string, string] => [relative(this.directory, path), text(readFileSync(path))]);
    return { status, signal, stdout: text(stdout), stderr: text(stderr), files: changedOf(contents, files) };
  }

  async inVirtine(context: Context<LinuxExports>, run: Run): Promise<Outcome> {
    const files = { ...HERE, ...run.files };
    const placed = Object.entries(files).map(([name, content]) => [join(this.directory, name), content]);
    const input = { ...run, cwd: this.directory, files: Object.fromEntries(placed) };
    const { status, signal, stdout, stderr, files: made } = await context.call('main', input);
    const contents = Object.entries(made).map(([path, content]): [string, string] => [
      relative(this.directory, path),
      text(content),
    ]);
    return { status, signal, stdout: text(stdout), stderr: text(stderr), files: changedOf(contents, files) };
  }

  context(options: LinuxOptions, policy: PolicyLayer = {}): Promise<Context<LinuxExports>> {
    const limits = { memory: '256 MiB', ...PATIENT, output: '16 MiB' };
    return createContext({
      backend: 'kvm',
      program: linux(options),
      policy: { ...policy, limits: { ...limits, ...policy.limits } },
    });
  }
}

/** Returns the path of an executable, or undefined. */
export function which(name: string): string | undefined {
  const { status, stdout } = spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
