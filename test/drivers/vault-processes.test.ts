import { expect, test } from 'vitest';
import { EmbeddedFixture } from '../support/vault-embedded.js';
import { expectOldOrNew, expectOneWinnerEach, killWriter, race } from '../support/vault-processes.js';

test('4 processes that begin 150 times each: one winner a generation, and no error', { timeout: 300_000 }, async () => {
  await using fixture = await EmbeddedFixture.make();
  const outcomes = await race(fixture.folder, 4, 150);
  const generations = await expectOneWinnerEach(fixture, outcomes, 150);
  expect(generations).toBeGreaterThanOrEqual(150);
});

test(
  'a writer killed 4 times in the middle: the next open reads the old document or the new one',
  { timeout: 300_000 },
  async () => {
    await using fixture = await EmbeddedFixture.make();
    for (let i = 0; i < 4; i++) {
      const acknowledged = await killWriter(fixture.folder, i * 7);
      await expectOldOrNew(fixture, acknowledged);
    }
  },
);
