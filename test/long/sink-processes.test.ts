import { expect, test } from 'vitest';
import { killWriters } from '../support/sink-processes.js';

test('a writer killed 60 times at random moments leaves the old value or the new one, never neither', async () => {
  const report = await killWriters(60);
  expect(report).toMatchObject({ kills: 60 });
  // Some of so many kills must have hit the middle of a write, or this proved nothing.
  expect(report.locksLeft, JSON.stringify(report)).toBeGreaterThan(0);
}, 600_000);
