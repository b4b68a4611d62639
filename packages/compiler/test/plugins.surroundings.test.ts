/** A bundler's mode, constants, aliases, conditions and virtual modules are the same inside the cut. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import * as rollup from 'rollup';
import * as vite from 'vite';
import { afterEach, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import colonyEsbuild from '../src/plugins/esbuild.js';
import colonyRollup from '../src/plugins/rollup.js';
import colonyRspack from '../src/plugins/rspack.js';
import colonyVite from '../src/plugins/vite.js';
import colonyWebpack from '../src/plugins/webpack.js';
import { patientPackage } from './patient.js';
import { folderWith } from './plugins/bundlers.js';

const run = promisify(execFile);
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

/** `expression` inside a virtine, and in the host. */
const main = (expression: string, imports = '') => `${imports}
import { configure, disposeVirtines } from '@colony/compiler/runtime';
async function inside() {
  'use virtine';
  return ${expression};
}
configure({ backend: 'wasm' });
const inner = await inside();
console.log(JSON.stringify([inner, ${expression}]));
await disposeVirtines();
`;
const EXTERNAL = /^(?:@colony\/|node:)/;
const SETTINGS = main(
  '[__VERSION__, process.env.NODE_ENV, x, way]',
  "import { x } from '@lib/x.js';\nimport { way } from 'pkg';\n",
);
const FILES = {
  'lib/x.js': 'export const x = 7;\n',
  'lib/pkg/special.js': "export const way = 'special';\n",
  'lib/pkg/other.js': "export const way = 'other';\n",
};
const WITH_PACKAGE = {
  ...FILES,
  'app/node_modules/pkg/package.json':
    '{ "name": "pkg", "type": "module", "exports": { "special": "./special.js", "default": "./other.js" } }',
  'app/node_modules/pkg/special.js': "export const way = 'special';\n",
  'app/node_modules/pkg/other.js': "export const way = 'other';\n",
};
const WANTED = ['1.2', 'development', 7, 'special'];

function open(text: string, files: Readonly<Record<string, string>> = {}): string {
  // The root, which is one of the two folders, has a package.json.
  const packages = { 'package.json': patientPackage(), 'app/package.json': patientPackage() };
  const made = folderWith({ 'app/main.js': text, ...packages, ...files });
  opened.push(made);
  return made.folder;
}

/** Returns the output of the built program: the virtine's value, and the host's. */
async function outputOf(file: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [file]);
  return JSON.parse(stdout);
}

const virtual = {
  name: 'virtual',
  resolveId: (id: string) => (id === 'virtual:data' ? `\0${id}` : null),
  load: (id: string) => (id === '\0virtual:data' ? 'export const data = { n: 5 };' : null),
};
const VIRTUAL = main('data', "import { data } from 'virtual:data';\n");

async function byVite(folder: string, config: vite.InlineConfig): Promise<string> {
  await vite.build({
    root: join(folder, 'app'),
    configFile: false,
    logLevel: 'silent',
    ...config,
    plugins: [colonyVite(), ...(config.plugins ?? [])],
    build: {
      ssr: 'main.js',
      outDir: '../out',
      minify: false,
      rollupOptions: { external: EXTERNAL, output: { entryFileNames: 'main.mjs' } },
    },
  });
  return join(folder, 'out/main.mjs');
}

const webpackOptions = (folder: string) => ({
  context: join(folder, 'app'),
  mode: 'development' as const,
  devtool: false as const,
  target: 'node20' as const,
  entry: './main.js',
  output: { path: join(folder, 'out'), filename: 'main.mjs', module: true, library: { type: 'module' as const } },
  externals: [EXTERNAL],
  externalsType: 'module' as const,
  resolve: { alias: { '@lib': join(folder, 'lib') }, conditionNames: ['special', '...'] },
});

async function finish(
  folder: string,
  compiler: { run(done: (error: Error | null) => void): void; close(done: () => void): void },
) {
  await new Promise<void>((resolve, reject) => compiler.run((error) => (error ? reject(error) : resolve())));
  await new Promise<void>((resolve) => compiler.close(resolve));
  return join(folder, 'out/main.mjs');
}

describe('mode, constants, aliases and conditions', () => {
  it('of Vite', async () => {
    const folder = open(SETTINGS, WITH_PACKAGE);
    const file = await byVite(folder, {
      mode: 'development',
      define: { __VERSION__: '"1.2"', 'process.env.NODE_ENV': '"development"' },
      resolve: { alias: { '@lib': join(folder, 'lib') }, conditions: ['special'] },
      ssr: { noExternal: ['pkg'], resolve: { conditions: ['special'] } },
      environments: {},
    });
    expect(await outputOf(file)).toEqual([WANTED, WANTED]);
  });

  it('of esbuild', async () => {
    const folder = open(SETTINGS, WITH_PACKAGE);
    const outfile = join(folder, 'out/main.mjs');
    await esbuild.build({
      absWorkingDir: join(folder, 'app'),
      entryPoints: ['main.js'],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      define: { __VERSION__: '"1.2"', 'process.env.NODE_ENV': '"development"' },
      alias: { '@lib': join(folder, 'lib') },
      conditions: ['special'],
      external: ['@colony/*', 'node:*'],
      logLevel: 'silent',
      plugins: [colonyEsbuild()],
    });
    expect(await outputOf(outfile)).toEqual([WANTED, WANTED]);
  });

  it('of webpack', async () => {
    const folder = open(SETTINGS, WITH_PACKAGE);
    const plugins = [colonyWebpack(), new webpack.DefinePlugin({ __VERSION__: '"1.2"' })];
    const options = { ...webpackOptions(folder), experiments: { outputModule: true }, plugins };
    expect(await outputOf(await finish(folder, webpack(options)! as never))).toEqual([WANTED, WANTED]);
  });

  it('of Rspack', async () => {
    const folder = open(SETTINGS, WITH_PACKAGE);
    const plugins = [colonyRspack(), new rspack.DefinePlugin({ __VERSION__: '"1.2"' })];
    const options = { ...webpackOptions(folder), target: 'node' as const, plugins };
    expect(await outputOf(await finish(folder, rspack(options) as never))).toEqual([WANTED, WANTED]);
  });

  it("Vite's import.meta.env", async () => {
    const folder = open(
      main('[import.meta.env.MODE, import.meta.env.BASE_URL, import.meta.env.SSR, import.meta.env.VITE_X]'),
      {
        'app/.env': 'VITE_X=from the file\n',
      },
    );
    const values = ['production', '/', true, 'from the file'];
    expect(await outputOf(await byVite(folder, {}))).toEqual([values, values]);
  });

  it('those of the options take precedence', async () => {
    const folder = open(main('process.env.NODE_ENV'));
    const outfile = join(folder, 'out/main.mjs');
    const define = { 'process.env.NODE_ENV': '"development"' };
    const plugins = [colonyEsbuild({ mode: 'production' })];
    await esbuild.build({
      absWorkingDir: join(folder, 'app'),
      entryPoints: ['main.js'],
      outfile,
      bundle: true,
      format: 'esm',
      define,
      external: ['@colony/*'],
      logLevel: 'silent',
      plugins,
    });
    expect(await outputOf(outfile)).toEqual(['production', 'development']);
  });
});

describe('virtual modules', () => {
  it('of Rollup', async () => {
    const folder = open(VIRTUAL);
    const plugins = [colonyRollup({ root: folder }), virtual];
    const bundle = await rollup.rollup({ input: join(folder, 'app/main.js'), external: EXTERNAL, plugins });
    const file = join(folder, 'out/main.mjs');
    await bundle.write({ file, format: 'es' });
    await bundle.close();
    expect(await outputOf(file)).toEqual([{ n: 5 }, { n: 5 }]);
    expect(readFileSync(file, 'utf8')).toContain('__colony_virtine0');
  });

  it('of Vite', async () => {
    expect(await outputOf(await byVite(open(VIRTUAL), { plugins: [virtual] }))).toEqual([{ n: 5 }, { n: 5 }]);
  });
});
