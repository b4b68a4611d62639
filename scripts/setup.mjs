#!/usr/bin/env node
// Everything between a fresh clone and a working Colony: tools, dependencies, native addon, guest images. A second run
// finds everything in place and takes about a second. Built-in modules only.
//   --quiet     only failures are printed
//   --packages  only prints the Debian packages that it and the tests need, in one line: for users
//               who cannot install packages, and have them installed beforehand
//   --peers     also compiles the benchmarks' peer that needs it (a minute, once)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outdatedLock, staleDependency } from './lib/dependencies.mjs';
import { kvmProblem } from './lib/kvm.mjs';
import { withLock } from './lib/lock.mjs';
import { ensurePeers } from './lib/peers.mjs';
import { CommandFailed, root, run } from './lib/run.mjs';
import { style, warn } from './lib/terminal.mjs';
import { debianPackages, ensureTools, toolchain } from './lib/tools.mjs';

/** Major and minor version of the oldest Node, from package.json. */
const NODE = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  .engines.node.match(/\d+/g)
  .map(Number);

export class SetupFailed extends Error {}

function checkPlatform() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new SetupFailed(`Colony needs Node ${NODE.join('.')} or newer; this is ${process.version}.`);
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupFailed(`Colony's virtines run on Linux x86-64; this is ${process.platform} ${process.arch}.`);
  }
}

/**
 * Not `npm ci`: it refuses a lock file if the registry lacks an optional package of another platform, as mirrors do.
 * `npm install --no-save` installs the lock's packages too, and the result is checked afterwards. Install scripts do
 * not run: Colony needs none of them, the addon is built below, and downloaded code must not run on a developer's
 * machine.
 * @param {{ quiet: boolean }} options
 */
async function installDependencies(options) {
  const outdated = outdatedLock(root);
  if (outdated !== undefined) {
    throw new SetupFailed(`package-lock.json does not match ${outdated}: 'npm install' mends it.`);
  }
  if (staleDependency(root) === undefined) return;
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('install dependencies', 'npm', args, options);
  const stale = staleDependency(root);
  if (stale === undefined) return;
  throw new SetupFailed(`npm did not install ${stale} as package-lock.json has it: remove node_modules and try again.`);
}

/** The output of the package whose build failed, because several build at a time. @param {string[]} lines */
function ofFailedPackage(lines) {
  const failed = /Failed:\s+(\S+)#build/.exec(lines.join('\n'))?.[1];
  const prefix = `${failed}:build: `;
  const own = lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  return own.length > 0 ? own.filter((line) => !/^npm (error|warn)|^\s*$/.test(line)) : lines;
}

/** @param {{ quiet: boolean }} options */
async function build(options) {
  const turbo = join(root, 'node_modules/.bin/turbo');
  await run('build', turbo, ['run', 'build', '--output-logs=new-only', '--no-color'], {
    ...options,
    env: { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', COLONY_TOOLCHAIN: toolchain() },
    relevant: ofFailedPackage,
    onLine: (line) => /^(@colony\/[\w-]+:build): (.*)/.exec(line)?.slice(1).join(' '),
  });
}

/**
 * @param {{ quiet?: boolean, tests?: boolean, peers?: boolean }} [options] tests need the peers, too
 * @returns {Promise<{ warnings: string[] }>} missing but optional tools
 */
export async function setup(options = {}) {
  const { quiet = false, tests = false, peers = tests } = options;
  checkPlatform();
  return withLock(join(root, '.cache/setup.lock'), async () => {
    const { fatal, warnings } = await ensureTools({ quiet, tests });
    if (fatal !== undefined) throw new SetupFailed(fatal);
    await installDependencies({ quiet });
    await build({ quiet });
    const lacking = peers ? await ensurePeers({ quiet }) : undefined;
    return { warnings: lacking === undefined ? warnings : [...warnings, lacking] };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--packages')) {
    console.log(debianPackages({ tests: true }).join(' '));
    process.exit();
  }
  const quiet = process.argv.includes('--quiet');
  try {
    if (!quiet) console.log(style('bold', 'Setting up Colony'));
    const { warnings } = await setup({ quiet, peers: process.argv.includes('--peers') });
    const kvm = kvmProblem();
    for (const line of kvm === undefined ? warnings : [...warnings, kvm]) warn(line);
  } catch (error) {
    if (!(error instanceof SetupFailed || error instanceof CommandFailed)) throw error;
    console.error(`  ${style('red', '✗')} ${error.message}`);
    process.exitCode = 1;
  }
}
