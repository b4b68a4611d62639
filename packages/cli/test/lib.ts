/** Runs the `colony` command as a shell would. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished, vi } from 'vitest';
import { main } from '../dist/index.js';

const BIN = fileURLToPath(new URL('../bin/colony.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function colony(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>>; input?: string | Uint8Array } = {},
): Promise<Outcome> {
  // Whether 'auto' warns about a weaker boundary depends on the machine, and tests compare standard error.
  const env = { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1', ...options.env };
  const child = spawn(process.execPath, [BIN, ...args], { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  // The command may end without reading its input.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** The same in this process, because a hundred mistakes do not need a process each. */
export async function colonyHere(args: readonly string[], cwd: string): Promise<Outcome> {
  const before = process.cwd();
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += stripVTControlCharacters(String(chunk));
      return true;
    }),
  );
  process.chdir(cwd);
  try {
    return { status: await main([process.execPath, 'colony', ...args]), ...written };
  } finally {
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}

/** A folder with these files, for one test. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'colony-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
