import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';
import { documents, picturesOf } from './markdown.js';

const folder = 'docs/pictures';
const files = readdirSync(join(projectDir, folder)).toSorted();
const shown = documents.flatMap(picturesOf);

describe.each(files)('%s', (name) => {
  const bytes = readFileSync(join(projectDir, folder, name));

  test('is a PNG that is wide enough to read and small enough to load', () => {
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    expect(width).toBeGreaterThan(1_000);
    expect(width).toBeLessThan(2_500);
    expect(height).toBeGreaterThan(400);
    expect(height).toBeLessThan(1_800);
    expect(bytes.length).toBeLessThan(250_000);
  });

  test('is shown, with words for who does not see it', () => {
    const words = shown.filter(({ path }) => path === join(folder, name)).map(({ alt }) => alt.length);
    expect(words.length).toBeGreaterThan(0);
    expect(Math.min(...words)).toBeGreaterThan(30);
  });
});

test('README shows the demo and the Web UI', () => {
  const names = shown.filter(({ document }) => document === 'README.md').map(({ path }) => path);
  expect(names).toEqual(['demo.png', 'web-ui-list.png', 'web-ui-card.png'].map((name) => join(folder, name)));
});
