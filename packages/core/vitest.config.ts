import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'core',
    include: ['test/**/*.test.ts'],
    globalSetup: ['scripts/bundle-guest.mjs'],
    // As for every package: it only ends what hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
