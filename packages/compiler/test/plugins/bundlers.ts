/** Builds the same project with each bundler, with only those other plugins that it needs for TypeScript. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import * as rollup from 'rollup';
import type { UnpluginInstance } from 'unplugin';
import * as vite from 'vite';
import webpack from 'webpack';
import colonyEsbuild, { type PluginOptions } from '../../src/plugins/esbuild.js';
import colonyRollup from '../../src/plugins/rollup.js';
import colonyRspack from '../../src/plugins/rspack.js';
import colonyVite from '../../src/plugins/vite.js';
import colonyWebpack from '../../src/plugins/webpack.js';

const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
/** Imports of the host's half stay outside of the bundle. */
const EXTERNAL = /^(?:@colony\/|node:)/;

export function folderWith(files: Readonly<Record<string, string>>): { folder: string; close(): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'colony-plugins-')));
  symlinkSync(NODE_MODULES, join(folder, 'node_modules'));
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Removes types, for bundlers that cannot read them: a user's own TypeScript plugin does the same. */
const types: rollup.Plugin = {
  name: 'types',
  async transform(code, id) {
    if (!id.endsWith('.ts')) return null;
    return await esbuild.transform(code, { loader: 'ts', sourcefile: id, sourcemap: true, target: 'es2022' });
  },
  async resolveId(source, importer) {
    if (!source.startsWith('./') || importer === undefined) return null;
    return join(dirname(importer), source.replace(/\.js$/, '.ts'));
  },
};

export interface Built {
  /** The entry's file. */
  readonly file: string;
  readonly warnings: readonly string[];
}

/**
 * Another tool's plugin, which makes modules. Its position is the one that works: after Colony's, and before it in
 * esbuild.
 */
export type Other = UnpluginInstance<undefined, false>;

type Build = (folder: string, options?: PluginOptions, other?: Other) => Promise<Built>;

async function byVite(folder: string, options?: PluginOptions, other?: Other): Promise<Built> {
  const warnings: string[] = [];
  const logger = vite.createLogger('warn');
  logger.warn = (text) => void warnings.push(text);
  await vite.build({
    root: folder,
    configFile: false,
    customLogger: logger,
    plugins: [colonyVite(options), other?.vite(undefined)],
    build: {
      ssr: 'main.ts',
      outDir: 'out',
      sourcemap: true,
      minify: false,
      rollupOptions: { external: EXTERNAL, output: { entryFileNames: 'main.mjs' } },
    },
  });
  return { file: join(folder, 'out/main.mjs'), warnings };
}

async function byRollup(folder: string, options?: PluginOptions, other?: Other): Promise<Built> {
  const warnings: string[] = [];
  const plugins = [colonyRollup({ root: folder, ...options }), other?.rollup(undefined), types];
  const onwarn = ({ message }: rollup.RollupLog) => void warnings.push(message);
  const bundle = await rollup.rollup({ input: join(folder, 'main.ts'), external: EXTERNAL, plugins, onwarn });
  const file = join(folder, 'out/main.mjs');
  await bundle.write({ file, format: 'es', sourcemap: true });
  await bundle.close();
  return { file, warnings };
}

async function byEsbuild(folder: string, options?: PluginOptions, other?: Other): Promise<Built> {
  const { warnings } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ['main.ts'],
    outfile: 'out/main.mjs',
    bundle: true,
    format: 'esm',
    sourcemap: true,
    external: ['@colony/*', 'node:*'],
    logLevel: 'silent',
    plugins: [...(other === undefined ? [] : [other.esbuild(undefined)]), colonyEsbuild(options)],
  });
  return { file: join(folder, 'out/main.mjs'), warnings: warnings.map(({ text }) => text) };
}

const LOADER = `import { transform } from 'esbuild';
export default function (code, map) {
  const done = this.async();
  const inline = map ? code + '\\n//# sourceMappingURL=data:application/json;base64,' + Buffer.from(typeof map === 'string' ? map : JSON.stringify(map)).toString('base64') : code;
  transform(inline, { loader: 'ts', sourcefile: this.resourcePath, sourcemap: true, sourcesContent: true, target: 'es2022' }).then((out) => done(null, out.code, out.map), done);
}
`;

const webpackOptions = (folder: string) => ({
  context: folder,
  mode: 'none' as const,
  target: 'node20' as const,
  devtool: 'source-map' as const,
  entry: './main.ts',
  output: { path: join(folder, 'out'), filename: 'main.mjs', module: true, library: { type: 'module' as const } },
  experiments: { outputModule: true },
  externals: [/^@colony\//],
  externalsType: 'module' as const,
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
});

interface Compiler<Stats> {
  run(done: (error: Error | null, stats?: Stats) => void): void;
  close(done: (error?: Error | null) => void): void;
}
interface Stats {
  toJson(options: object): { errors?: { message: string }[]; warnings?: { message: string }[] };
}

async function runCompiler(folder: string, compiler: Compiler<Stats>): Promise<Built> {
  const stats = await new Promise<Stats>((resolve, reject) =>
    compiler.run((error, made) => (made === undefined ? reject(error) : resolve(made))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  const { errors = [], warnings = [] } = stats.toJson({ all: false, errors: true, warnings: true });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return { file: join(folder, 'out/main.mjs'), warnings: warnings.map(({ message }) => message) };
}

async function byWebpack(folder: string, options?: PluginOptions, other?: Other): Promise<Built> {
  const loader = join(folder, 'loader.mjs');
  writeFileSync(loader, LOADER);
  const compiler = webpack({
    ...webpackOptions(folder),
    plugins: [colonyWebpack(options), ...(other === undefined ? [] : [other.webpack(undefined)])],
    module: { rules: [{ test: /\.ts$/, loader }] },
  });
  return await runCompiler(folder, compiler as unknown as Compiler<Stats>);
}

async function byRspack(folder: string, options?: PluginOptions, other?: Other): Promise<Built> {
  const { experiments: _, ...settings } = webpackOptions(folder);
  const compiler = rspack({
    ...settings,
    target: 'node',
    plugins: [colonyRspack(options), ...(other === undefined ? [] : [other.rspack(undefined)])],
    module: {
      rules: [
        {
          test: /\.ts$/,
          loader: 'builtin:swc-loader',
          options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } },
        },
      ],
    },
  });
  return await runCompiler(folder, compiler as unknown as Compiler<Stats>);
}

export const BUNDLERS: readonly (readonly [name: string, build: Build])[] = [
  ['vite', byVite],
  ['rollup', byRollup],
  ['esbuild', byEsbuild],
  ['webpack', byWebpack],
  ['rspack', byRspack],
];
