import { expect, it } from 'vitest';
import { Heard } from '../../src/connections/heard.js';
import type { NotifyConfig } from '../../src/config/config.js';

const receiver = (url: string): NotifyConfig => ({
  notifier: 'webhook',
  settings: { webhook: url },
  events: null,
  environments: null,
});

it('who heard of a notice is known by all that its entry says, until all have heard', () => {
  const heard = new Heard();
  heard.add('one', receiver('https://a.test'));
  expect(heard.has('one', receiver('https://a.test'))).toBe(true);
  expect(heard.has('one', receiver('https://b.test'))).toBe(false);
  expect(heard.has('two', receiver('https://a.test'))).toBe(false);
  heard.forget('one');
  expect(heard.has('one', receiver('https://a.test'))).toBe(false);
});

it('of a thousand notices that some do not take, the oldest is forgotten for another one', () => {
  const heard = new Heard();
  const taken = receiver('https://a.test');
  for (let number = 1; number <= 1_000; number++) heard.add(`notice ${number}`, taken);
  heard.add('notice 1000', receiver('https://b.test'));
  expect(heard.has('notice 1', taken)).toBe(true);
  heard.add('notice 1001', taken);
  expect([heard.has('notice 1', taken), heard.has('notice 2', taken)]).toEqual([false, true]);
});
