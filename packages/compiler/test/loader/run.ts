/** Runs Node with the loader in a folder with files. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { patientPackage } from '../patient.js';

const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
export const REGISTER = new URL('../../dist/loader/register.js', import.meta.url).href;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes a folder among the temporary files, with this project's installed packages and the given files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'colony-loader-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(NODE_MODULES, join(folder, 'node_modules'));
  for (const [name, text] of Object.entries({ 'package.json': patientPackage(), ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Tests can use another Node binary: `COLONY_TEST_NODE=/path/to/node`. */
const NODE = process.env['COLONY_TEST_NODE'] ?? process.execPath;

export function node(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env;
  const child = spawn(NODE, args, { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
}
