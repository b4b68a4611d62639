import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { name: 'core', include: ['test/**/*.test.ts'], globalSetup: ['scripts/bundle-guest.mjs'], testTimeout: 20000 },
});
