import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { cliDocs } from '../../src/cli/docs.js';
import { exitCodeTable } from '../../src/cli/exit-codes.js';

it('docs/cli.md is what the commands say of themselves (to write it: npx vitest run test/cli/docs.test.ts -u)', async () => {
  const file = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));
  const written = await format(cliDocs(), { parser: 'markdown', printWidth: 120 });
  await expect(written).toMatchFileSnapshot(file);
});

it('no two exit codes are the same', () => {
  const codes = Object.values(exitCodeTable).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});
