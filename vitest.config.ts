import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Every package's `test/` is a project. A package with needs of its own has its own vitest.config.ts.
const packages = readdirSync('packages')
  .filter((name) => existsSync(`packages/${name}/package.json`))
  .map((name) => {
    const own = `packages/${name}/vitest.config.ts`;
    return existsSync(own)
      ? own
      : {
          extends: true as const,
          test: { name, root: `packages/${name}`, include: ['test/**/*.test.{ts,mts,mjs}'] },
        };
  });

export default defineConfig({
  test: {
    projects: [...packages, { extends: true, test: { name: 'scripts', include: ['scripts/test/**/*.test.mjs'] } }],
    reporters: ['default', './scripts/lib/reporter.mjs'],
    passWithNoTests: true,
    // Real compilers, virtual machines and child processes on two shared cores.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // The addon belongs to a process; threads would share its signal handlers and counters between files.
    pool: 'forks',
  },
});
