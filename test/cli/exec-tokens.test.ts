import { expect, it } from 'vitest';
import { readTokens } from '../../src/cli/exec/exec-tokens.js';
import type { HeldToken } from '../../src/runtime.js';

it('a newer generation of any of its tokens is a renewal for a program, the same ones are none', async () => {
  const wanted = ['a/one', 'a/two'].map((key) => ({ key, variable: key.slice(2).toUpperCase() }));
  const read = (generations: Record<string, number>) => {
    const get = async (key: string) =>
      ({ value: `${key} ${generations[key]}`, generation: generations[key] }) as unknown as HeldToken;
    return readTokens({ get }, wanted);
  };
  const before = await read({ 'a/one': 1, 'a/two': 1 });
  expect(before.values).toEqual({ ONE: 'a/one 1', TWO: 'a/two 1' });
  expect((await read({ 'a/one': 1, 'a/two': 1 })).version).toBe(before.version);
  for (const newer of [
    { 'a/one': 2, 'a/two': 1 },
    { 'a/one': 1, 'a/two': 2 },
  ])
    expect((await read(newer)).version).not.toBe(before.version);
});
