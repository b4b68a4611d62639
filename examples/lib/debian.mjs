/**
 * Fetches sources of C libraries from Debian's source packages: upstream tarballs, by their SHA-256. apt has its own
 * state here, so the machine's configuration and lists do not change. Each is unpacked once, and kept in .cache/sources.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ColonyError } from '@colony/core';
import { debianMirror } from '../../scripts/lib/debian.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';

const execute = promisify(execFile);

export const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
const folder = join(cache, 'sources');

/**
 * @typedef {object} Source
 * @property {string} name of Debian's source package
 * @property {string} suite of Debian, where the tarball is
 * @property {string} tarball what it is called there
 * @property {string} sha256 of the tarball; Debian's own revisions of it do not matter
 */

/** The folder with the unpacked source. @param {Source} source @returns {Promise<string>} */
export async function debianSource(source) {
  const unpacked = join(folder, `${source.name}-${source.sha256.slice(0, 12)}`);
  if (existsSync(unpacked)) return unpacked;
  await mkdir(folder, { recursive: true });
  await withLock(join(folder, 'lock'), async () => {
    if (existsSync(unpacked)) return;
    const tarball = join(folder, source.tarball);
    if (!existsSync(tarball)) await download(source).catch((cause) => fail(source, cause));
    if (sha256(await readFile(tarball)) !== source.sha256) fail(source, new Error(`${tarball} is another file`));
    const aside = `${unpacked}.${randomUUID()}`;
    await mkdir(aside);
    await execute('tar', ['-xf', tarball, '-C', aside, '--strip-components=1', '--no-same-owner']);
    await rename(aside, unpacked);
  });
  return unpacked;
}

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** @param {Source} source @param {any} cause @returns {never} */
function fail({ name, suite, tarball, sha256: hash }, cause) {
  const why = String(cause.stderr ?? cause.message).trim();
  throw new ColonyError(
    'ERR_BAD_OPTION',
    `the source of ${name} is not here: ${why}\nIt comes from Debian's source package (suite ${suite}), through apt; ` +
      `where there is no apt, put ${tarball} (SHA-256 ${hash}) into ${folder}`,
    { cause },
  );
}

/** @param {Source} source */
async function download({ name, suite, tarball, sha256: hash }) {
  const apt = await aptFor(suite);
  const version = (await versionWith(apt, name, hash)) ?? (await refreshed(apt, name, hash));
  if (version === undefined) throw new Error(`${suite} has no ${name} with a tarball of SHA-256 ${hash}`);
  const aside = join(apt.state, randomUUID());
  await mkdir(aside);
  try {
    const args = ['source', '--download-only', '--tar-only', '--only-source', `${name}=${version}`];
    await execute('apt-get', [...apt.options, ...args], { cwd: aside });
    await rename(join(aside, tarball), join(folder, tarball));
  } finally {
    await rm(aside, { recursive: true });
  }
}

/** @typedef {{ state: string, options: string[] }} Apt */

/** An apt that knows one list of sources and keeps all that it writes in one folder. @param {string} suite @returns {Promise<Apt>} */
async function aptFor(suite) {
  const state = join(folder, `apt-${suite}`);
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  await writeFile(join(state, 'sources.list'), `deb-src [signed-by=${keys}] ${mirror()} ${suite} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': join(state, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': state,
    'APT::Sandbox::User': '',
  };
  return { state, options: ['-qq', ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])] };
}

/** The configured Debian mirror. */
function mirror() {
  const address = debianMirror();
  if (address === undefined) throw new Error('/etc/apt names no Debian mirror');
  return address;
}

/** The version whose tarball has this hash, as far as the lists say. @param {Apt} apt @param {string} name @param {string} hash */
async function versionWith({ options }, name, hash) {
  const { stdout } = await execute('apt-cache', [...options, 'showsrc', '--only-source', name], {
    maxBuffer: 2 ** 26,
  }).catch(() => ({ stdout: '' }));
  const stanza = stdout.split(/\n\n+/).find((stanza) => stanza.includes(` ${hash} `));
  return stanza === undefined ? undefined : /^Version: (\S+)/m.exec(stanza)?.[1];
}

/** @param {Apt} apt @param {string} name @param {string} hash */
async function refreshed(apt, name, hash) {
  await execute('apt-get', [...apt.options, 'update']);
  return versionWith(apt, name, hash);
}
