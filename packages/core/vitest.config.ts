import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'core',
    include: ['test/**/*.test.ts'],
    globalSetup: ['scripts/bundle-guest.mjs'],
    // The same as for every package. It only ends hanging tests.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
