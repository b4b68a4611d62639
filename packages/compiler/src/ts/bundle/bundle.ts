/** Bundles a slice into one module: esbuild follows imports, drops unused code, and keeps source maps. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import { type BuildContext, type BuildFailure, context, type Loader, type Metafile, type Plugin } from 'esbuild';
import { escapePattern } from '../../source/pattern.js';
import { preservedElements, solidElements } from '../capture/jsx.js';
import { RUNTIME } from '../syntax/mark.js';
import { BUILTIN_FILTER, isAddon } from '../values/platform.js';
import { checkPackageBounds, packageBounds } from './package-bounds.js';
import { definitions, PROBE, type Surroundings, surroundingModules, VIRTUAL } from './surroundings.js';

export interface Bundled {
  readonly code: string;
  /** Version 3, as JSON; sources are relative to the root. */
  readonly map: string;
  /** Absolute paths of all files that were read, except the virtine's own. */
  readonly inputs: readonly string[];
  readonly metafile: Metafile;
  /** It holds virtual modules, whose changes cannot be detected. */
  readonly isVirtual: boolean;
}

export interface BundleOptions {
  readonly root: string;
  readonly mode: 'production' | 'development';
  readonly conditions: readonly string[];
  readonly surroundings?: Surroundings;
}

const ENTRY_SUFFIX = '?virtine';
/** Marks the whole module, if another one imports it back. */
const WHOLE_SUFFIX = '?module';
const SUFFIX = /\?(?:virtine|module)$/;

/** The bundler of one virtine. It keeps parsed files, so that a rebuild reads only changed ones. */
export class Bundler {
  #context: Promise<BuildContext> | undefined;
  #slice = '';
  #isFound = false;

  constructor(
    private readonly file: string,
    private readonly options: BundleOptions,
  ) {}

  /** @throws ColonyError ERR_COMPILE */
  async build(slice: string): Promise<Bundled> {
    // esbuild applies the project's tsconfig.json only to files that it has resolved itself.
    const isFound = existsSync(this.file) && realpathSync(this.file) === this.file;
    if (isFound !== this.#isFound) await this.dispose();
    this.#isFound = isFound;
    this.#slice = slice;
    this.#context ??= this.#open();
    try {
      const result = await (await this.#context).rebuild();
      const output = (suffix: string) => result.outputFiles?.find(({ path }) => path.endsWith(suffix))?.text ?? '';
      const metafile = result.metafile!;
      checkPackageBounds(metafile, this.options.root);
      const isVirtual = Object.keys(metafile.inputs).some((name) => name.startsWith(`${VIRTUAL}:`));
      return { code: output('.js'), map: output('.js.map'), inputs: this.#inputs(metafile), metafile, isVirtual };
    } catch (error) {
      if (ColonyError.is(error)) throw error;
      throw buildError(error, this.file, this.options.root);
    }
  }

  async dispose(): Promise<void> {
    const open = this.#context;
    this.#context = undefined;
    await (await open)?.dispose();
  }

  #inputs(metafile: Metafile): string[] {
    return Object.keys(metafile.inputs)
      .filter((name) => !name.startsWith('(disabled):') && !name.startsWith(`${VIRTUAL}:`))
      .map((name) => resolve(this.options.root, name.replace(SUFFIX, '')))
      .filter((name) => name !== this.file);
  }

  #open(): Promise<BuildContext> {
    const { root, mode, conditions, surroundings = {} } = this.options;
    return context({
      absWorkingDir: root,
      entryPoints: [{ in: this.#isFound ? this.file : `${this.file}${ENTRY_SUFFIX}`, out: 'program' }],
      outdir: root,
      bundle: true,
      write: false,
      format: 'esm',
      // Not 'node', so that packages offer their variant without built-ins, if they have one.
      platform: 'browser',
      mainFields: ['browser', 'module', 'main'],
      conditions: ['colony', 'worker', 'module', ...conditions],
      target: 'es2023',
      treeShaking: true,
      minifySyntax: true,
      sourcemap: 'external',
      sourcesContent: false,
      metafile: true,
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      ...preservedElements(this.file),
      define: { ...definitions(surroundings.define), 'process.env.NODE_ENV': JSON.stringify(mode) },
      plugins: [packageBounds, solidElements, this.#plugin(), surroundingModules(surroundings)],
    });
  }

  #plugin(): Plugin {
    const { file } = this;
    return {
      name: 'colony-virtine',
      setup: (build) => {
        build.onResolve({ filter: /\?virtine$/ }, ({ kind }) =>
          kind === 'entry-point' ? { path: file, suffix: ENTRY_SUFFIX } : undefined,
        );
        build.onLoad({ filter: exactly(file) }, ({ suffix }) =>
          suffix === WHOLE_SUFFIX
            ? undefined
            : { contents: this.#slice, loader: loaderOf(file), resolveDir: dirname(file) },
        );
        build.onResolve({ filter: importsOf(file) }, async ({ path, kind, pluginData, ...rest }) => {
          if (pluginData === PROBE || kind === 'entry-point') return undefined;
          const { errors, path: resolved } = await build.resolve(path, { ...rest, kind, pluginData: PROBE });
          return errors.length === 0 && resolved === file ? { path: file, suffix: WHOLE_SUFFIX } : undefined;
        });
        build.onResolve({ filter: exactly(RUNTIME) }, () => ({ path: RUNTIME, external: true, sideEffects: false }));
        build.onResolve({ filter: BUILTIN_FILTER }, async ({ path, pluginData, ...rest }) => {
          if (pluginData === PROBE) return undefined;
          // A package may replace the built-in, by `"browser": { "fs": false }` or by a package of that name.
          const probe = await build.resolve(path, { ...rest, pluginData: PROBE });
          return probe.errors.length === 0 ? undefined : { path, external: true, sideEffects: false };
        });
        build.onResolve({ filter: /\.node$/ }, ({ path }) =>
          isAddon(path) ? { path, external: true, sideEffects: false } : undefined,
        );
      },
    };
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^${escapePattern(text)}$`);
}

/** Matches specifiers that may lead to the file: by its name, by its folder's, or as a bare specifier. */
function importsOf(file: string): RegExp {
  const name = basename(file, extname(file));
  return name === 'index' ? /./ : new RegExp(`(?:^|[/\\\\])${escapePattern(name)}(?:\\.[cm]?[jt]sx?)?$|^[^./]`);
}

function loaderOf(file: string): Loader {
  const name = /^\.[cm]?(jsx?|tsx?)$/.exec(extname(file))?.[1];
  return (name ?? 'ts') as Loader;
}

function buildError(error: unknown, file: string, root: string): ColonyError {
  const failure = error as Partial<BuildFailure>;
  if (failure.errors === undefined) return new ColonyError('ERR_COMPILE', String(error), { cause: error });
  const texts = failure.errors.map(({ text, location }) => {
    const where =
      location === null
        ? relative(root, file)
        : `${location.file.replace(SUFFIX, '')}:${location.line}:${location.column + 1}`;
    return `${where}: ${text}`;
  });
  const path = texts[0]?.split(': ')[0] ?? file;
  return new ColonyError('ERR_COMPILE', texts.join('\n'), { cause: error, details: { path } });
}
