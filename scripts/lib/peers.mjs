// The benchmarks' peers are installed without their install scripts (see setup.mjs). One peer is an addon that must be
// compiled; this module compiles it once, for benchmarks and tests.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CommandFailed, root, run } from './run.mjs';

/** Whether it loads in this Node; another version of Node needs another build. */
function loads() {
  const args = ['--no-node-snapshot', '-e', "require('isolated-vm')"];
  return spawnSync(process.execPath, args, { cwd: join(root, 'packages/bench'), stdio: 'ignore' }).status === 0;
}

/**
 * It is optional: without it, the benchmarks list isolated-vm with the reason.
 * @param {{ quiet: boolean }} options @returns {Promise<string | undefined>} what is missing
 */
export async function ensurePeers({ quiet }) {
  if (loads()) return undefined;
  // Build from source, because its install script would download a binary first. Low priority: it loads all processors
  // for a minute.
  const args = ['-n', '5', 'npm', 'rebuild', 'isolated-vm', '--build-from-source', '--ignore-scripts=false'];
  try {
    await run('compile isolated-vm, a peer of the benchmarks', 'nice', args, { quiet });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
  }
  return loads() ? undefined : 'isolated-vm does not compile here: the benchmarks list it as not measured';
}
