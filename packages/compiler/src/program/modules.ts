/** Bundles a program with esbuild: modules of the project are compiled and inside, packages stay outside. */
import { readFile } from 'node:fs/promises';
import { ColonyError } from '@colony/core';
import { type BuildFailure, build, type Message, type OutputFile, type Plugin } from 'esbuild';
import { C_MODULE } from '../c/source/module-name.js';
import type { Compiler, ModuleOutput } from '../compiler/compiler.js';
import { checkOutput } from '../compiler/output-check.js';
import { refusalError, refusalsIn } from '../refusals/refusal.js';
import { inlineMap, languageOf } from '../ts/host/javascript.js';
import { mayHoldVirtines } from '../ts/syntax/mark.js';

const SOURCE = /\.[cm]?[jt]sx?$/;
/** A bare specifier: neither a path nor a URL. */
const BARE = /^[^./\\]|^\.[^./\\]/;
const INSTALLED = /[\\/]node_modules[\\/]/;
/** Colony's packages stay outside, in this project's own checkout, too. */
const COLONY = /^@colony\//;
const RESOLVING = Symbol('resolving');

export interface Assembled {
  readonly outputs: readonly OutputFile[];
  /** One for each module that holds virtines, sorted by path. */
  readonly modules: readonly ModuleOutput[];
  readonly warnings: readonly string[];
}

/**
 * @param target absolute path of the JavaScript, which is not written
 * @throws ColonyError ERR_COMPILE with the refusals of all modules
 */
export async function assemble(compiler: Compiler, entry: string, target: string): Promise<Assembled> {
  const modules = new Map<string, ModuleOutput>();
  const failures: ColonyError[] = [];
  const built = await build({
    absWorkingDir: compiler.root,
    entryPoints: [entry],
    outfile: target,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    charset: 'utf8',
    logLevel: 'silent',
    plugins: [outside, compiling(compiler, modules, failures), uncompiled],
  }).catch(failureOf);
  if (failures.length > 0) throw together(failures);
  if (built instanceof Error) throw built;
  const inOrder = [...modules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, output]) => output);
  const warnings = inOrder.flatMap((output) => output.warnings);
  return { outputs: built.outputFiles, modules: inOrder, warnings: [...warnings, ...built.warnings.map(textOf)] };
}

/** Installed packages are loaded when the program runs. Packages of the workspace are part of the project. */
const outside: Plugin = {
  name: 'outside',
  setup({ onResolve, resolve }) {
    onResolve({ filter: BARE }, async ({ path, importer, resolveDir, kind, pluginData, namespace }) => {
      if (pluginData === RESOLVING || kind === 'entry-point') return undefined;
      if (COLONY.test(path)) return { path, external: true };
      const resolved = await resolve(path, { importer, resolveDir, kind, namespace, pluginData: RESOLVING });
      // A missing package, such as an optional peer, may be installed where the program runs.
      const isOutside = resolved.errors.length > 0 || resolved.external || INSTALLED.test(resolved.path);
      return isOutside ? { path, external: true } : resolved;
    });
  },
};

/** Modules that are in no file, such as those of `data:` URLs. */
const uncompiled: Plugin = {
  name: 'uncompiled',
  setup: (build) => checkOutput(build, 'only modules that are files of the project are compiled', OWN_FILE),
};

const OWN_FILE = 'put the function into a .ts, .js, .mts or .mjs file, and import it from there';

function compiling(compiler: Compiler, modules: Map<string, ModuleOutput>, failures: ColonyError[]): Plugin {
  const compiled = async (path: string, work: () => Promise<ModuleOutput | undefined>) => {
    try {
      const output = await work();
      if (output !== undefined) modules.set(path, output);
      return output;
    } catch (error) {
      if (!ColonyError.is(error)) throw error;
      failures.push(error);
      return undefined;
    }
  };
  return {
    name: 'compiling',
    setup({ onLoad }) {
      onLoad({ filter: SOURCE, namespace: 'file' }, async ({ path }) => {
        const code = await readFile(path, 'utf8');
        if (!mayHoldVirtines(code)) return undefined;
        const output = await compiled(path, () => compiler.compileModule({ id: path, code }));
        const loader = languageOf(path) ?? 'ts';
        // A refused module fails the build at its end, together with the refusals of others.
        return output && { contents: output.code + inlineMap(output.map), loader };
      });
      onLoad({ filter: C_MODULE, namespace: 'file' }, async ({ path }) => {
        const output = await compiled(path, () => compiler.compileFile(path));
        return { contents: output?.code ?? '', loader: 'js' };
      });
    },
  };
}

const textOf = ({ text, location }: Message): string =>
  location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;

/** Merges the refusals of several modules into one error. */
function together(failures: readonly ColonyError[]): ColonyError {
  const refusals = failures.flatMap((error) => refusalsIn(error) ?? []);
  return failures.length === 1 || refusals.length === 0 ? failures[0]! : refusalError(refusals);
}

function failureOf(error: Partial<BuildFailure>): Error {
  if (error.errors === undefined) return error as Error;
  return new ColonyError('ERR_COMPILE', error.errors.map(textOf).join('\n'), { cause: error });
}
