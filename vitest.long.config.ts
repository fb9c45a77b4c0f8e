import { defineConfig } from 'vitest/config';

/** Storms, kill matrices and soaks: one file after the other, since they measure or load the machine. */
export default defineConfig({
  test: {
    name: 'long',
    include: ['test/long/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    globalSetup: 'test/support/global-setup.ts',
    passWithNoTests: true,
  },
});
