// Bundles the code that runs inside. The first script of the guest's realm goes into the text of the child's program. That
// program becomes one CommonJS file for a child process and one for a worker thread.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const common = { bundle: true, target: 'es2023', legalComments: 'none', logLevel: 'warning' };

const prelude = await build({
  ...common,
  entryPoints: [at('../src/inside/prelude.ts')],
  format: 'iife',
  platform: 'neutral',
  minify: true,
  write: false,
});

for (const name of ['main', 'worker']) {
  await build({
    ...common,
    entryPoints: [at(`../src/inside/${name}.ts`)],
    outfile: at(`../dist/inside/${name}.cjs`),
    format: 'cjs',
    platform: 'node',
    define: { COLONY_PRELUDE: JSON.stringify(prelude.outputFiles[0].text) },
  });
}
