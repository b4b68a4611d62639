// Bundles the guest's runtime into one classic script without host APIs, and the part of a Node that serves calls as a guest.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const common = {
  bundle: true,
  target: 'es2023',
  minify: true,
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
};

await build({
  ...common,
  entryPoints: [at('../src/guest/main.ts')],
  outfile: at('../dist/guest/runtime.js'),
  format: 'iife',
  platform: 'neutral',
});

await build({
  ...common,
  entryPoints: [at('../src/node-guest/main.ts')],
  outfile: at('../dist/guest/node.cjs'),
  format: 'cjs',
  platform: 'node',
});

// Importing this file runs it, as vitest's global set-up does.
export default () => {};
