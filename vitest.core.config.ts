import { defineConfig } from 'vitest/config';

/**
 * The tables of the core alone must reach every branch of it. Random events and other suites are left out: what they happen to
 * reach is no proof that a decision was written down.
 */
export default defineConfig({
  test: {
    name: 'core',
    include: ['test/core/**/*.test.ts'],
    exclude: ['test/core/**/*.property.test.ts', 'test/core/failures.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    // They take milliseconds; a machine that does much else may stand still for seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default'],
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/core/**'],
      reporter: [['text', { skipFull: true }]],
      reportsDirectory: 'coverage/core',
      thresholds: { 100: true },
    },
  },
});
