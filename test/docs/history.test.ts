import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';
import { firstCellsOf, rowsOf } from './markdown.js';

const sourcesIn = (folder: string): string =>
  readdirSync(join(projectDir, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(projectDir, folder, path), 'utf8'))
    .join('\n');

const record = readFileSync(join(projectDir, 'src/core/record/record.ts'), 'utf8');
const sources = sourcesIn('src/core') + sourcesIn('src/activities');

test('docs/operation.md has every event of the history, and no other', () => {
  const [, union = ''] = /readonly event:((?:\s+\| '[a-z-]+')+);/.exec(record) ?? [];
  const events = [...union.matchAll(/'([a-z-]+)'/g)].map(([, event = '']) => event);
  expect(events.length).toBeGreaterThan(10);
  expect(new Set(firstCellsOf('docs/operation.md', 'The history'))).toEqual(new Set(events));
});

/** Each way in which a reason of a row is written. */
const ways = [
  /\b(?:needed|want)\([\w., ]+, '(\w+)'/g,
  /\breason(?:: | = )[^\n]*?'([A-Z]\w+)'(?: : '([A-Z]\w+)')?/g,
  /\b(?:abandon|discard|refuse)\([\w., ]+, [^\n]*?'(\w+)'(?: : '(\w+)')?\)/g,
  /return [^\n]*? \? '([A-Z]\w+)' : '([A-Z]\w+)';/g,
];
/** Of conditions and notices, and of a cancel in Temporal, which writes no row. */
const others: ReadonlySet<string> = new Set(['ExpiresSoon', 'Expired', 'Recovered', 'Late', 'Paused', 'Cancelled']);

test('docs/operation.md has every reason of the history that is no error code, and no other', () => {
  const told = rowsOf('docs/operation.md', 'The history').flatMap(([, , reasons = '']) =>
    [...reasons.matchAll(/`([A-Z]\w+)`/g)].map(([, reason = '']) => reason),
  );
  const written = ways.flatMap((way) =>
    [...sources.matchAll(way)].flatMap(([, ...reasons]) => reasons.filter((reason) => reason !== undefined)),
  );
  expect(new Set(told)).toEqual(new Set(written.filter((reason) => !others.has(reason))));
});
