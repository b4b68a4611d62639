// Bundles the guest's runtime into one classic script without host APIs.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [at('../src/guest/main.ts')],
  outfile: at('../dist/guest/runtime.js'),
  bundle: true,
  format: 'iife',
  platform: 'neutral',
  target: 'es2023',
  minify: true,
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
});

// Importing this file runs it, as vitest's global set-up does.
export default () => {};
