// An unused export, file or dependency fails the lint. See https://knip.dev/reference/configuration.
import type { KnipConfig } from 'knip';
import { ROWS } from './packages/compiler/test/npm/table.js';

/** Packages that tests isolate; their names occur only as text. */
const LIBRARIES = ROWS.map(({ name }) => name).filter((name) => name !== 'yaml');

export default {
  // A type may be in the signature of an exported function without being imported by name.
  ignoreExportsUsedInFile: { interface: true, type: true },
  // Set-up checks the programs of the system: scripts/lib/tools.mjs.
  exclude: ['binaries', 'optionalPeerDependencies'],
  // These files have all numbers of the ABI, used or not.
  ignoreIssues: { '**/*.generated.ts': ['exports'] },
  workspaces: {
    '.': {
      entry: [
        'scripts/*.mjs',
        // Started as programs by their paths, some on an emulated machine or under another runtime.
        'scripts/hardware/{calls,checks,floors,inside,instructions}.mjs',
        'scripts/nodes/programs/*.mjs',
      ],
      project: ['scripts/**/*.mjs'],
      // Its binary is called by path.
      ignoreDependencies: ['turbo'],
    },
    // Declarations there are made by the compiler.
    examples: { entry: ['*/{main,measure}.{mjs,ts}', 'js-pricing-rules/rules.js'], project: ['**', '!c-*/*.d.ts'] },
    'packages/backend-kvm': {
      entry: ['scripts/*.mjs', 'fuzz/*.ts'],
      // Required by binding.gyp and by path.
      ignoreDependencies: ['node-addon-api', 'quickjs-wasi'],
    },
    'packages/backend-process': {
      // Bundled apart: it runs in the child.
      entry: ['scripts/*.mjs', 'fuzz/*.ts', 'src/inside/{main,prelude,worker}.ts', 'test/lib/*.mjs'],
    },
    'packages/backend-wasm': { entry: ['scripts/*.mjs', 'fuzz/*.ts'], ignoreDependencies: ['quickjs-wasi'] },
    // Peers whose programs are started; programs that peers run.
    'packages/bench': { entry: ['programs/field/*.mjs'], ignoreDependencies: ['deno', 'workerd'] },
    'packages/compiler': {
      entry: ['fuzz/*.ts'],
      ignoreDependencies: [...LIBRARIES, 'jest', 'preact', 'preact-render-to-string', 'react', 'react-dom', 'solid-js'],
    },
    'packages/conformance': { entry: ['scripts/*.mjs'] },
    'packages/core': {
      entry: [
        'scripts/*.mjs',
        'fuzz/*.ts',
        'bench/*.mjs',
        'src/guest/main.ts',
        'src/node-guest/main.ts',
        'test/consumer/*.ts',
      ],
      // Required when the first TypeScript program is stripped.
      ignoreDependencies: ['@swc/wasm-typescript'],
    },
    // The guide's examples import packages that the demonstration does not.
    'packages/docs': { entry: ['demo/*.mjs', 'demo/programs/*.mjs'], ignoreDependencies: ['@colony/compiler'] },
    // wasm2c, found by path.
    'packages/guest': { entry: ['scripts/*.mjs', 'fuzz/*.ts'], ignoreDependencies: ['wabt'] },
    'packages/matrix': {
      entry: ['scripts/*.mjs', 'src/test262/main.ts', 'test/least/fixtures/*.ts'],
    },
    'packages/scale-model': { entry: ['src/main.ts'] },
  },
} satisfies KnipConfig;
