import { once } from 'node:events';
import { connect } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Alert } from '../../demo/alerts.js';
import { startReceiver, type Receiver } from '../../demo/receiver.js';
import { unusedPort } from '../support/unused-port.js';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
let receiver: Receiver;
let from = 0;
let port = 0;
let alerts: Alert[];

beforeEach(async () => {
  alerts = [];
  from = await unusedPort();
  receiver = await startReceiver({ title: 'receiver', from }, secret, (alert) => alerts.push(alert));
  port = receiver.port;
});
afterEach(() => receiver.close());

async function post(path: string, body: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers });
  return response.status;
}

test('a token that is signed is taken, another one refused', async () => {
  const at = new Date();
  const signature = new Webhook(secret).sign('id', at, '{}');
  const headers = { 'webhook-id': 'id', 'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}` };
  expect(await post('/', '{}', { ...headers, 'webhook-signature': signature })).toBe(204);
  expect(await post('/', '{"other":1}', { ...headers, 'webhook-signature': signature })).toBe(401);
});

test('what is no alert is refused, and the demo goes on', async () => {
  expect(await post('/alerts', 'no JSON')).toBe(400);
  expect(await post('/alerts', JSON.stringify({ data: { event: 'recovered', key: 'a/b' } }))).toBe(204);
  expect(alerts).toEqual([{ event: 'recovered', about: 'a/b', reason: '', message: '' }]);
});

test('a worker that is killed in the middle of a request does not end the demo', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write('POST /alerts HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n');
  // By then the receiver reads the body.
  await once(socket, 'data');
  socket.resetAndDestroy();
  await once(socket, 'close');
  expect(await post('/alerts', '{}')).toBe(204);
});

test('several that are started at the same time get a port each; one that was asked for and is taken is an error', async () => {
  const start = (asked?: number): Promise<Receiver> =>
    startReceiver({ title: 'receiver', asked, from }, secret, () => {});
  const more = await Promise.all([start(), start()]);
  try {
    expect(new Set([port, ...more.map((one) => one.port)]).size).toBe(3);
    await expect(start(port)).rejects.toMatchObject({ code: 'PortTaken' });
  } finally {
    for (const one of more) await one.close();
  }
});
