/** A build refuses code that it cannot compile: no bundle contains a directive without effect. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createUnplugin } from 'unplugin';
import { describe, expect, it, onTestFinished } from 'vitest';
import { patientPackage } from './patient.js';
import { BUNDLERS, folderWith, type Other } from './plugins/bundlers.js';

const run = promisify(execFile);
const SEES = `export async function sees() {\n  'use virtine';\n  return typeof process;\n}\n`;
const COMMONJS = `exports.sees = async function sees() {\n  'use virtine';\n  return typeof process;\n};\n`;
const main = (from: string) => `import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { sees } from '${from}';
configure({ backend: 'wasm' });
console.log('sees', await sees());
await disposeVirtines();
`;

/** Makes modules of another kind, as plugins for components do, and modules without a file. */
const other: Other = createUnplugin<undefined, false>(() => ({
  name: 'other',
  resolveId: (id) => (id === 'virtual-sees' ? '\0virtual-sees' : null),
  loadInclude: (id) => id.includes('virtual-sees') || id.endsWith('.component'),
  load: () => SEES,
  esbuild: {
    setup(build) {
      build.onResolve({ filter: /^virtual-/ }, ({ path }) => ({ path, namespace: 'other' }));
      build.onLoad({ filter: /./, namespace: 'other' }, () => ({ contents: SEES, loader: 'js' }));
      build.onLoad({ filter: /\.component$/ }, () => ({ contents: SEES, loader: 'js' }));
    },
  },
}));

interface Way {
  readonly from: string;
  readonly files: Readonly<Record<string, string>>;
  readonly ends: 'isolated' | 'refused';
}

const WAYS: Readonly<Record<string, Way>> = {
  'a virtual module': { from: 'virtual-sees', files: {}, ends: 'refused' },
  'a component': { from: './sees.component', files: { 'sees.component': '<script>' }, ends: 'refused' },
  'a linked package': {
    from: './node_modules_like/dep/index.mjs',
    files: { 'node_modules_like/dep/index.mjs': SEES },
    ends: 'isolated',
  },
  'an installed package': {
    from: './vendor/node_modules/dep/index.mjs',
    files: { 'vendor/node_modules/dep/index.mjs': SEES },
    ends: 'isolated',
  },
  CommonJS: { from: './sees.cjs', files: { 'sees.cjs': COMMONJS }, ends: 'refused' },
  'a directive after another statement': {
    from: './sees.mjs',
    files: { 'sees.mjs': SEES.replace("'use virtine'", "void 0; 'use virtine'") },
    ends: 'refused',
  },
};

describe.each(BUNDLERS)('%s', (_bundler, build) => {
  it.each(Object.entries(WAYS))('%s', { timeout: 300_000 }, async (_name, { from, files, ends }) => {
    const { folder, close } = folderWith({ 'package.json': patientPackage(), 'main.ts': main(from), ...files });
    onTestFinished(close);
    const built = await build(folder, {}, other).catch((error: Error) => error);
    if (ends === 'refused') {
      expect(built).toBeInstanceOf(Error);
      expect((built as Error).message).toMatch(/use virtine[\s\S]*what to do: \S/);
      return;
    }
    if (built instanceof Error) throw built;
    const { stdout } = await run(process.execPath, [built.file], { cwd: folder });
    expect(stdout).toBe('sees undefined\n');
  });
});
