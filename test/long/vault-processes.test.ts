import { expect, test } from 'vitest';
import { EmbeddedFixture } from '../support/vault-embedded.js';
import {
  expectOldOrNew,
  expectOneWinnerEach,
  expectOpensAfterRekeyKill,
  killRekeyer,
  killWriter,
  race,
} from '../support/vault-processes.js';

test('4 processes that begin 1,000 times each: one winner a generation, and no error', async () => {
  await using fixture = await EmbeddedFixture.make();
  const outcomes = await race(fixture.folder, 4, 1000);
  const generations = await expectOneWinnerEach(fixture, outcomes, 1000);
  expect(generations).toBeGreaterThanOrEqual(1000);
});

// A process start is most of a kill's time: several vaults side by side, and time enough for a busy machine.
const timeout = 900_000;

test(
  'a writer killed 200 times in the middle: the next open reads the old document or the new one',
  { timeout },
  async () => {
    await inLanes(4, async (lane) => {
      await using fixture = await EmbeddedFixture.make();
      for (let i = 0; i < 50; i++) {
        const acknowledged = await killWriter(fixture.folder, (i * 4 + lane * 7) % 40);
        await expectOldOrNew(fixture, acknowledged);
      }
    });
  },
);

test(
  'a rekeying killed 24 times in the middle: the key file holds the key that opens every document',
  { timeout },
  async () => {
    await inLanes(4, async (lane) => {
      await using fixture = await EmbeddedFixture.make();
      const vault = await fixture.open();
      for (let i = 0; i < 20; i++) await vault.compareAndSet(`production/t${i}`, 0, `{"n":${i}}`);
      await vault.close();
      for (let i = 0; i < 6; i++) {
        await killRekeyer(fixture.folder, (i * 3 + lane * 7) % 50);
        await expectOpensAfterRekeyKill(fixture, 20);
      }
    });
  },
);

async function inLanes(lanes: number, run: (lane: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
}
