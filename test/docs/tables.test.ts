import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInDefaults } from '../../src/config/compile.js';
import { conditionsOf } from '../../src/core/lifecycle/conditions.js';
import { headlines } from '../../src/core/lifecycle/headline.js';
import { renewAtOf } from '../../src/core/lifecycle/renewal.js';
import { initialState } from '../../src/core/lifecycle/state.js';
import { parseDuration } from '../../src/core/duration.js';
import { signalNames, updateNames } from '../../src/core/names.js';
import { issuerDrivers } from '../../src/issuers/registry.js';
import { searchAttributes } from '../../src/server/search-attributes.js';
import { sinkDrivers } from '../../src/sinks/registry.js';
import { vaultDrivers } from '../../src/vaults/registry.js';
import { tokenSpec } from '../support/lifecycle.js';
import { projectDir } from '../support/temporal-paths.js';
import { documents, firstCellsOf, readDocument, rowsOf } from './markdown.js';

test.each([
  ['Vaults', vaultDrivers],
  ['Issuers', issuerDrivers],
  ['Sinks', sinkDrivers],
])('docs/drivers.md has a row for every driver under %s, and no other', (heading, drivers) => {
  const named = firstCellsOf('docs/drivers.md', heading).map((cell) => cell.split(' ')[0]);
  expect(new Set(named)).toEqual(new Set(Object.keys(drivers)));
});

test('docs/security.md says what the least privilege of every driver is', () => {
  const named = firstCellsOf('docs/security.md', 'Least privilege, driver by driver');
  const all = [issuerDrivers, vaultDrivers, sinkDrivers].flatMap((drivers) => Object.keys(drivers));
  expect(new Set(named)).toEqual(new Set(all));
});

test('docs/concepts.md has every state', () => {
  expect(new Set(firstCellsOf('docs/concepts.md', 'States'))).toEqual(new Set<string>(headlines));
});

test('docs/concepts.md has every condition', () => {
  const types = conditionsOf(initialState(tokenSpec(), 1), 0).map(({ type }) => type);
  expect(firstCellsOf('docs/concepts.md', 'Conditions')).toEqual(types);
});

test('docs/concepts.md has every reason of a condition that is no error code', () => {
  const source = readFileSync(join(projectDir, 'src/core/lifecycle/conditions.ts'), 'utf8');
  const told = rowsOf('docs/concepts.md', 'Conditions').flatMap((cells) =>
    [...(cells[2] ?? '').matchAll(/`(\w+)`/g)].map(([, reason = '']) => reason),
  );
  expect(told.filter((reason) => !source.includes(`'${reason}'`))).toEqual([]);
  const written = [...source.matchAll(/(?:reason: |facts\((?:true|false), |[?:] )'([A-Z]\w+)'/g)].map(
    ([, reason = '']) => reason,
  );
  const types = firstCellsOf('docs/concepts.md', 'Conditions');
  expect(written.length).toBeGreaterThan(8);
  expect(written.filter((word) => !told.includes(word) && !types.includes(word))).toEqual([]);
});

test('docs/concepts.md has every request, and how it is made', () => {
  const rows = rowsOf('docs/concepts.md', 'Requests').map(([name = '', how = '']) => [name.replaceAll('`', ''), how]);
  const made = [
    ...Object.keys(signalNames).map((name) => [name, 'signal']),
    ...Object.keys(updateNames).map((name) => [name, 'update']),
  ];
  expect(new Map(rows as [string, string][])).toEqual(new Map(made as [string, string][]));
});

test('docs/production.md adds every search attribute on Temporal Cloud', () => {
  const types = { KEYWORD: 'Keyword', INT: 'Int', DATETIME: 'Datetime' } as const;
  const wanted = [...searchAttributes()].map(([name, type]) => `${name}=${types[type]}`);
  const added = [...readDocument('docs/production.md').matchAll(/--search-attribute (\S+)/g)].map(([, one]) => one);
  expect(new Set(added)).toEqual(new Set(wanted));
});

test('README.md says from which life on a token outlasts that Temporal is away, without the help of its jitter', () => {
  const ms = (words = ''): number[] => words.split('/').map((span) => parseDuration(span.replaceAll(' ', '')) ?? NaN);
  const [away = '', lives = ''] =
    rowsOf('README.md', 'When things break').find(([what]) => what?.startsWith('…')) ?? [];
  const outages = ms(/for (.*)/.exec(away)?.[1]);
  const lifetimes = ms(/lives (.*) or longer/.exec(lives)?.[1]);
  expect([outages.length, lifetimes.length]).toEqual([3, 3]);
  for (const [index, outageMs] of outages.entries()) {
    const [renewBefore, fingerprint] = [builtInDefaults.renewBefore, '0'.repeat(16)];
    const expiresAt = lifetimes[index]!;
    const dueAt = renewAtOf({ issuedAt: 0, expiresAt, fingerprint, renewBefore });
    // Some minutes are for whatever is due at once when it is back.
    expect(expiresAt - dueAt!, away).toBeGreaterThan(outageMs * 1.02);
  }
});

test('docs/production.md computes what 300 tokens cost from the budget of a rotation', () => {
  const hours = { '1 h': 1, '8 h': 8, '1 d': 24, '30 d': 720, '90 d': 2_160 };
  const rounded = (value: number): string => Math.round(value).toLocaleString('en-US');
  const rows = Object.entries(hours).map(([life, lifeH]) => {
    const rotations = (300 * 30 * 24) / (lifeH * (1 - 0.33));
    return [life, rounded(rotations), rounded(rotations * 3), rounded(rotations * 5)];
  });
  expect(rowsOf('docs/production.md', 'What Temporal Cloud bills')).toEqual(rows);
});

test('every variable that the sources read is in the documents', () => {
  const folder = join(projectDir, 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const read = sources.flatMap(
    (path) => readFileSync(join(folder, path), 'utf8').match(/\bTOKENKEEPER_[A-Z]+(?:_[A-Z]+)*\b/g) ?? [],
  );
  const told = documents.map(readDocument).join('\n');
  expect(new Set(read).size).toBeGreaterThan(8);
  expect([...new Set(read)].filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
});
