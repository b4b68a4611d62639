// Short programs under one runtime, each in its own process: a context on each backend, the README's example, the
// loader, and `require`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedOutput, readPage } from '../lib/examples.mjs';
import { CommandFailed, root, run } from '../lib/run.mjs';
import { environment, titleOf } from './runtimes.mjs';

/** @typedef {import('../lib/reporter.mjs').Summary} Summary */
/** @typedef {import('./runtimes.mjs').Runtime} Runtime */

const folder = join(root, 'scripts/nodes/programs');
/** Below a package that may import `@colony/core` by name. */
const build = join(root, 'packages/docs/build/nodes');
/** Seconds after which a program counts as hanging. */
const LIMIT = 300;

/**
 * How each runtime starts a file without downloads. Deno lets a program open devices only with all permissions.
 * @type {Record<Runtime['kind'], readonly string[]>}
 */
const START = {
  node: [],
  bun: ['run', '--no-install'],
  deno: ['run', '--allow-all', '--no-lock', '--cached-only'],
};

/** From this major version on, Node supports `await using` and runs TypeScript directly. */
const RUNS_README_AS_IT_STANDS = 24;

class Programs {
  /** @type {Summary} */
  summary = { passed: 0, failed: [], skipped: [] };
  #runtime;
  #binary;

  /** @param {Runtime} runtime @param {string} binary */
  constructor(runtime, binary) {
    this.#runtime = runtime;
    this.#binary = binary;
  }

  /** @param {string} title @param {readonly string[]} args @returns {Promise<string>} what it printed */
  run(title, args) {
    const command = [String(LIMIT), this.#binary, ...START[this.#runtime.kind], ...args];
    return run(`${titleOf(this.#runtime)} ${title}`, 'timeout', ['-k', '10', ...command], {
      env: environment(this.#binary),
      quiet: true,
    });
  }

  /**
   * @param {string} title @param {readonly string[]} args @param {string} expected its whole output, except warnings
   */
  async expect(title, args, expected) {
    try {
      const output = await this.run(title, args);
      if (!output.trimEnd().endsWith(expected)) throw new CommandFailed(`${title} printed ${output.slice(0, 500)}`);
      this.summary.passed += 1;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      this.summary.failed.push(`${title}: ${error.message}`);
    }
  }

  /** @param {string} name @param {string} reason */
  skip(name, reason) {
    this.summary.skipped.push({ name, reason });
  }
}

/** The README's example on a backend, as a file that this runtime can run. @param {Runtime} runtime @param {string} backend */
async function readmeExample(runtime, backend) {
  const [example] = readPage(await readFile(join(root, 'README.md'), 'utf8')).examples;
  if (example?.language !== 'ts') throw new Error('the README begins with no runnable example in TypeScript');
  const source = example.source.replace(/backend: '\w+'/, `backend: '${backend}'`);
  const asItStands = Number(runtime.version.split('.')[0]) >= RUNS_README_AS_IT_STANDS;
  const { transform } = await import('esbuild');
  const lowered = () => transform(source, { loader: 'ts', target: 'node20', format: 'esm' });
  await mkdir(build, { recursive: true });
  const file = join(build, `readme-${runtime.name}-${backend}.${asItStands ? 'mts' : 'mjs'}`);
  await writeFile(file, asItStands ? source : (await lowered()).code);
  return { file, expected: expectedOutput(example.source).join('\n') };
}

/** @param {Programs} programs @param {Runtime} runtime @param {readonly string[]} backends that work */
async function nodeOnly(programs, runtime, backends) {
  for (const backend of backends) {
    const { file, expected } = await readmeExample(runtime, backend);
    await programs.expect(`the README's example on ${backend}`, [file], expected);
  }
  const example = join(root, 'examples/js-template');
  const expected = (await readFile(join(example, 'expected.txt'), 'utf8')).trimEnd();
  const args = ['--import', '@colony/compiler/register', join(example, 'main.ts'), 'wasm'];
  await programs.expect('virtines in TypeScript, by the loader', args, expected);
}

/** @param {Runtime} runtime @param {string} binary @returns {Promise<Summary>} */
export async function runPrograms(runtime, binary) {
  const programs = new Programs(runtime, binary);
  /** @type {Record<string, string | null>} */
  let works;
  try {
    works = JSON.parse((await programs.run('which backends work', [join(folder, 'works.mjs')])).trim());
  } catch (error) {
    return { passed: 0, failed: [`doctor: ${/** @type {Error} */ (error).message}`], skipped: [] };
  }
  for (const [backend, why] of Object.entries(works)) {
    // The refusal is checked below.
    if (backend === 'process' && runtime.kind !== 'node') continue;
    if (why === null) await programs.expect(`contexts on ${backend}`, [join(folder, 'contexts.mjs'), backend], 'ok');
    else programs.skip(`contexts on ${backend}`, why);
  }
  await programs.expect('require', [join(folder, 'require.cjs')], 'ok');
  const working = Object.keys(works).filter((backend) => works[backend] === null);
  if (runtime.kind === 'node') await nodeOnly(programs, runtime, working);
  else await programs.expect('the process backend is refused', [join(folder, 'refused.mjs')], 'ok');
  return programs.summary;
}
