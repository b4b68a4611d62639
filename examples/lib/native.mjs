/** The same C, compiled for the host: what an attack does there, and what a call costs without isolation. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { guestFolder } from '@colony/guest';
import { cache } from './debian.mjs';
import { filesOf } from './library.mjs';

const execute = promisify(execFile);

/** The flags of Colony's compiler that affect the speed of the code. */
const FLAGS = [
  ...['-std=gnu17', '-O2', '-fno-pic', '-fno-pie', '-no-pie', '-fno-stack-protector', '-w'],
  // Unreachable code may call missing functions, as in a virtine.
  ...['-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections'],
];

/**
 * An executable of a library and a C file with `main`, which includes the example's binding.
 * @param {import('./library.mjs').Library} library @param {string} main a file URL @returns {Promise<string>} its path
 */
export async function nativeProgram(library, main) {
  const { binding, files, flags } = await filesOf(library);
  const source = fileURLToPath(main);
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, files, flags, process.env.CC ?? 'gcc']));
  for (const file of [source, binding]) hash.update(await readFile(file));
  const path = join(cache, 'native', hash.digest('hex').slice(0, 24));
  if (existsSync(path)) return path;
  await mkdir(join(cache, 'native'), { recursive: true });
  const aside = `${path}.${process.pid}`;
  const include = `-I${join(guestFolder, 'include')}`;
  const args = [...FLAGS, ...flags, include, source, ...files, '-o', aside, '-lm'];
  await execute(process.env.CC ?? 'gcc', args);
  await rename(aside, path);
  return path;
}
