import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';
import { documents, headingsOf, linksOf, placeOf } from './markdown.js';

test.each(documents)('every link of %s leads somewhere', (document) => {
  const broken = linksOf(document).flatMap((link) => {
    const { path, heading } = link;
    const where = `${placeOf(link)} → ${path}`;
    if (path.startsWith('..')) return [`${where} is outside of the project`];
    if (!existsSync(join(projectDir, path))) return [where];
    return heading === null || headingsOf(path).includes(heading) ? [] : [`${where}#${heading}`];
  });
  expect(broken).toEqual([]);
});

test('every document is linked from another one', () => {
  const linked = new Set(
    documents.flatMap((from) => linksOf(from).flatMap(({ path }) => (path === from ? [] : [path]))),
  );
  expect(documents.filter((document) => document !== 'README.md' && !linked.has(document))).toEqual([]);
});
