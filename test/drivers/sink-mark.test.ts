import { expect, test } from 'vitest';
import { lookUnlocked, type Look } from '../../src/sinks/mark.js';

const known = { generation: 2, fingerprint: 'b' };
const foreign = (found: string): Look => ({ found, mark: null, known: null });
const ours: Look = { found: 'b', mark: null, known };

/** What is seen at last, and how many looks it took. */
async function seen(...looks: readonly Look[]): Promise<{ found: string | null; looks: number }> {
  const left = [...looks];
  const { found } = await lookUnlocked(async () => left.shift()!);
  return { found, looks: looks.length - left.length };
}

test.each([
  ['nothing', [{ found: null, mark: null, known: null }], null, 1],
  ['ours', [ours], 'b', 1],
  ['ours, which a writer between two reads made look foreign', [foreign('a'), ours], 'b', 2],
  ['foreign, twice the same', [foreign('a'), foreign('a')], 'a', 2],
  ['foreign, another one each time', ['a', 'c', 'd', 'e', 'f'].map(foreign), 'f', 5],
] satisfies [string, Look[], string | null, number][])(
  'without the lock it is seen: %s',
  async (_what, looks, found, count) => {
    expect(await seen(...looks, foreign('never'))).toEqual({ found, looks: count });
  },
);
