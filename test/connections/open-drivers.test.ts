import { expect, it } from 'vitest';
import { OpenDrivers } from '../../src/connections/open-drivers.js';
import type { Closable } from '../../src/connections/shared.js';

it('a driver that was replaced while it was opening is closed with the rest', async () => {
  const drivers = new OpenDrivers(600_000);
  const driver = {};
  const closed: string[] = [];
  const closable = (name: string): Closable => ({ close: async () => void closed.push(name) });
  let finish: (opened: Closable) => void = () => {};
  const slow = drivers.get<Closable>(
    'vault',
    driver,
    { path: 'one' },
    () => new Promise((resolve) => (finish = resolve)),
  );
  await drivers.get('vault', driver, { path: 'two' }, () => Promise.resolve(closable('two')));
  const closing = drivers.close();
  setImmediate(() => finish(closable('one')));
  await closing;
  expect(closed.sort()).toEqual(['one', 'two']);
  await slow;
});

it('a driver that was replaced while it was opening, and fails to, leaves its successor open', async () => {
  const drivers = new OpenDrivers(600_000);
  const driver = {};
  let fail: (why: Error) => void = () => {};
  const slow = drivers.get<Closable>(
    'vault',
    driver,
    { path: 'one' },
    () => new Promise((_, reject) => (fail = reject)),
  );
  const next = await drivers.get<Closable>('vault', driver, { path: 'two' }, async () => ({}));
  fail(new Error('too late'));
  await expect(slow).rejects.toThrow('too late');
  const again = await drivers.get<Closable>('vault', driver, { path: 'two' }, async () => ({}));
  expect(again).toBe(next);
  await drivers.close();
});
