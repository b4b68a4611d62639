/** Makes the program without the compiler's cut: the whole module and everything that it imports. */
import { build, type Plugin } from 'esbuild';
import { RUNTIME } from '../syntax/mark.js';

/** In it virtines are ordinary functions, and the host's own calls do nothing. */
const SHIM = `export const virtine = (fn) => Object.assign((...args) => fn(...args), { sync: fn, ready: async () => {}, dispose: async () => {} });
export const host = globalThis.host;
export const configure = () => {};
export const disposeVirtines = async () => {};`;

const shim: Plugin = {
  name: 'colony-general',
  setup(build) {
    build.onResolve({ filter: /^@colony\/compiler\/runtime$/ }, () => ({ path: RUNTIME, namespace: 'shim' }));
    build.onLoad({ filter: /.*/, namespace: 'shim' }, () => ({ contents: SHIM, loader: 'js' }));
  },
};

/** @throws if it cannot be bundled */
export async function generalProgram(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    mainFields: ['browser', 'module', 'main'],
    treeShaking: false,
    target: 'es2023',
    external: ['node:*'],
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [shim],
  });
  return outputFiles[0]!.text;
}
