import { expect, it } from 'vitest';
import { isTransportAllowed } from '../../src/core/transport.js';

it.each<[url: string, allowed: boolean, insecureToo: boolean]>([
  ['https://id.test/token', true, true],
  ['http://localhost:4000/token', true, true],
  ['http://127.0.0.1/token', true, true],
  ['http://127.8.9.1/token', true, true],
  ['http://[::1]:4000/token', true, true],
  ['http://id.test/token', false, true],
  ['http://127.0.0.1.id.test/token', false, true],
  ['http://localhost.id.test/token', false, true],
  ['http://[::2]/token', false, true],
  ['http://0.0.0.0/token', false, true],
  ['ftp://localhost/token', false, false],
])('secrets go to %s: %j, and where plain http is allowed: %j', (url, allowed, insecureToo) => {
  expect([isTransportAllowed(url, false), isTransportAllowed(url, true)]).toEqual([allowed, insecureToo]);
});
