/** Deno with no permissions, which is its default. A request for a permission fails instead of prompting the user. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programs } from '../../../floor-process.js';
import { LineProcess } from '../line-process.js';
import { type Remote, remotePeer } from '../remote.js';

const NAME = 'deno';
const FLAGS = ['--no-prompt', '--no-remote', '--no-npm', '--no-config', '--no-lock', '--quiet'];

/** Returns the executable itself, because the package's own command is a Node program that starts it. */
function findDeno(): string {
  const manifest = createRequire(import.meta.url).resolve(`${NAME}/package.json`);
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  const platform = `${process.platform}-${process.arch}`;
  const here = Object.keys(optionalDependencies).find((name) => name.includes(platform));
  if (here === undefined) throw new Error(`it has no executable for ${platform}`);
  return join(dirname(createRequire(manifest).resolve(`${here}/package.json`)), 'deno');
}

function executable(): string {
  try {
    return findDeno();
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    throw new Error(`deno is not installed (${why}): run \`npm install --save-dev deno\``);
  }
}

/** Deno caches compiled modules in a folder. This one is warm after the first start and removed with this process. */
let folder: string | undefined;
function cacheFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'colony-deno-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

function start(): Remote {
  const env = { DENO_DIR: cacheFolder(), DENO_NO_UPDATE_CHECK: '1' };
  return new LineProcess(executable(), ['run', ...FLAGS, join(programs, 'field/lines.deno.mjs')], env);
}

export const peer = remotePeer({
  name: NAME,
  package: NAME,
  boundary: 'isolate',
  floor: 'c.posix_spawn',
  words: {
    cold: 'start of a Deno process without permissions',
    warm: 'in a running Deno process without permissions, by a line each way',
  },
  start: async () => start(),
});
