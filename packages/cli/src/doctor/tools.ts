/**
 * Checks the tools that compiling needs; JavaScript and TypeScript need none of them. The builders find their tools;
 * this module calls the builders.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildJail, findClangToolchain, findCToolchain } from '@colony/compiler/c';
import type { DoctorFinding } from '@colony/core';
import { findCommand } from '../input/command.js';

const run = promisify(execFile);

/** Returns the command that installs Debian packages, or advice to install their equivalents. */
export function installing(
  packages: string,
  apt = findCommand('apt-get') !== undefined,
  root = process.getuid?.() === 0,
): string {
  if (!apt) return `install it with this system's package manager (in Debian: ${packages})`;
  return `${root ? '' : 'sudo '}apt-get install ${packages}`;
}

/** `tool`: the tool that was found, or undefined. */
function finding(check: string, tool: string | undefined, use: string, debian: string): DoctorFinding {
  if (tool !== undefined) return { check, ok: true, detail: `${tool}, for ${use}` };
  return { check, ok: false, optional: true, detail: `missing; needed for ${use}`, remedy: installing(debian) };
}

/** A tool that the builders cannot use; their message gives the reason and the remedy. */
function refused(check: string, use: string, error: unknown): DoctorFinding {
  const [why = '', ...remedy] = (error as Error).message.split('; ');
  return { check, ok: false, optional: true, detail: `${why}; needed for ${use}`, remedy: remedy.join('; ') };
}

const GCC = 'C on kvm and process';

async function examineGcc(): Promise<DoctorFinding[]> {
  try {
    const { compiler, musl } = await findCToolchain();
    return [
      finding('C compiler', `${compiler.path}: ${compiler.version}`, GCC, 'gcc'),
      finding('musl', musl?.archive, `${GCC}: the C library`, 'musl-tools'),
    ];
  } catch (error) {
    return [refused('C compiler', GCC, error)];
  }
}

const CLANG = 'C on wasm, and virtines in C';

async function examineClang(): Promise<DoctorFinding[]> {
  try {
    const { compiler, linker, libc, builtins } = await findClangToolchain();
    return [
      finding('clang', `${compiler.path}: ${compiler.version}`, CLANG, 'clang'),
      finding('lld (wasm-ld)', linker, CLANG, 'lld'),
      finding('wasi-libc', libc?.lib, 'C on wasm: the C library', 'wasi-libc'),
      finding('compiler-rt', builtins, 'C on wasm: 128-bit numbers and long double', 'libclang-rt-dev-wasm32'),
    ];
  } catch (error) {
    return [refused('clang and lld', CLANG, error)];
  }
}

const NAMESPACES =
  'allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap; in a container: its seccomp profile)';

/** Checks the jail around compilers, because compilers read programs that may be hostile. */
async function examineBuildJail(): Promise<DoctorFinding> {
  const check = 'build jail';
  const { bubblewrap, reason } = await buildJail();
  if (bubblewrap !== undefined)
    return { check, ok: true, detail: `${bubblewrap}: compilers see their inputs only, and have no network` };
  const detail = `works, weaker: compilers have limits and their inputs are checked, but they see this machine's files (${reason})`;
  const missing = /not installed/.test(reason ?? '');
  const remedy = missing ? installing('bubblewrap') : process.env['COLONY_BWRAP'] ? 'unset COLONY_BWRAP' : NAMESPACES;
  return { check, ok: false, optional: true, detail, remedy };
}

const SOURCE = 'building Colony from source';

async function examineTool(check: string, command: string, debian: string): Promise<DoctorFinding> {
  const [file = '', ...flags] = command.split(' ');
  const output = await run(file, [...flags, '--version']).catch(() => undefined);
  const [line] = output === undefined ? [] : `${output.stdout}${output.stderr}`.split('\n');
  return finding(check, line, SOURCE, debian);
}

export async function examineTools(): Promise<DoctorFinding[]> {
  const findings = await Promise.all([
    examineGcc(),
    examineClang(),
    examineBuildJail().then((finding) => [finding]),
    examineTool('C++ compiler', process.env['CXX'] ?? 'g++', 'g++'),
    examineTool('make', 'make', 'make'),
    examineTool('python3', 'python3', 'python3'),
  ]);
  return findings.flat();
}
