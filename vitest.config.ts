import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Folders whose tests need no Temporal server, so that running one of them alone starts at once. */
const withoutTemporal = ['config', 'connections', 'contracts', 'core', 'drivers', 'scripts', 'server'];
const unit = withoutTemporal.map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  // Examples and tests of what is public import the package by its name, which means dist/ outside of tests.
  resolve: {
    alias: [
      { find: /^temporal-tokenkeeper$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      {
        find: /^temporal-tokenkeeper\/testing$/,
        replacement: fileURLToPath(new URL('test/contracts/index.ts', import.meta.url)),
      },
    ],
  },
  test: {
    // Worker threads crash with a live Temporal Worker in them.
    pool: 'forks',
    // One more than the cores that this is meant for: much of the time is waited for processes that start, die and come back.
    maxWorkers: 3,
    // Modules of drivers that tests write are imported by Node itself, as a worker does it.
    server: { deps: { external: [/\/tokenkeeper-modules-/] } },
    // A machine that does much else may take ten times as long as a calm one: a limit is for what hangs.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
    projects: [
      { extends: true, test: { name: 'unit', include: unit } },
      {
        extends: true,
        test: {
          name: 'temporal',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', ...unit],
          globalSetup: 'test/support/global-setup.ts',
        },
      },
    ],
  },
});
