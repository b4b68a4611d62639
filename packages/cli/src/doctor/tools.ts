/** The programs and files that compiling needs, and what for: JavaScript and TypeScript need none. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { DoctorFinding } from '@colony/core';

const run = promisify(execFile);

export interface Tool {
  readonly check: string;
  /** Any of them will do; with a slash: a file that must be there. */
  readonly any: readonly string[];
  readonly use: string;
  readonly debian: string;
}

const { CC = 'gcc', CXX = 'g++' } = process.env;

export const TOOLS: readonly Tool[] = [
  { check: 'C compiler', any: [CC], use: 'C on kvm and process', debian: 'gcc' },
  { check: 'musl-gcc', any: ['musl-gcc'], use: 'C on kvm and process: its C library', debian: 'musl-tools' },
  { check: 'clang', any: ['clang'], use: 'C on wasm, and C functions marked `virtine`', debian: 'clang' },
  { check: 'lld (wasm-ld)', any: ['wasm-ld'], use: 'C on wasm: the linker', debian: 'lld' },
  {
    check: 'wasi-libc',
    any: ['/usr/include/wasm32-wasi/stdio.h', '/usr/wasm32-wasi/include/stdio.h'],
    use: 'C on wasm: its C library',
    debian: 'wasi-libc libclang-rt-dev-wasm32',
  },
  { check: 'C++ compiler', any: [CXX], use: 'building Colony from source', debian: 'g++' },
  { check: 'make', any: ['make'], use: 'building Colony from source', debian: 'make' },
  { check: 'python3', any: ['python3'], use: 'building Colony from source (node-gyp)', debian: 'python3' },
];

function onPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** True here: a command only where its package manager is. */
export function installing(packages: string, apt = onPath('apt-get'), root = process.getuid?.() === 0): string {
  const names = packages.includes(' ') ? 'packages' : 'package';
  if (!apt) return `install it with this system's package manager (Debian's ${names}: ${packages})`;
  return `${root ? '' : 'sudo '}apt-get install ${packages}`;
}

async function versionOf(command: string): Promise<string | undefined> {
  if (command.includes('/') && !command.startsWith('/usr/bin')) return existsSync(command) ? command : undefined;
  try {
    const [name = '', ...args] = command.split(' ');
    const { stdout, stderr } = await run(name, [...args, '--version']);
    return `${stdout}${stderr}`.split('\n')[0];
  } catch {
    return undefined;
  }
}

export async function examineTool({ check, any, use, debian }: Tool): Promise<DoctorFinding> {
  const [found] = (await Promise.all(any.map(versionOf))).filter((each) => each !== undefined);
  if (found !== undefined) return { check, ok: true, detail: `${found} (for ${use})` };
  return { check, ok: false, optional: true, detail: `missing; needed for ${use}`, remedy: installing(debian) };
}

export const examineTools = (): Promise<DoctorFinding[]> => Promise.all(TOOLS.map(examineTool));
