// A minimal Debian in a folder, with this machine's Node: the contents of an ordinary new machine, and nothing else.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { debianMirror } from '../lib/debian.mjs';
import { CommandFailed, root, run } from '../lib/run.mjs';
import { which } from '../lib/tools.mjs';

const SUITE = 'bookworm';
/** The packages that the README requires of a machine; certificates are for registries that use TLS. */
const INCLUDED = ['ca-certificates', 'g++', 'make', 'git'];
/** npm's settings for access to its registry. */
const NPM_SETTINGS = ['registry', 'cafile', 'proxy', 'https-proxy'];

/** Made once, by debootstrap (a minute, 650 MB). @param {string} folder @returns {Promise<string>} */
export async function baseSystem(folder) {
  if (existsSync(folder)) return folder;
  const mirror = debianMirror();
  if (mirror === undefined) throw new CommandFailed('/etc/apt names no Debian mirror, which a fresh system comes from');
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  const args = ['--variant=minbase', `--include=${INCLUDED.join(',')}`, SUITE, part, mirror];
  await run('make a minimal Debian', 'debootstrap', args);
  placeTrust(part);
  renameSync(part, folder);
  return folder;
}

/** Copies this machine's own certificates, which its registries may need. @param {string} system */
function placeTrust(system) {
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(bundle)) cpSync(bundle, join(system, bundle));
  for (const folder of ['/etc/apt/apt.conf.d', '/usr/local/share/ca-certificates']) {
    if (existsSync(folder)) cpSync(folder, join(system, folder), { recursive: true });
  }
}

/** @param {string} base @param {string} folder @returns {Promise<string>} */
export async function copyOf(base, folder) {
  rmSync(folder, { recursive: true, force: true });
  await run('copy the system', 'cp', ['-a', base, folder]);
  return folder;
}

/**
 * Places Node, npm and Node's headers, as in its archive.
 * @param {string} system
 * @param {readonly string[]} homes of those who use npm
 */
export function placeNode(system, homes) {
  const local = join(system, 'usr/local');
  mkdirSync(join(local, 'bin'), { recursive: true });
  cpSync(realpathSync(process.execPath), join(local, 'bin/node'));
  const npm = dirname(dirname(realpathSync(which('npm') ?? '/nowhere/npm')));
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  }
  const headers = join(dirname(dirname(realpathSync(process.execPath))), 'include/node');
  if (existsSync(headers)) cpSync(headers, join(local, 'include/node'), { recursive: true });
  const settings = NPM_SETTINGS.map((name) => [name, npmSetting(name)]).filter(([, value]) => value !== undefined);
  // node-gyp would download the headers, although Node's folder has them.
  if (existsSync(headers)) settings.push(['nodedir', '/usr/local']);
  const text = settings.map(([name, value]) => `${name}=${value}\n`).join('');
  for (const home of homes) {
    mkdirSync(join(system, home), { recursive: true });
    writeFileSync(join(system, home, '.npmrc'), text);
  }
}

/** @param {string} name */
function npmSetting(name) {
  const value = execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', cwd: '/' }).trim();
  return value === '' || value === 'null' || value === 'undefined' ? undefined : value;
}

/**
 * Clones HEAD into a home folder that is closed to others.
 * @param {string} system
 * @param {string} home
 * @param {number} user
 */
export async function placeClone(system, home, user) {
  const changed = execFileSync('git', ['-C', root, 'status', '--porcelain'], { encoding: 'utf8' }).trim();
  if (changed !== '') console.log('  ! uncommitted changes are not tested');
  const folder = join(system, home, 'colony');
  await run('clone HEAD', 'git', ['clone', '--quiet', '--no-local', root, folder]);
  execFileSync('chown', ['-R', `${user}:${user}`, join(system, home)]);
  execFileSync('chmod', ['0700', join(system, home)]);
}
