import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Also found from a package's own folder, by `npm run ... -w`.
const root = import.meta.dirname;

// Every package's `test/` is a project. A package with other needs has its own vitest.config.ts.
const packages = readdirSync(`${root}/packages`)
  .filter((name) => existsSync(`${root}/packages/${name}/package.json`))
  .map((name) => {
    const own = `${root}/packages/${name}/vitest.config.ts`;
    return existsSync(own)
      ? own
      : {
          extends: true as const,
          test: { name, root: `${root}/packages/${name}`, include: ['test/**/*.test.{ts,mts,mjs}'] },
        };
  });

export default defineConfig({
  root,
  test: {
    projects: [...packages, { extends: true, test: { name: 'scripts', include: ['scripts/test/**/*.test.mjs'] } }],
    reporters: ['default', './scripts/lib/reporter.mjs'],
    passWithNoTests: true,
    // Only ends what hangs: a test must pass on a busy machine, with real compilers and child processes.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Tests wait for compilers, deadlines and children, too: one file more than there are processors.
    maxWorkers: availableParallelism() + 1,
    // Limits concurrent tests, each of which is its own process.
    maxConcurrency: 3,
    // The addon belongs to a process; threads would share its signal handlers and counters between files.
    pool: 'forks',
  },
});
