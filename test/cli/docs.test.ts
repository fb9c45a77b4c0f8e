import { fileURLToPath } from 'node:url';
import { format } from 'oxfmt';
import { expect, it } from 'vitest';
import { cliDocs } from './docs-text.js';
import { exitCodeTable } from '../../src/cli/exit-codes.js';
import { errorTable } from '../../src/core/errors.js';
import { refusalTable } from '../../src/core/lifecycle/refusals.js';
import { rowsOf } from '../docs/markdown.js';

it('docs/cli.md is what the commands say of themselves (to write it: npx vitest run test/cli/docs.test.ts -u)', async () => {
  const file = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));
  const { code } = await format('cli.md', cliDocs(), { printWidth: 120 });
  await expect(code).toMatchFileSnapshot(file);
});

it('prose of the help is no wider than the 100 columns that options are folded at', () => {
  const folded = cliDocs()
    .split('```')
    .filter((text) => text.startsWith('\nUsage: '));
  expect(folded.length).toBeGreaterThan(20);
  const lines = folded.join('').split('\n');
  // A command to be pasted stays in one line.
  expect(lines.filter((line) => line.length > 100 && !line.startsWith('  tokenkeeper '))).toEqual([]);
});

it('no two exit codes are the same', () => {
  const codes = Object.values(exitCodeTable).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

it('docs/operation.md has every error code with what happens and what to do', () => {
  const rows = Object.entries(errorTable).map(([code, { kind, do: remedy }]) => [`\`${code}\``, kind, remedy]);
  expect(rowsOf('docs/operation.md', 'Codes')).toEqual(rows);
});

it('docs/operation.md has every reason of a refusal with what it means and what to do', () => {
  const rows = Object.entries(refusalTable).map(([code, { says, do: remedy }]) => [`\`${code}\``, says, remedy]);
  expect(rowsOf('docs/operation.md', 'Refusals')).toEqual(rows);
});
