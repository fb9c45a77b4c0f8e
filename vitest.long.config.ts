import { defineConfig } from 'vitest/config';

const native = 'test/long/native-stack.test.ts';

/** Storms, kill matrices and soaks: two files at a time, since each waits for much, and loads the machine between. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 240_000,
    passWithNoTests: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          exclude: [native],
          globalSetup: ['test/support/run-dir.ts', 'test/support/global-setup.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      // The last one, since its servers are built meanwhile. (To vitest 0 is no order: such files come after all others.)
      {
        extends: true,
        test: {
          name: 'native',
          include: [native],
          globalSetup: 'test/support/native-programs.ts',
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
