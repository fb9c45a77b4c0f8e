import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Records the histories of this version anew: npx vitest run --config test/workflows/histories/vitest.config.ts */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['test/workflows/histories/record.ts'],
    pool: 'forks',
    testTimeout: 90_000,
    hookTimeout: 60_000,
    globalSetup: 'test/support/global-setup.ts',
  },
});
