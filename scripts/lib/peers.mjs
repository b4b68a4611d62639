// What the benchmarks compare Colony with is installed without its install scripts (see setup.mjs). One of the peers is
// an addon that has to be compiled: that is done here, for whoever runs benchmarks or tests, once.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CommandFailed, root, run } from './run.mjs';

/** Does it load in this Node? Another Node than it was built for needs another build. */
function loads() {
  const args = ['--no-node-snapshot', '-e', "require('isolated-vm')"];
  return spawnSync(process.execPath, args, { cwd: join(root, 'packages/bench'), stdio: 'ignore' }).status === 0;
}

/**
 * Nothing fails without it: the benchmarks then list isolated-vm with the reason.
 * @param {{ quiet: boolean }} options @returns {Promise<string | undefined>} what is missing
 */
export async function ensurePeers({ quiet }) {
  if (loads()) return undefined;
  // From source: its install script would download a binary first. Low priority: a minute of all processors.
  const args = ['-n', '5', 'npm', 'rebuild', 'isolated-vm', '--build-from-source', '--ignore-scripts=false'];
  try {
    await run('compile isolated-vm, a peer of the benchmarks', 'nice', args, { quiet });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
  }
  return loads() ? undefined : 'isolated-vm does not compile here: the benchmarks list it as not measured';
}
