/**
 * test262's files, from Debian's source package of Mozilla's JavaScript engine, which carries a copy. This repository
 * holds none of them: the package is downloaded once, checked, and the needed files are unpacked into `.cache`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const PACKAGE = {
  name: 'mozjs128',
  version: '128.14.0-1~deb13u1',
  suite: 'trixie',
  file: 'mozjs128_128.14.0.orig.tar.xz',
  sha256: '41cca35149710ce45fbabc5fefcf86a01fdf833fdb783941964fca3a55fb72dd',
  folder: 'firefox-128.14.0/js/src/tests/test262',
} as const;

/** test262's own commit, from the copy's GIT-INFO; checked after unpacking. */
export const COMMIT = '79e9b39f3a576154b1bc39f9dbd95d25addc4ebf';
const PARTS = ['GIT-INFO', 'LICENSE', 'shell.js', 'language', 'built-ins'];
/** The scripts that set up a checkout know the mirror; this package is never shipped without them. */
const DEBIAN = new URL('../../../../scripts/lib/debian.mjs', import.meta.url).href;
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Places {
  /** Folder of the unpacked files. */
  readonly cache: string;
  /** The folder of apt's configuration, which names the mirror. */
  readonly apt: string;
}

const PLACES: Places = {
  cache: fileURLToPath(new URL('../../../../.cache/test262', import.meta.url)),
  apt: '/etc/apt',
};

export class CorpusMissing extends Error {}

/**
 * Arguments for apt that read the sources of one suite from the configured mirror, without changes to the system's apt
 * configuration.
 */
async function privateApt(folder: string, apt: string): Promise<string[]> {
  const { debianMirror } = (await import(DEBIAN)) as { debianMirror(apt: string): string | undefined };
  const mirror = debianMirror(apt);
  if (mirror === undefined) {
    throw new CorpusMissing(`test262 comes from a Debian source package, and ${apt} names no mirror`);
  }
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  await writeFile(join(folder, 'sources.list'), `deb-src [signed-by=${KEYS}] ${mirror} ${PACKAGE.suite} main\n`);
  return [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${folder}/lists`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'APT::Sandbox::User=root',
    // Do not wait for minutes if a mirror does not answer.
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
    'Acquire::Retries=1',
    'APT::Update::Error-Mode=any',
  ].flatMap((option) => ['-o', option]);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function download(folder: string, apt: string): Promise<string> {
  const options = await privateApt(folder, apt);
  await run('apt-get', ['-qq', ...options, 'update'], { timeout: 120_000 });
  await run('apt-get', ['-qq', ...options, 'source', '--download-only', `${PACKAGE.name}=${PACKAGE.version}`], {
    cwd: folder,
    timeout: 600_000,
  });
  const file = join(folder, PACKAGE.file);
  const hash = await sha256(file);
  if (hash !== PACKAGE.sha256)
    throw new CorpusMissing(`${PACKAGE.file} is not the file that was expected: sha256 ${hash}`);
  return file;
}

async function unpack(archive: string, to: string): Promise<void> {
  await mkdir(to);
  const depth = PACKAGE.folder.split('/').length;
  const parts = PARTS.map((part) => `${PACKAGE.folder}/${part}`);
  await run('tar', ['xJf', archive, '-C', to, `--strip-components=${depth}`, ...parts]);
  const info = await readFile(join(to, 'GIT-INFO'), 'utf8');
  if (!info.includes(COMMIT))
    throw new CorpusMissing(`the copy of test262 is of another commit: ${info.split('\n')[0]}`);
}

/** The output of a command before it failed, without the command itself, which is long. */
function said(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr?.trim() || message).split('\n')[0]!;
}

/**
 * Returns the folder with `language`, `built-ins` and `shell.js`; downloads it (157 MB) if it is absent.
 * @throws CorpusMissing
 */
export async function corpus({ cache, apt }: Places = PLACES): Promise<string> {
  const folder = join(cache, COMMIT);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const part = await mkdtemp(join(cache, 'part-'));
  try {
    await unpack(await download(part, apt), join(part, 'tests'));
    await rename(join(part, 'tests'), folder);
  } catch (error) {
    // Another process may have been faster.
    if (existsSync(folder)) return folder;
    if (error instanceof CorpusMissing) throw error;
    throw new CorpusMissing(`test262 could not be had: ${said(error)}`);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return folder;
}
