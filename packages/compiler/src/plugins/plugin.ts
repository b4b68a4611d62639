/** One plugin for all bundlers: compiles modules with virtines, and leaves all others unchanged. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ColonyError } from '@colony/core';
import type { BuildOptions } from 'esbuild';
import {
  createUnplugin,
  type UnpluginBuildContext,
  type UnpluginContext,
  type UnpluginInstance,
  type UnpluginOptions,
} from 'unplugin';
import { C_MODULE } from '../c/source/module-name.js';
import { Compiler, type ModuleOutput } from '../compiler/compiler.js';
import { type CompilerOptions, readCompilerOptions } from '../compiler/options.js';
import type { Surroundings } from '../ts/bundle/surroundings.js';
import { left } from './left.js';
import { loaderOf, ofEsbuild, ofVite, ofWebpack, type WebpackOptions } from './surroundings.js';

export interface PluginOptions extends CompilerOptions {
  /** Default: the bundler's own root. */
  readonly root?: string;
}

type Hook = UnpluginBuildContext & UnpluginContext;

const SOURCE = /\.[cm]?[jt]sx?(?:\?.*)?$/;
const PLACE = /^(.+?):(\d+):(\d+)(?:: |$)/;

/** One build of one bundler. Its compiler is created when the root is known. */
class Session {
  root: string | undefined;
  /** The output folder, for bundlers that take no assets: files are written there directly. */
  output: string | undefined;
  /** Settings from the bundler's own configuration. */
  surroundings: Surroundings = {};
  #load: NonNullable<Surroundings['load']> = async () => undefined;
  readonly #beside = new Map<string, Uint8Array>();
  #compiler: Compiler | undefined;

  constructor(
    private readonly options: PluginOptions,
    private readonly framework: string,
  ) {}

  get #webpackLike(): boolean {
    return this.framework === 'webpack' || this.framework === 'rspack';
  }

  /** Compiles a module of JavaScript or TypeScript. */
  async transform(hook: Hook, code: string, id: string) {
    return await this.#compile(hook, id, (compiler) => compiler.compileModule({ id, code }));
  }

  /** Compiles a C file, which no bundler can read. */
  async load(hook: Hook, id: string) {
    const made = await this.#compile(hook, id, (compiler) => compiler.compileFile(id));
    // unplugin drops esbuild's errors of a module without code.
    return made ?? (this.framework === 'esbuild' ? { code: '', map: null } : undefined);
  }

  async #compile(hook: Hook, id: string, work: (compiler: Compiler) => Promise<ModuleOutput | undefined>) {
    const root = this.options.root ?? this.root;
    const c = { declarations: true, ...this.options.c };
    this.#load = loaderOf(hook);
    const surroundings = { ...this.surroundings, load: (name: string, from: string) => this.#load(name, from) };
    this.#compiler ??= new Compiler({ ...this.options, c, ...(root === undefined ? {} : { root }) }, surroundings);
    const compiler = this.#compiler;
    try {
      const output = await work(compiler);
      if (output === undefined) return undefined;
      for (const warning of output.warnings) hook.warn(warning);
      for (const { file, bytes } of output.snapshots) this.#emit(hook, file, bytes);
      return { code: output.code, map: output.native === undefined ? this.#mapOf(output.map, id) : null };
    } catch (error) {
      this.#fail(hook, error, id);
      return undefined;
    } finally {
      // Also after a refused build, because an edit of one of these files may fix it.
      for (const file of compiler.watchFilesOf(id)) hook.addWatchFile(file);
    }
  }

  /** Emits a file at the root of the output, because contexts look beside their module and above. */
  #emit(hook: Hook, fileName: string, source: Uint8Array): void {
    if (this.output !== undefined) this.#beside.set(fileName, source);
    else if (this.framework !== 'esbuild') hook.emitFile({ type: 'asset', fileName, source });
  }

  /** Runs after the bundler has written its own files, so that it does not empty the folder again. */
  writeBeside(): void {
    if (this.output === undefined || this.#beside.size === 0) return;
    mkdirSync(this.output, { recursive: true });
    for (const [name, content] of this.#beside) writeFileSync(join(this.output, name), content);
  }

  /** Sources are relative to the module's own place, except for webpack, which takes them unchanged. */
  #mapOf(text: string, id: string) {
    const file = id.replace(/\?.*$/, '');
    return { ...JSON.parse(text), sources: [this.#webpackLike ? file : basename(file)] };
  }

  /** Throws for webpack, which continues after `error()` with the original module: that would run unisolated. */
  #fail(hook: Hook, error: unknown, id: string): void {
    if (this.#webpackLike || !ColonyError.is(error)) throw error;
    const place = PLACE.exec(error.details.path ?? '');
    // unplugin does not pass on the line's text, and esbuild would show an empty line; the message has the place.
    const loc =
      place === null || this.framework === 'esbuild'
        ? undefined
        : { file: place[1]!, line: Number(place[2]), column: Number(place[3]) - 1 };
    // The place may be in another file: a header.
    const file = loc === undefined ? id : resolve(this.options.root ?? this.root ?? process.cwd(), loc.file);
    hook.error({ message: error.message, id: file, meta: { code: error.code }, ...(loc === undefined ? {} : { loc }) });
  }

  async end(): Promise<void> {
    await this.#compiler?.saveLock();
  }

  async dispose(): Promise<void> {
    const compiler = this.#compiler;
    this.#compiler = undefined;
    await compiler?.dispose();
  }
}

/** Returns `undefined` if the result stays in memory. */
function outputOf({ absWorkingDir = process.cwd(), write = true, outdir, outfile }: BuildOptions): string | undefined {
  const folder = outdir ?? (outfile === undefined ? undefined : dirname(outfile));
  return !write || folder === undefined ? undefined : resolve(absWorkingDir, folder);
}

interface WebpackLike {
  readonly context: string;
  readonly options: WebpackOptions;
  readonly hooks: { readonly shutdown: { tapPromise(name: string, work: () => Promise<void>): void } };
}

const NAME = 'colony';

const plugins = createUnplugin<PluginOptions, true>((options, meta) => {
  const session = new Session(options, meta.framework);
  const ends = {
    closeWatcher: () => session.dispose(),
    async closeBundle(this: { meta?: { watchMode?: boolean } }) {
      if (this.meta?.watchMode !== true) await session.dispose();
    },
  };
  const webpackLike = (compiler: WebpackLike) => {
    session.root = compiler.context;
    session.surroundings = ofWebpack(compiler.options);
    compiler.hooks.shutdown.tapPromise(NAME, () => session.dispose());
  };
  const compiles: UnpluginOptions = {
    name: NAME,
    // Runs before types are stripped, if possible, so that messages name the original source.
    enforce: 'pre',
    load: {
      filter: { id: C_MODULE },
      async handler(id) {
        return await session.load(this, id);
      },
    },
    transform: {
      filter: { id: SOURCE, code: /virtine/ },
      async handler(code, id) {
        return await session.transform(this, code, id);
      },
    },
    buildEnd: () => session.end(),
    rollup: ends,
    rolldown: ends,
    vite: {
      ...ends,
      configResolved(config) {
        const { root, build } = config;
        session.root = root;
        session.surroundings = ofVite(config);
        // Vite's server builds emit no assets by default, because the client build has them.
        if (build.ssr !== false && !build.ssrEmitAssets && build.write) session.output = resolve(root, build.outDir);
      },
      writeBundle: () => session.writeBeside(),
    },
    webpack: webpackLike,
    rspack: webpackLike,
    esbuild: {
      onLoadFilter: /\.(?:[cm]?[jt]sx?|virtine\.c)(?:\?.*)?$/,
      setup(build) {
        session.root = build.initialOptions.absWorkingDir;
        session.surroundings = ofEsbuild(build.initialOptions);
        // unplugin supports only `outdir`.
        session.output = outputOf(build.initialOptions);
        build.onEnd(() => session.writeBeside());
        build.onDispose(() => void session.dispose());
      },
    },
  };
  return [compiles, left(`${NAME}:left`, meta.framework)];
});

type Framework = 'vite' | 'rollup' | 'esbuild' | 'webpack' | 'rspack';
type Plugin<Name extends Framework> = UnpluginInstance<PluginOptions | undefined, true>[Name];

/** Reads the options at once, because webpack calls the plugin itself only when it starts. */
function pluginFor<Name extends Framework>(name: Name): Plugin<Name> {
  const make = plugins[name] as (options: PluginOptions) => unknown;
  return ((options: PluginOptions = {}) => make(readCompilerOptions(options))) as Plugin<Name>;
}

export const colony: { readonly [Name in Framework]: Plugin<Name> } = {
  vite: pluginFor('vite'),
  rollup: pluginFor('rollup'),
  esbuild: pluginFor('esbuild'),
  webpack: pluginFor('webpack'),
  rspack: pluginFor('rspack'),
};
