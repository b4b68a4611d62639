/** For packages/bench: each library's work natively and in virtines, to be called again and again. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { compileModule, toJavaScript } from '@colony/compiler';
import { createContext } from '@colony/core';
import { cache } from './debian.mjs';
import { programs, repository } from './library.mjs';
import { nativeProgram } from './native.mjs';

/** @typedef {Record<string, { virtine: string, input: Uint8Array, args: readonly unknown[] }>} Jobs */

/**
 * @typedef {object} Isolated
 * @property {() => unknown} call on this thread
 * @property {() => Promise<void>} dispose
 */

/**
 * @typedef {object} Measured
 * @property {(count: number) => Promise<{ size: number, samples: number[] }>} [process] C: runs it so often in a process of
 *   the usual kind; nanoseconds of each
 * @property {() => unknown} [call] JavaScript: in this process
 * @property {(backend: string) => Promise<Isolated>} isolated
 * @property {(result: any) => number} sizeOf bytes or items of what came out
 */

const examples = new URL('../', import.meta.url);

/** @param {string} example @param {string} job @returns {Promise<Measured>} */
export async function open(example, job) {
  const folder = new URL(`${example}/`, examples);
  return existsSync(new URL('measure.ts', folder)) ? openJavaScript(folder, example) : openC(folder, job);
}

/** @param {URL} folder @param {string} name @returns {Promise<Measured>} */
async function openC(folder, name) {
  const { library, jobs, sizeOf } = await import(new URL('measure.mjs', folder).href);
  const { virtine, input, args } = jobs[name];
  const program = await nativeProgram(library, new URL('measure.c', folder).href);
  const file = `${program}.${name}.in`;
  await writeFile(file, input);
  return {
    sizeOf,
    process: async (count) => {
      const { stdout } = await promisify(execFile)(program, [name, file, String(count)], { maxBuffer: 2 ** 26 });
      const [size = 0, ...samples] = stdout.split(' ').map(Number);
      return { size, samples };
    },
    isolated: async (backend) => {
      const fat = await programs(library);
      const [program, policy] = [fat.programs[virtine], fat.policies[virtine]];
      if (program === undefined || policy === undefined) throw new Error(`there is no virtine ${virtine}`);
      const context = await createContext({ backend, program, policy });
      return { call: () => context.callSync(virtine, ...args), dispose: () => context.dispose() };
    },
  };
}

/** `measure.ts`: `plain`, `args`, `sizeOf`, and for each backend the same function as a virtine. @param {URL} folder @param {string} name @returns {Promise<Measured>} */
async function openJavaScript(folder, name) {
  const file = fileURLToPath(new URL('measure.ts', folder));
  const code = await readFile(file, 'utf8');
  const compiled = await compileModule({ id: file, code, root: repository });
  const made = await toJavaScript(file, compiled ?? { code });
  const output = join(cache, 'examples', name, 'measure.mjs');
  await mkdir(join(output, '..'), { recursive: true });
  await writeFile(output, made.code);
  const module = await import(pathToFileURL(output).href);
  return {
    sizeOf: module.sizeOf,
    call: () => module.plain(...module.args),
    isolated: async (backend) => {
      const virtine = module[backend];
      await virtine.ready();
      return { call: () => virtine.sync(...module.args), dispose: () => virtine.dispose() };
    },
  };
}
