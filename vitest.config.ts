import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/support/slow-first.js';

/** Folders whose tests need no Temporal server, so that running one of them alone starts at once. */
const withoutTemporal = [
  'common',
  'config',
  'connections',
  'contracts',
  'core',
  'drivers',
  'package',
  'scripts',
  'server',
];
const unit = withoutTemporal.map((folder) => `test/${folder}/**/*.test.ts`);
const long = 'test/long/**';
const runDir = 'test/support/run-dir.ts';

/**
 * Files that replace modules or the clock, or look at what is loaded, have a process of their own. All others share one, so that the SDK
 * and the native worker are loaded once, not in each file.
 */
const alone = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((file) => `test/${file}`)
  .filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/long/'))
  .filter((file) => /vi\.(mock|resetModules|useFakeTimers)\(|process\.report/.test(readFileSync(file, 'utf8')));

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
    // Two more than the cores that this is meant for: much of the time is waited for processes that start, die and come back.
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    // Modules of drivers that tests write are imported by Node itself, as a worker does it.
    server: { deps: { external: [/\/tokenkeeper-modules-/] } },
    // A machine that does much else may take ten times as long as a calm one: a limit is for what hangs.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
    // One kind after the other: a process that two of them ask for in turn would begin anew each time.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: unit,
          exclude: alone,
          isolate: false,
          globalSetup: runDir,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'temporal',
          include: ['test/**/*.test.ts'],
          exclude: [long, ...unit, ...alone],
          isolate: false,
          setupFiles: 'test/support/quiet-setup.ts',
          globalSetup: [runDir, 'test/support/global-setup.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          globalSetup: [runDir, 'test/support/global-setup.ts'],
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
