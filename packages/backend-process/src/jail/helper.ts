/** Finds Colony's own program that makes a jail. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import { defaultCacheDir, endWithThread } from '@colony/guest';
import { nativeFolder, packageRoot } from './package.js';

/** Exit code of the jail when it is called without arguments: see native/jail/main.c. */
const USAGE_EXIT = 126;
const REMEDY =
  'reinstall @colony/backend-process, whose package holds the jail; where that does not run here, install libseccomp-dev and gcc (Debian and Ubuntu: apt-get install libseccomp-dev gcc), and it is compiled at the next start';

interface Ended {
  readonly code: number | string | null;
  readonly stderr: string;
}

function run(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env: { PATH: process.env.PATH } }, (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? null), stderr });
    });
    endWithThread(child);
  });
}

const works = async (path: string): Promise<boolean> => (await run(path, [])).code === USAGE_EXIT;

/** Compiles the jail if the shipped one does not run: another C library's loader, or a file system without `exec`. */
async function compileHelper(): Promise<string> {
  const folder = join(defaultCacheDir(), 'jail');
  const path = join(folder, `jail-${process.pid}`);
  const sources = readdirSync(join(packageRoot, 'native/jail')).filter((name) => name.endsWith('.c'));
  mkdirSync(folder, { recursive: true });
  const { code, stderr } = await run(process.env.CC ?? 'gcc', [
    ...['-std=gnu17', '-O2', '-static', '-I', join(packageRoot, 'native/jail'), '-I', nativeFolder],
    ...sources.map((name) => join(packageRoot, 'native/jail', name)),
    ...['-o', path],
  ]);
  if (code !== 0) throw unavailable(`the jail does not compile: ${stderr.trim().slice(0, 500) || code}`);
  renameSync(path, join(folder, 'jail'));
  return join(folder, 'jail');
}

function unavailable(why: string): ColonyError {
  return new ColonyError('ERR_BACKEND_UNAVAILABLE', `no child process can be jailed: ${why}`, {
    details: { remedy: REMEDY },
  });
}

async function findHelper(): Promise<string> {
  const shipped = join(nativeFolder, 'jail');
  if (await works(shipped)) return shipped;
  const compiled = await compileHelper();
  if (await works(compiled)) return compiled;
  throw unavailable(`${compiled} does not run`);
}

let helper: Promise<string> | undefined;

/** Path of the jail's program. @throws ColonyError ERR_BACKEND_UNAVAILABLE, with the remedy. */
export function jailHelper(): Promise<string> {
  helper ??= findHelper();
  helper.catch(() => {
    helper = undefined;
  });
  return helper;
}
