import { expect, it } from 'vitest';
import { Turns } from '../../src/common/turns.js';

it('turns of one name come one after the other, in order, whatever becomes of them; another name does not wait', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  let open = (): void => {};
  const first = turns.take('a', async () => {
    await new Promise<void>((resolve) => (open = resolve));
    seen.push('first');
    throw new Error('told to fail');
  });
  const second = turns.take('a', async () => void seen.push('second'));
  const other = turns.take('b', async () => void seen.push('other'));
  const failed = expect(first).rejects.toThrow('told to fail');
  await other;
  expect(seen).toEqual(['other']);
  const last = turns.lastOf('a');
  open();
  await last;
  expect(seen).toEqual(['other', 'first', 'second']);
  await Promise.all([failed, second]);
});

it('a queue that is over leaves nothing behind', async () => {
  const turns = new Turns();
  expect(turns.lastOf('a')).toBeUndefined();
  expect(await Promise.all([1, 2].map((n) => turns.take('a', () => Promise.resolve(n))))).toEqual([1, 2]);
  expect(turns.lastOf('a')).toBeUndefined();
});
