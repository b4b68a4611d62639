/** Loads the same source twice: as it is, and compiled. Compares the results of its functions. */
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { CompilerOptions, ModuleOutput } from '../../src/index.js';
import { Project } from './project.js';

type Call = readonly [name: string, ...args: unknown[]];
type Module = Readonly<Record<string, (...args: unknown[]) => unknown>>;

export interface Both {
  /** Results of the calls in the plain program, or their error messages. */
  readonly plain: readonly unknown[];
  readonly isolated: readonly unknown[];
  readonly output: ModuleOutput;
}

let builds = 0;

/** Bundles with the project's own tsconfig.json; `output`, if given, replaces the main file. */
async function load({ directory }: Project, main: string, output?: ModuleOutput): Promise<Module> {
  const file = join(directory, main);
  const compiled: Plugin = {
    name: 'compiled',
    setup({ onLoad }) {
      const loader = main.endsWith('x') ? 'tsx' : 'ts';
      onLoad({ filter: /.*/ }, ({ path }) =>
        path === file && output !== undefined ? { contents: output.code, loader } : undefined,
      );
    },
  };
  const outfile = join(dirname(file), `same${++builds}.mjs`);
  await build({
    absWorkingDir: directory,
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'silent',
    plugins: [compiled],
  });
  return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Module;
}

async function results(module: Module, calls: readonly Call[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const [name, ...args] of calls) {
    try {
      results.push(await module[name]!(...args));
    } catch (error) {
      results.push(`thrown: ${(error as Error).message}`);
    }
  }
  return results;
}

/** @param files contains `main.ts` or `main.tsx`, with directives, which do nothing in the plain program */
export async function both(
  files: Readonly<Record<string, string>>,
  calls: readonly Call[],
  options: Omit<CompilerOptions, 'root'> = {},
): Promise<Both> {
  const project = new Project(files, options);
  const main = Object.keys(files).find((name) => /(?:^|\/)main\.tsx?$/.test(name))!;
  const output = await project.compile(main);
  const plain = await results(await load(project, main), calls);
  const isolated = await results(await load(project, main, output), calls);
  return { plain, isolated, output };
}
